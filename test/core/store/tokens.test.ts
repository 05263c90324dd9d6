import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuthenticator, type Authenticator, type Caller } from '#core'
import {
  administrator,
  asAdministrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  type TestStore,
} from '../../support/store.ts'

let under: TestStore
let authenticator: Authenticator

beforeAll(async () => {
  under = await openTestStore()
  await under.load(helloWorldModels, helloWorldSteps, 'hello-world')
  authenticator = createAuthenticator({ store: under.store, clock: under.clock, randomBytes })
})
afterAll(() => under.core.close())

const minute = 60_000
const here = '10.0.0.1'
const bearer = (token: string, address = here) => authenticator.bearer(`Bearer ${token}`, address)

const createUser = async (email: string, isAdmin: boolean): Promise<Caller> => {
  const records = asAdministrator(under.store)
  const [site] = await records.list('Site')
  const user = await records.create('User', {
    ...{ email, password: 'sesame', firstname: 'a', lastname: 'b' },
    ...{ site_id: site!['id'], is_admin: isAdmin },
  })
  return { userId: Number(user['id']), email, isAdmin }
}

test('a token speaks for its step, for who made it, and for no administrator', async () => {
  const issued = await authenticator.issueToken(administrator, 'instance')
  expect(issued.token).toMatch(/^sst_[A-Za-z0-9_-]{43}$/)
  expect(issued.step).toBe('hello-world/instance')
  expect(await bearer(issued.token)).toEqual({
    userId: administrator.userId,
    email: administrator.email,
    isAdmin: false,
    step: 'hello-world/instance',
    stepKind: 'sync',
  })
})

test('nobody can read a token from the store', async () => {
  const { token } = await authenticator.issueToken(administrator, 'instance')
  const rows = await under.database.query(`select * from token`)
  expect(JSON.stringify(rows)).not.toContain(token.slice(4))
  expect(JSON.stringify(await under.store.tokens.list(administrator))).not.toContain(token.slice(4))
})

test('a token ends when its time is over, and is then forgotten', async () => {
  const { id, token, expiresAt } = await authenticator.issueToken(
    administrator,
    'service',
    5 * minute,
  )
  expect(expiresAt).toBe(under.clock.now() + 5 * minute)
  await under.clock.advance(5 * minute - 1)
  expect(await bearer(token)).toMatchObject({ step: 'hello-world/service' })
  await under.clock.advance(1)
  await expect(bearer(token)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  await under.store.keepWithin({ changes: 1e9, changesMs: 1e12, auditMs: 1e12 })
  const left = await under.store.tokens.list(administrator)
  expect(left.map((known) => known.id)).not.toContain(id)
})

test('a token that was revoked is good no more', async () => {
  const { id, token } = await authenticator.issueToken(administrator, 'service')
  await under.store.tokens.revoke(administrator, id)
  await expect(bearer(token)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  await expect(under.store.tokens.revoke(administrator, id)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test.each([{ is_active: false }, { is_admin: false }])(
  'a token ends once who made it has %j',
  async (change) => {
    const maker = await createUser(`${Object.keys(change).join()}@hello.org`, true)
    const { token } = await authenticator.issueToken(maker, 'service')
    expect(await bearer(token)).toMatchObject({ userId: maker.userId, email: maker.email })
    await asAdministrator(under.store).update('User', maker.userId, change)
    await expect(bearer(token)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  },
)

test.each([
  ['an unknown token', `sst_${'x'.repeat(43)}`],
  ['a short token', 'sst_x'],
  ['another prefix', `abc_${'x'.repeat(43)}`],
  ['nothing', ''],
  ['SQL', "sst_' or true --"],
])('%s is nobody', async (_what, token) => {
  await expect(bearer(token, `of ${token}`)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
})

test('who shows wrong tokens again and again has to wait, and nobody else', async () => {
  const { token } = await authenticator.issueToken(administrator, 'service')
  for (let n = 0; n < 10; n += 1) {
    await expect(bearer('sst_wrong', '10.9.9.9')).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
  }
  await expect(bearer(token, '10.9.9.9')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
  expect(await bearer(token)).toMatchObject({ step: 'hello-world/service' })
  await under.clock.advance(minute)
  expect(await bearer(token, '10.9.9.9')).toMatchObject({ step: 'hello-world/service' })
})

test('only administrators who logged in make, list and revoke tokens', async () => {
  const user = await createUser('user@hello.org', false)
  const { token } = await authenticator.issueToken(administrator, 'service')
  for (const caller of [user, await bearer(token)]) {
    const denied = { code: 'PERMISSION_DENIED' }
    await expect(authenticator.issueToken(caller, 'service')).rejects.toMatchObject(denied)
    await expect(under.store.tokens.list(caller)).rejects.toMatchObject(denied)
    await expect(under.store.tokens.revoke(caller, 1)).rejects.toMatchObject(denied)
  }
})

test('a token is for a step that exists, and whose name says which', async () => {
  await under.load(
    'option app_label = "other";',
    [{ step: 'service', model: 'Site', include: [] }],
    'other',
  )
  const issue = (step: string) => authenticator.issueToken(administrator, step)
  await expect(issue('servise')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message:
      'There is no step servise. Known are: hello-world/instance, hello-world/service, other/service',
  })
  await expect(issue('service')).rejects.toMatchObject({ code: 'VALIDATION' })
  expect((await issue('other/service')).step).toBe('other/service')
})

test.each([0, -1, minute - 1, Number.NaN, Infinity])(
  'a lifetime of %s ms is refused',
  async (ms) => {
    await expect(authenticator.issueToken(administrator, 'instance', ms)).rejects.toMatchObject({
      code: 'INVALID_FIELD',
    })
  },
)

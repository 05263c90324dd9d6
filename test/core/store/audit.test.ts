import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditEntry, Caller } from '#core'
import {
  administrator,
  asAdministrator,
  openTestStore,
  type TestStore,
} from '../../support/store.ts'

const models = `
option name = "jars";
option app_label = "jars";

message Jar (XOSBase) {
  required string name = 1;
  optional manytoone inside->Jar:holds = 2:1001;
  optional string rim = 4 [feedback_state = True];
  optional manytomany near->Jar/Jar_near:near_to = 3:1002;
}
`

let under: TestStore
beforeAll(async () => {
  under = await openTestStore()
  await under.load(models, [{ step: 'jar', model: 'Jar', include: [] }], 'jars')
})
afterAll(() => under.core.close())

const potter: Caller = { ...administrator, userId: 1, email: 'potter@jars.org', face: 'rest' }

const entries = (limit = 1000): Promise<readonly AuditEntry[]> =>
  under.store.audit(administrator, { limit })

/** What the work left in the audit, the oldest first. */
const entriesOf = async (work: () => Promise<unknown>): Promise<readonly AuditEntry[]> => {
  const before = (await entries(1))[0]?.number ?? 0
  await work()
  return (await entries()).filter(({ number }) => number > before).toReversed()
}

const createJar = async (fields: object = {}): Promise<number> =>
  Number((await under.store.as(potter).create('Jar', { name: 'jar', ...fields })).fields['id'])

test('a write says who, when, by which face, what, and which fields, but no values', async () => {
  const written = await entriesOf(async () => {
    const id = await createJar({ name: 'secret name' })
    await under.store.as(potter).update('Jar', id, { name: 'other secret', near_ids: [id] })
    await under.store.as(potter).remove('Jar', id)
  })
  const who = { userId: 1, email: 'potter@jars.org', face: 'rest', model: 'Jar' }
  expect(written).toMatchObject([
    { ...who, operation: 'created', at: under.clock.now() * 1000, changedFields: [] },
    { ...who, operation: 'updated' },
    { ...who, operation: 'deleted', changedFields: ['deleted'] },
    { ...who, operation: 'purged' },
  ])
  expect(written[1]!.changedFields.toSorted()).toEqual(['name', 'near', 'updated'])
  expect(JSON.stringify(written)).not.toContain('secret')
  expect(written[0]).not.toHaveProperty('step')
})

test('who showed the token of a step is told with the step', async () => {
  const id = await createJar()
  const ofStep: Caller = { ...potter, isAdmin: false, step: 'jars/jar' }
  const written = await entriesOf(() => under.store.as(ofStep).update('Jar', id, { rim: 'round' }))
  expect(written).toMatchObject([{ operation: 'updated', id, step: 'jars/jar' }])
  expect(written[0]!.changedFields).toContain('rim')
})

test('each record of a cascade, and each write of a transaction, is in it', async () => {
  const written = await entriesOf(async () => {
    const outer = await createJar()
    await createJar({ inside_id: outer })
    await under.store.as(potter).remove('Jar', outer)
  })
  expect(written.map(({ operation }) => operation).toSorted()).toEqual(
    ['created', 'created', 'deleted', 'deleted', 'purged', 'purged'].toSorted(),
  )
})

test('what was rolled back is not in it', async () => {
  const written = await entriesOf(() =>
    under.store
      .transaction(potter, async (records) => {
        await records.create('Jar', { name: 'broken' })
        throw new Error('dropped')
      })
      .catch(() => undefined),
  )
  expect(written).toEqual([])
})

test('what the core does by itself is not in it', async () => {
  await createJar()
  expect(await entriesOf(() => under.lease(['Jar']))).toEqual([])
})

test('one transaction after another has its own caller', async () => {
  const other: Caller = { ...administrator, email: 'other@jars.org' }
  const written = await entriesOf(async () => {
    await createJar()
    await under.store.as(other).create('Jar', { name: 'b' })
    await under.database.query(
      `update record set revision = nextval('revision') where root = 'Jar'`,
    )
  })
  expect(written.map(({ email }) => email)).toEqual(['potter@jars.org', 'other@jars.org'])
})

test('tokens that are made and revoked are in it', async () => {
  const written = await entriesOf(async () => {
    const { id } = await under.store.tokens.add(administrator, 'a hash', 'jar', undefined)
    await under.store.tokens.revoke(administrator, id)
  })
  expect(written).toMatchObject([
    { operation: 'token-created', model: 'token of jars/jar', email: administrator.email },
    { operation: 'token-revoked', model: 'token of jars/jar' },
  ])
})

test('it is read by model, by record, and page by page', async () => {
  const [a, b] = [await createJar(), await createJar()]
  await asAdministrator(under.store).update('Jar', a, { name: 'edited' })
  const ask = (question: object) => under.store.audit(administrator, { limit: 2, ...question })
  expect(await ask({ model: 'Jar', id: a })).toMatchObject([
    { operation: 'updated', id: a },
    { operation: 'created', id: a },
  ])
  expect(await ask({ model: 'Site' })).toEqual([])
  const first = await ask({ model: 'Jar' })
  expect(first.map(({ id }) => id)).toEqual([a, b])
  const next = await ask({ model: 'Jar', after: first[1]!.number, limit: 1 })
  expect(next).toMatchObject([{ operation: 'created', id: a }])
})

test('entries become so old, and no older', async () => {
  await createJar()
  await under.clock.advance(1000)
  await createJar()
  const all = await entries()
  await under.store.keepWithin({ changes: 1e9, changesMs: 1e12, auditMs: 500 })
  expect(await entries()).toEqual(all.slice(0, 1))
})

test('only administrators who logged in read it', async () => {
  for (const caller of [
    { ...potter, isAdmin: false },
    { ...potter, step: 'jars/jar' },
  ]) {
    await expect(under.store.audit(caller, { limit: 1 })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
  }
})

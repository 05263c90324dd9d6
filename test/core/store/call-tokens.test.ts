import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StepKind, Work } from '#contract'
import { createAuthenticator, type Authenticator, type Caller } from '#core'
import {
  administrator,
  asAdministrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  type TestStore,
} from '../../support/store.ts'

const url = 'http://core.test'
const hour = 60 * 60 * 1000
const here = '10.0.0.1'

let under: TestStore
let authenticator: Authenticator

const register = (name: string, steps = helloWorldSteps): Promise<unknown> =>
  under.work.register({
    name,
    version: '1',
    models: [{ filename: `${name}.xproto`, contents: helloWorldModels }],
    steps,
    requiredModels: ['Site'],
    policies: [
      {
        step: 'greeter',
        model: 'HelloWorldServiceInstance',
        include: [],
        operations: ['policy_create', 'policy_update', 'policy_delete'],
      },
    ],
    eventSteps: [{ step: 'hear' }],
    pullSteps: [{ step: 'look', everyMs: 60_000 }],
  })

beforeAll(async () => {
  under = await openTestStore(undefined, { restAddress: () => url })
  await register('hello-world')
  authenticator = createAuthenticator({ store: under.store, clock: under.clock, randomBytes })
  const service = await asAdministrator(under.store).create('HelloWorldService', {
    name: 'hello',
    hello_from: 'me',
  })
  await asAdministrator(under.store).create('HelloWorldServiceInstance', {
    name: 'instance',
    hello_to: 'you',
    owner_id: service['id'],
  })
  await under.store.deliveries.accept([
    { id: '1', source: '/test', type: 'heard', extensions: {}, data: new Uint8Array() },
  ])
})
afterAll(() => under.core.close())

const bearer = (token: string, address = here): Promise<Caller> =>
  authenticator.bearer(`Bearer ${token}`, address)

const leased = async (kind: StepKind, model: string): Promise<Work> => {
  const { work } = await under.work.lease('tester', [{ kind, model, limit: 1 }])
  await under.work.leave('tester')
  if (work[0] === undefined) throw new Error(`Expected work for a ${kind} step of ${model}`)
  return work[0]
}

const tokenOf = async (kind: StepKind, model: string): Promise<string> =>
  (await leased(kind, model)).access?.token ?? ''

describe('the token of a call', () => {
  test.each([
    ['sync', 'HelloWorldService', 'hello-world/service'],
    ['policy', 'HelloWorldServiceInstance', 'hello-world/greeter'],
    ['event', 'hello-world/hear', 'hello-world/hear'],
    ['pull', 'hello-world/look', 'hello-world/look'],
  ] as const)('to a %s step of %s speaks for %s', async (kind, model, step) => {
    const { access } = await leased(kind, model)

    expect(access).toEqual({
      url,
      token: expect.stringMatching(/^ssc_[\w-]+\.[\w-]+\.[\w-]{43}$/) as string,
    })
    expect(await bearer(access!.token)).toEqual({
      userId: administrator.userId,
      email: administrator.email,
      isAdmin: false,
      step,
      stepKind: kind,
    })
  })

  test('is good for an hour', async () => {
    const token = await tokenOf('sync', 'HelloWorldService')
    await under.clock.advance(hour - 1)
    expect(await bearer(token)).toMatchObject({ step: 'hello-world/service' })
    await under.clock.advance(1)
    await expect(bearer(token)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: 'The token of the call is good no more: its time is over',
    })
  })

  test('is good no more once its step is gone', async () => {
    const token = await tokenOf('sync', 'HelloWorldService')
    await register('hello-world', [])
    await expect(bearer(token)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    await register('hello-world')
    expect(await bearer(token)).toMatchObject({ step: 'hello-world/service' })
  })

  test('is none when anything of it is changed', async () => {
    const token = await tokenOf('sync', 'HelloWorldService')
    const [key, payload = '', mac = ''] = token.slice(4).split('.')
    const other = Buffer.from(
      Buffer.from(payload, 'base64url').toString().replace('sync', 'pull'),
    ).toString('base64url')
    for (const changed of [
      `ssc_${key}.${other}.${mac}`,
      `ssc_${key}.${payload}.${'A'.repeat(43)}`,
      `ssc_99.${payload}.${mac}`,
      `ssc_${key}.${payload}`,
      'ssc_',
      `sst_${mac}`,
    ]) {
      await expect(bearer(changed, changed)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    }
  })

  test('does not keep others waiting when it comes too late', async () => {
    const token = await tokenOf('sync', 'HelloWorldService')
    await under.clock.advance(hour)
    for (let n = 0; n < 20; n += 1) {
      await expect(bearer(token)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    }
    expect(await bearer(await tokenOf('sync', 'HelloWorldService'))).toMatchObject({
      step: 'hello-world/service',
    })
  })
})

test.each([
  ['service', 'sync'],
  ['greeter', 'policy'],
  ['hear', 'event'],
  ['look', 'pull'],
] as const)('a token that is made for the step %s is one of a %s step', async (step, stepKind) => {
  const { token } = await authenticator.issueToken(administrator, step)
  expect(await bearer(token)).toMatchObject({ step: `hello-world/${step}`, stepKind })
})

test('the right to complete a call is no token', async () => {
  const other = await openTestStore(undefined, {
    restAddress: () => url,
    completions: { address: () => '', timeoutMs: hour },
  })
  try {
    await other.load(helloWorldModels, helloWorldSteps, 'hello-world')
    await asAdministrator(other.store).create('HelloWorldService', { name: 'a', hello_from: 'b' })
    const [work] = await other.lease(['HelloWorldService'])
    const right = work?.completion?.url ?? ''
    expect(await other.store.callTokens.caller(`ssc_${right}`)).toBeUndefined()
    await expect(
      other.store.completions.read(work?.access?.token.slice(4) ?? ''),
    ).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  } finally {
    await other.core.close()
  }
})

test('work comes without access where functions do not reach the core', async () => {
  const other = await openTestStore()
  try {
    await other.load(helloWorldModels, helloWorldSteps, 'hello-world')
    await asAdministrator(other.store).create('HelloWorldService', { name: 'a', hello_from: 'b' })
    expect(await other.lease(['HelloWorldService'])).toEqual([
      expect.not.objectContaining({ access: expect.anything() as unknown }),
    ])
  } finally {
    await other.core.close()
  }
})

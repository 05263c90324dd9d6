import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PolicyOperation, Report } from '#contract'
import {
  administrator,
  asAdministrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'

const service = 'HelloWorldService'
const instance = 'HelloWorldServiceInstance'

let opened: TestStore
let records: ReturnType<typeof asAdministrator>

beforeAll(async () => {
  opened = await openTestStore()
  await opened.load(helloWorldModels, helloWorldSteps)
  records = asAdministrator(opened.store)
})
beforeEach(() => opened.clear())

const addService = async (fields = {}): Promise<number> => {
  const record = await records.create(service, { name: 's', hello_from: 'me', ...fields })
  return Number(record['id'])
}
const addInstance = async (owner: number): Promise<number> => {
  const record = await records.create(instance, { name: 'i', hello_to: 'you', owner_id: owner })
  return Number(record['id'])
}
/** Runs what is due of the model, with this outcome. */
const run = async (model: string, outcome: Report['outcome'], retryInMs?: number) => {
  const work = await opened.lease([model])
  await opened.work.report(
    'tester',
    work.map((one) => reportOn(one, outcome, retryInMs)),
  )
}
const why = (model: string, id: number) => opened.core.operations.why(administrator, model, id)
const told = async (model: string, id: number) => {
  const { reason, sentence } = await why(model, id)
  return [reason, sentence]
}

describe('why a record is not synced', () => {
  test('it is', async () => {
    const id = await addService()
    await run(service, { kind: 'synced' })

    expect(await why(service, id)).toMatchObject({ synced: true, reason: 'synced', id })
    expect((await why(service, id)).sentence).toMatch(/^It is in sync since 20\d\d-\d\d-\d\dT.*\.$/)
  })

  test('nobody dispatches', async () => {
    const id = await addService()

    expect(await told(service, id)).toEqual([
      'no-dispatcher',
      'It is due, but no dispatcher runs that could call its step service.',
    ])
  })

  test('it is due', async () => {
    await opened.work.heartbeat('tester')
    const id = await addService()

    expect(await told(service, id)).toEqual([
      'due',
      'It is due: a dispatcher of test takes it next.',
    ])
  })

  test('it runs', async () => {
    const id = await addService()
    await opened.lease([service])

    expect(await told(service, id)).toEqual([
      'running',
      'Its step service runs now, for the dispatcher tester.',
    ])
  })

  test('nobody observes its model', async () => {
    const site = await records.create('Site', {
      name: 'a',
      abbreviated_name: 'a',
      login_base: 'a',
      site_url: 'http://a.test/',
    })

    expect(await told('Site', Number(site['id']))).toEqual([
      'no-step',
      'No step observes Site, so nobody syncs it.',
    ])
  })

  test('it waits for another, which says why', async () => {
    const owner = await addService()
    const id = await addInstance(owner)
    await run(service, { kind: 'deferred', text: 'not yet' }, 5_000)

    expect(await told(instance, id)).toEqual([
      'waiting-for-records',
      `It waits for ${service} ${owner}, which says: not yet.`,
    ])
    expect((await why(instance, id)).waitsFor).toEqual([
      { model: service, id: owner, code: 0, status: 'not yet' },
    ])
  })

  test('its step put it off until another one is synced', async () => {
    const other = await addService()
    await run(service, { kind: 'synced' })
    const id = await addService({ name: 't' })
    const waitingOn = { model: service, id: other, state: 'synced' } as const
    await run(service, { kind: 'deferred', text: 'no link', waitingOn }, 5_000)

    expect(await told(service, id)).toEqual([
      'deferred',
      `Its step put it off: no link. It runs at once when ${service} ${other} is synced. It is tried again in 5 s, at 2026-01-01T00:00:05.000Z.`,
    ])
    expect((await why(service, id)).waitingOn).toEqual(waitingOn)
  })

  test('its step failed, and it backs off', async () => {
    const id = await addService()
    await run(service, { kind: 'failed', text: 'no route', retry: true }, 90_000)

    expect(await told(service, id)).toEqual([
      'backing-off',
      'Its step failed once: no route. It is tried again in 90 s, at 2026-01-01T00:01:30.000Z.',
    ])
  })

  test.each([
    [
      'failed',
      { kind: 'failed', text: 'Bad name!', retry: false },
      'refused',
      'Its step refused it: Bad name! It runs again when the record changes, or with retry.',
    ],
    [
      'deferred',
      { kind: 'deferred', text: 'later' },
      'deferred',
      'Its step put it off: later. It is tried again in 7 s, at 2026-01-01T00:00:07.000Z.',
    ],
    [
      'in progress',
      { kind: 'in-progress', text: 'at work' },
      'deferred',
      'Its step put it off: at work. It is tried again in 7 s, at 2026-01-01T00:00:07.000Z.',
    ],
    [
      'busy',
      { kind: 'target-busy', text: 'Waiting for function service: busy' },
      'function-busy',
      'The function service is busy: Waiting for function service: busy. It is tried again in 7 s, at 2026-01-01T00:00:07.000Z.',
    ],
    [
      'down',
      { kind: 'target-down', text: 'no connection' },
      'function-down',
      'The function service cannot be reached: no connection. It is tried again in 7 s, at 2026-01-01T00:00:07.000Z.',
    ],
    [
      'misconfigured',
      { kind: 'target-misconfigured', text: '401' },
      'function-misconfigured',
      'The function service refuses the dispatcher: 401. It is tried again in 7 s, at 2026-01-01T00:00:07.000Z.',
    ],
  ] as const)('its last attempt ended so: %s', async (_, outcome, reason, sentence) => {
    // prettier-ignore
    const id = await addService()
    await run(service, outcome, 7_000)

    expect(await told(service, id)).toEqual([reason, sentence])
  })

  test.each([
    ['no_sync', 'no-sync'],
    ['lazy_blocked', 'lazy-blocked'],
  ])('its field %s is set', async (field, reason) => {
    const id = await addService({ [field]: true })

    expect(await told(service, id)).toEqual([
      reason,
      `Its field ${field} is set: it is not synced until that is cleared.`,
    ])
  })

  test('it is deleted, and its delete step fails', async () => {
    const id = await addService()
    await run(service, { kind: 'synced' })
    await records.remove(service, id)
    await run(service, { kind: 'failed', text: 'in use', retry: true }, 3_000)

    expect(await told(service, id)).toEqual([
      'backing-off',
      'It is deleted, and its delete step is to run. Its step failed once: in use. ' +
        'It is tried again in 3 s, at 2026-01-01T00:00:03.000Z. ' +
        `If its backend is gone for good, syncstep release ${service}/${id} lets it go.`,
    ])
  })

  test('it is deleted, and another has to be deleted before it', async () => {
    const owner = await addService()
    const id = await addInstance(owner)
    await run(service, { kind: 'synced' })
    await run(instance, { kind: 'synced' })
    await records.remove(service, owner)

    expect((await told(service, owner))[1]).toMatch(
      `It is deleted, and its delete step is to run. It waits for ${instance} ${id}`,
    )
  })

  test('there is none, or it is of another model', async () => {
    const id = await addService()

    await expect(why(service, id + 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(why('ServiceInstance', id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(why('Nothing', id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await why('Service', id)).toMatchObject({ model: service, id })
  })
})

test('of what somebody may not read it is told that it is there, and of many others as well', async () => {
  const models = `
    option app_label = "vaults";
    policy vault_policy < ctx.user.is_admin >
    message Vault::vault_policy (XOSBase) { required string name = 1; }
    message Box (XOSBase) { required manytoone vault->Vault:boxes = 1:1001; }`
  const steps = ['Vault', 'Box'].map((model) => ({ step: model.toLowerCase(), model, include: [] }))
  await opened.load(models, steps, 'vaults')
  await records.create('Vault', { name: 'secret' })
  for (let n = 0; n < 22; n += 1) await records.create('Box', { vault_id: 1 })
  await run('Vault', { kind: 'failed', text: 'no route to 10.0.0.1', retry: true }, 5_000)
  const stranger = { userId: 999, email: 'stranger@example.org', isAdmin: false }
  const { sentence, waitsFor } = await opened.core.operations.why(stranger, 'Box', 1)
  expect([sentence, waitsFor]).toEqual(['It waits for Vault 1.', [{ model: 'Vault', id: 1 }]])
  expect((await why('Box', 1)).sentence).toBe(
    'It waits for Vault 1, which says: no route to 10.0.0.1.',
  )

  await opened.database.query(`update record set deleted = true where leaf = 'Vault'`)
  const { linkedFrom } = await why('Vault', 1)
  expect(linkedFrom).toHaveLength(22)
  expect(linkedFrom.filter(({ status }) => status !== undefined)).toHaveLength(20)
})

test('of a model, those that are not synced are explained, by id and at most so many', async () => {
  const [first, second] = [await addService({ name: 'a' }), await addService({ name: 'b' })]
  await run(service, { kind: 'synced' })
  const [third, fourth] = [await addService({ name: 'c' }), await addService({ name: 'd' })]
  await records.remove(service, first)

  const idsOf = async (limit: number) =>
    (await opened.core.operations.whyAll(administrator, 'Service', limit)).map(({ id }) => id)
  expect(await idsOf(10)).toEqual([first, third, fourth])
  expect(await idsOf(2)).toEqual([first, third])
  expect(second).toBeGreaterThan(first)
})

test('what is retried runs at once, with a clean slate, however it failed', async () => {
  const { operations } = opened.core
  const refused = await addService({ name: 'a' })
  await run(service, { kind: 'failed', text: 'never', retry: false })
  const late = await addService({ name: 'b' })
  await run(service, { kind: 'failed', text: 'no', retry: true }, 600_000)
  expect(await opened.lease([service])).toEqual([])

  expect(await operations.retry(administrator, service, refused)).toBe(1)
  const [first] = await opened.lease([service])
  expect(first).toMatchObject({ key: { id: refused }, failures: 0, change: { attempt: 1 } })
  expect(await operations.retry(administrator, service, undefined)).toBe(1)
  expect(await opened.lease([service])).toMatchObject([{ key: { id: late } }])
  expect(await operations.retry(administrator, service, undefined)).toBe(0)
})

test('what waits for others still waits after a retry', async () => {
  const id = await addInstance(await addService())
  await opened.lease([instance])
  expect(await opened.core.operations.retry(administrator, instance, id)).toBe(1)

  expect(await opened.lease([instance])).toEqual([])
  expect(await why(instance, id)).toMatchObject({ reason: 'waiting-for-records' })
})

test('the attempts for a record are told, the newest first', async () => {
  const id = await addService()
  await run(service, { kind: 'failed', text: 'no', retry: true }, 0)
  await run(service, { kind: 'synced' })

  const attempts = await opened.core.operations.attempts(service, id)
  expect(attempts).toMatchObject([
    { number: 2, operation: 'sync', outcome: 'synced', status: 'OK' },
    { number: 1, operation: 'sync', outcome: 'failed', status: 'no' },
  ])
})

describe('why a policy has not done its part', () => {
  const register = (operations?: readonly PolicyOperation[], afterPolicy = false) =>
    opened.work.register({
      name: 'test',
      version: '1',
      models: [{ filename: 'test.xproto', contents: helloWorldModels }],
      steps: helloWorldSteps.map((step) => ({ ...step, afterPolicy })),
      policies:
        operations === undefined
          ? []
          : [{ step: 'service-policy', model: service, include: [], operations }],
      requiredModels: [],
    })
  const police = async (outcome?: Report['outcome'], retryInMs?: number) => {
    const want = { model: service, limit: 1, kind: 'policy' } as const
    const [work] = (await opened.work.lease('tester', [want])).work
    if (outcome === undefined) return
    await opened.work.report('tester', [reportOn(work!, outcome, retryInMs)])
  }

  beforeEach(() => register(['policy_create', 'policy_delete']))
  afterAll(() => register())

  test('it is not there, or has', async () => {
    const id = await addService()
    await police({ kind: 'synced' })
    expect((await why(service, id)).policy).toMatchObject({ done: true, code: 1, status: 'done' })
    await register()
    expect((await why(service, id)).policy).toBeUndefined()
  })

  test('it is due, and so is the step', async () => {
    const id = await addService()
    expect(await told(service, id)).toEqual([
      'no-dispatcher',
      'It is due, but no dispatcher runs that could call its step service. Its policy is due, but no dispatcher runs that could call its policy service-policy.',
    ])
  })

  test('it runs, and the step after it', async () => {
    const id = await addService()
    await police()
    expect(await told(service, id)).toEqual([
      'running',
      'Its policy service-policy runs now, for the dispatcher tester, and its step after that.',
    ])
  })

  test('it failed, which keeps the record among those that are told of', async () => {
    const id = await addService()
    await run(service, { kind: 'synced' })
    await police({ kind: 'failed', text: 'no room', retry: false })

    const [one, ...more] = await opened.core.operations.whyAll(administrator, service, 10)
    expect(more).toEqual([])
    expect(one).toMatchObject({ id, synced: true, reason: 'refused' })
    expect(one?.sentence).toMatch(
      /^It is in sync since \S+\. Its policy refused it: no room\. It runs again when the record changes, or with retry\.$/,
    )
    expect(one?.policy).toMatchObject({
      done: false,
      reason: 'refused',
      failures: 1,
      lastOutcome: 'failed',
      lastText: 'no room',
      code: 2,
    })
  })

  test('its step waits for it, until it is synced', async () => {
    await register(['policy_create'], true)
    const other = await addService()
    const id = await addService({ name: 't' })
    await police({ kind: 'synced' })
    const waitingOn = { model: service, id: other, state: 'synced' } as const
    await police({ kind: 'deferred', text: 'no link', waitingOn }, 5_000)

    expect(await told(service, id)).toEqual([
      'waiting-for-policy',
      `Its step service waits for its policy. Its policy put it off: no link. It runs at once when HelloWorldService ${other} is synced. It is tried again in 5 s, at 2026-01-01T00:00:05.000Z.`,
    ])
  })

  test('it is deleted, and its policy has to take back what it did', async () => {
    const id = await addService()
    await police({ kind: 'synced' })
    await records.remove(service, id)
    expect(await told(service, id)).toEqual([
      'delete-waits-for-policy',
      'It is deleted, and its policy is to run. Its policy is due: a dispatcher of test takes it next.',
    ])
  })
})

import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Outcome } from '#contract'
import {
  asAdministrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'
import { recordChange } from '../../support/record-change.ts'

const service = 'HelloWorldService'
const instance = 'HelloWorldServiceInstance'

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(helloWorldModels, helloWorldSteps, 'hello-world')
})

afterEach(() => under.clear())

const createService = () =>
  asAdministrator(under.store).create(service, { name: 'HelloWorld', hello_from: 'Jhon Snow' })
const createInstance = (hello_to = 'Daenerys') =>
  asAdministrator(under.store).create(instance, { name: 'i', hello_to })
const update = (model: string, id: number, fields: Record<string, unknown> = {}) =>
  asAdministrator(under.store).update(model, id, fields)
const remove = (model: string, id: number) => asAdministrator(under.store).remove(model, id)

/** Leases what is due of both models, as `Model/id operation`. */
const due = async () => {
  const work = await under.lease([service, instance])
  return work.map(({ key, operation }) => `${key.model}/${key.id} ${operation}`)
}

/** Leases the one record that is due and reports on it. */
const settle = async (outcome: Outcome, retryInMs?: number) => {
  const [work, ...more] = await under.lease([service, instance])
  if (work === undefined || more.length > 0) throw new Error('Expected one record to be due')
  expect(await under.work.report('tester', [reportOn(work, outcome, retryInMs)])).toEqual([])
  return work
}

const synced: Outcome = { kind: 'synced' }
const deferred: Outcome = { kind: 'deferred', text: 'Maybe later' }
const failed: Outcome = { kind: 'failed', text: 'Maybe not', retry: true }

const status = async (model: string, id: number) => {
  const record = await asAdministrator(under.store).get(model, id)
  return [record['backend_code'], record['backend_status']]
}

test('a record is leased once, with everything its function needs', async () => {
  await createService()
  const [work, ...more] = await under.lease([service])

  expect(more).toEqual([])
  expect(work).toMatchObject({
    key: { model: service, id: 1 },
    operation: 'sync',
    failures: 0,
    change: {
      operation: 'sync',
      model: service,
      record: { id: 1, hello_from: 'Jhon Snow', backend_need_delete: true },
      expanded: {},
      stamp: under.clock.now() * 1000,
      attempt: 1,
    },
  })
  expect(await under.lease([service])).toEqual([])
})

test('a lease waits for the disk when it marks a record for its first call, and not for later calls', async () => {
  await createService()
  const committing = () =>
    under.database.transaction(async (sql) => {
      await sql.query(`set local synchronous_commit = on`)
      await sql.query(`select id from lease_due($1::jsonb, $2, 'tester')`, [
        JSON.stringify([{ model: service, limit: 1 }]),
        under.clock.now() * 1000,
      ])
      const [setting] = await sql.query<{ on: string }>(
        `select current_setting('synchronous_commit') as on`,
      )
      return setting?.on
    })

  expect(await committing()).toBe('on')
  await under.work.leave('tester')
  expect(await committing()).toBe('off')
})

test('success turns the record green with the stamp that was sent', async () => {
  const created = await createService()
  await settle({ kind: 'synced', note: 'fine' })

  expect(await asAdministrator(under.store).get(service, 1)).toMatchObject({
    backend_code: 1,
    backend_status: 'OK',
    enacted: created['updated'],
    backend_register: JSON.stringify({
      next_run: 0,
      exponent: 0,
      last_success: under.clock.now() / 1000,
    }),
  })
  expect(await due()).toEqual([])
})

test('an instance waits for its service, says so, and gets it along when its turn has come', async () => {
  await createService()
  await createInstance()

  expect(await due()).toEqual(['HelloWorldService/1 sync'])
  expect(await status(instance, 1)).toEqual([
    0,
    'Waiting for HelloWorldService 1: Provisioning in progress',
  ])

  await under.work.leave('tester')
  await settle(synced)
  const [work] = await under.lease([instance])
  expect(work && recordChange(work.change).expanded).toMatchObject({
    owner: { model: service, record: { id: 1, hello_from: 'Jhon Snow' }, expanded: {} },
  })
})

test('a path goes on beyond a set of records', async () => {
  const include = ['owner.subscribed_dependencies.provider_service']
  const steps = [
    { step: 'service', model: service, include: [] },
    { step: 'instance', model: instance, include },
  ]
  await under.load(helloWorldModels, steps, 'hello-world')
  const { create } = asAdministrator(under.store)
  await createService()
  for (const name of ['ONOS', 'VOLT']) {
    const { id } = await create('Service', { name })
    await create('ServiceDependency', { subscriber_service_id: 1, provider_service_id: id })
  }
  await createInstance()
  await settle(synced)

  const [work] = await under.lease([instance])
  const provider = (name: string) => ({
    expanded: { provider_service: { model: 'Service', record: { name } } },
  })
  expect(work && recordChange(work.change).expanded).toMatchObject({
    owner: { expanded: { subscribed_dependencies: [provider('ONOS'), provider('VOLT')] } },
  })
})

test('an instance says what its service said last', async () => {
  await createService()
  await createInstance()
  await settle(failed, 0)
  expect(await due()).toEqual(['HelloWorldService/1 sync'])
  expect(await status(instance, 1)).toEqual([0, 'Waiting for HelloWorldService 1: Maybe not'])

  await under.work.leave('tester')
  await settle(deferred, 60_000)
  expect(await status(instance, 1)).toEqual([0, 'Waiting for HelloWorldService 1: Maybe later'])
})

test('a change of a synced service holds its instances only until it is synced again', async () => {
  await createService()
  await createInstance()
  await settle(synced)
  await settle(synced)

  await update(service, 1)
  await update(instance, 1)
  expect(await due()).toEqual(['HelloWorldService/1 sync'])
})

test('a record of a model that nobody observes holds nobody up', async () => {
  await under.load(
    helloWorldModels,
    [{ step: 'instance', model: instance, include: [] }],
    'hello-world',
  )
  await createService()
  await createInstance()
  expect(await due()).toEqual(['HelloWorldServiceInstance/1 sync'])
  await under.load(helloWorldModels, helloWorldSteps, 'hello-world')
})

test('a waiting record that is changed to need nothing any more runs at once', async () => {
  await createService()
  await createInstance()
  expect(await due()).toEqual(['HelloWorldService/1 sync'])

  const second = { name: 'Second', hello_from: 'Arya', no_sync: true }
  await asAdministrator(under.store).create(service, second)
  await update(instance, 1, { owner_id: 2 })
  expect(await due()).toEqual(['HelloWorldServiceInstance/1 sync'])
})

test('who links to many of which one is deleted is synced before its delete step has run', async () => {
  const models = `option name = "gates"; option app_label = "gates";
    message Zone (XOSBase) { }
    message Gate (XOSBase) { optional manytomany zones->Zone:gates = 1:1001; }`
  const steps = ['Zone', 'Gate'].map((model) => ({ step: model, model, include: [] }))
  await under.load(models, steps, 'gates')
  await asAdministrator(under.store).create('Zone', {})
  await asAdministrator(under.store).create('Gate', { zones_ids: [1] })
  const [work, ...waiting] = await under.lease(['Zone', 'Gate'])
  expect(waiting).toEqual([])
  await under.work.report('tester', [reportOn(work!, failed, 60_000)])

  await remove('Zone', 1)
  const leased = await under.lease(['Gate'])
  expect(leased).toMatchObject([{ key: { model: 'Gate', id: 1 }, operation: 'sync' }])
})

test('deferral and failure come back when they said, and not before', async () => {
  await createService()
  await settle(deferred, 5_000)
  expect(await status(service, 1)).toEqual([0, 'Maybe later'])

  const wait = await under.work.lease('tester', [{ model: service, limit: 1 }])
  expect(wait).toEqual({ work: [], nextDueMs: 5_000 })
  await under.clock.advance(4_999)
  expect(await due()).toEqual([])
  await under.clock.advance(1)
  await settle(failed, 1_000)
  expect(await status(service, 1)).toEqual([2, 'Maybe later // Maybe not'])

  await under.clock.advance(1_000)
  const again = await settle(failed, 1_000)
  expect(again).toMatchObject({ failures: 1, change: { attempt: 3 } })
  expect(again.change.previous).toEqual({ code: 2, text: 'Maybe later // Maybe not' })
})

test('an edit ends the back-off and starts counting afresh', async () => {
  await createService()
  await settle(failed, 600_000)
  await update(service, 1, { hello_from: 'Arya' })

  expect(await under.lease([service])).toMatchObject([{ failures: 0, change: { attempt: 1 } }])
})

test('a failure for good waits for an edit, however long', async () => {
  await createService()
  await settle({ kind: 'failed', text: 'no such name', retry: false })
  await under.clock.advance(365 * 24 * 3600 * 1000)
  expect(await due()).toEqual([])
  expect(await status(service, 1)).toEqual([2, 'no such name'])

  await update(service, 1)
  expect(await due()).toEqual(['HelloWorldService/1 sync'])
})

test('trouble of the function costs the record no attempt', async () => {
  await createService()
  await settle({ kind: 'target-down', text: 'Waiting for function service: no connection' }, 0)
  const [work] = await under.lease([service])
  expect(work).toMatchObject({ failures: 0, change: { attempt: 1 } })
})

test('work that is given back is due at once and looks as if it had never been taken', async () => {
  await createService()
  const [work] = await under.lease([service])
  await under.work.report('tester', [reportOn(work!, { kind: 'released' })])

  expect(await status(service, 1)).toEqual([0, 'Provisioning in progress'])
  expect(await under.lease([service])).toMatchObject([{ change: { attempt: 1 } }])
})

test('work that is given back before its first call needs no delete step', async () => {
  await createService()
  const [work] = await under.lease([service])
  await under.work.report('tester', [reportOn(work!, { kind: 'released' })])
  expect(await asAdministrator(under.store).get(service, 1)).toMatchObject({
    backend_need_delete: false,
  })

  await remove(service, 1)
  expect(await due()).toEqual([])
  await expect(asAdministrator(under.store).get(service, 1)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('work that is given back after an earlier call still needs its delete step', async () => {
  await createService()
  await settle(failed, 0)
  const [work] = await under.lease([service])
  await remove(service, 1)
  await under.work.report('tester', [reportOn(work!, { kind: 'released' })])

  expect(await due()).toEqual(['HelloWorldService/1 delete'])
})

test.each([
  ['before the lease', true],
  ['while it was leased', false],
])(
  'work that is given back keeps the delete step that a client asked for %s',
  async (_, isBefore) => {
    await createService()
    const ask = () =>
      asAdministrator(under.store).update(
        service,
        1,
        { backend_need_delete: true },
        { updateFields: ['backend_need_delete'], callerKind: 'synchronizer' },
      )
    if (isBefore) await ask()
    const [work] = await under.lease([service])
    if (!isBefore) await ask()
    await under.work.report('tester', [reportOn(work!, { kind: 'released' })])
    await remove(service, 1)

    const [again] = await under.lease([service])
    expect(again).toMatchObject({ operation: 'delete' })
    await under.work.report('tester', [reportOn(again!, { kind: 'released' })])
    expect(await due()).toEqual(['HelloWorldService/1 delete'])
  },
)

test('an edit made while the function runs leaves the record pending, and due at once', async () => {
  await createService()
  const [work] = await under.lease([service])
  await update(service, 1, { hello_from: 'Arya' })
  await under.work.report('tester', [reportOn(work!, failed, 600_000)])

  expect(await under.lease([service])).toMatchObject([
    { failures: 0, change: { record: { hello_from: 'Arya' } } },
  ])
})

test('a late success for an old version does not pass for the new one', async () => {
  await createService()
  const [work] = await under.lease([service])
  const edited = await update(service, 1, { hello_from: 'Arya' })
  await under.work.report('tester', [reportOn(work!, synced)])

  const record = await asAdministrator(under.store).get(service, 1)
  expect(record['enacted']).toBeLessThan(Number(edited['updated']))
  expect(await due()).toEqual(['HelloWorldService/1 sync'])
})

test('a dispatcher that falls silent loses its leases, and its late report is refused', async () => {
  await createService()
  const [work] = await under.lease([service])
  await under.clock.advance(9_999)
  await under.work.heartbeat('tester')
  await under.clock.advance(9_999)
  expect((await under.work.lease('other', [{ model: service, limit: 1 }])).work).toEqual([])

  await under.clock.advance(1)
  const other = await under.work.lease('other', [{ model: service, limit: 1 }])
  expect(other.work).toMatchObject([{ key: { id: 1 } }])

  const refused = await under.work.report('tester', [reportOn(work!, failed, 0)])
  expect(refused).toEqual([{ key: { model: service, id: 1 }, token: work!.token }])
  expect(await status(service, 1)).toEqual([0, 'Provisioning in progress'])
  expect(await under.work.report('other', [reportOn(other.work[0]!, synced)])).toEqual([])
  expect(await status(service, 1)).toEqual([1, 'OK'])
})

test('who leaves some of its leases keeps the others, until it falls silent', async () => {
  await createService()
  const [here] = await under.lease([service])
  await asAdministrator(under.store).create(service, { name: 'other', hello_from: 'Arya' })
  const [elsewhere] = await under.lease([service])

  await under.work.leave('tester', [here!.token])
  expect(await due()).toEqual(['HelloWorldService/1 sync'])
  await under.clock.advance(10_000)
  await under.work.heartbeat('other')
  expect((await due()).sort()).toEqual(['HelloWorldService/1 sync', 'HelloWorldService/2 sync'])
  expect(await under.work.report('tester', [reportOn(elsewhere!, synced)])).toHaveLength(1)
})

test('who says what it holds gives back what it never heard of, and keeps the rest', async () => {
  await createService()
  const [heard] = await under.lease([service])
  await asAdministrator(under.store).create(service, { name: 'other', hello_from: 'Arya' })
  await under.lease([service])

  const wants = [{ model: service, limit: 10 }]
  const { work } = await under.work.lease('tester', wants, [heard!.token])
  expect(work).toMatchObject([{ key: { model: service, id: 2 } }])
  const reports = [heard!, ...work].map((one) => reportOn(one, synced))
  expect(await under.work.report('tester', reports)).toEqual([])
})

test('a deleted record that only a lease still kept goes when its dispatcher falls silent', async () => {
  await createService()
  await under.lease([service])
  await asAdministrator(under.store).update(
    service,
    1,
    { backend_need_delete: false },
    { updateFields: ['backend_need_delete'], callerKind: 'synchronizer' },
  )
  await remove(service, 1)
  expect(await asAdministrator(under.store).get(service, 1)).toMatchObject({ deleted: true })

  await under.clock.advance(10_000)
  await under.work.heartbeat('other')
  await expect(asAdministrator(under.store).get(service, 1)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('an idle dispatcher learns when the silence of another one would be noticed', async () => {
  await createService()
  await under.lease([service])
  expect(await under.work.lease('other', [{ model: service, limit: 1 }])).toEqual({
    work: [],
    nextDueMs: 10_000,
  })
})

test('delete_record is called for the instance first, then for the service, and then they are gone', async () => {
  await createService()
  await createInstance()
  await settle(synced)
  await settle(synced)
  await remove(service, 1)

  expect(await due()).toEqual(['HelloWorldServiceInstance/1 delete'])
  expect(await status(service, 1)).toEqual([0, 'Waiting for HelloWorldServiceInstance 1: OK'])
  await under.work.leave('tester')
  await settle(synced)
  await expect(asAdministrator(under.store).get(instance, 1)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  await settle(synced)
  await expect(asAdministrator(under.store).get(service, 1)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('a delete that fails keeps the record, visibly, and is tried again', async () => {
  await createService()
  await settle(synced)
  await remove(service, 1)
  await settle(failed, 1_000)

  expect(await asAdministrator(under.store).get(service, 1)).toMatchObject({
    deleted: true,
    backend_code: 2,
  })
  await under.clock.advance(1_000)
  expect(await due()).toEqual(['HelloWorldService/1 delete'])
})

test('a record deleted while its sync runs is deleted in its backend afterwards', async () => {
  await createService()
  const [work] = await under.lease([service])
  await remove(service, 1)
  expect(await due()).toEqual([])

  await under.work.report('tester', [reportOn(work!, failed, 600_000)])
  expect(await due()).toEqual(['HelloWorldService/1 delete'])
})

test('what a sync made while its record was deleted is known to the delete step', async () => {
  await createService()
  const [work] = await under.lease([service])
  await remove(service, 1)
  const feedback = { backend_handle: 'vm-7' }
  await under.work.report('tester', [reportOn(work!, { kind: 'synced', feedback })])

  const [deleting] = await under.lease([service])
  expect(deleting).toMatchObject({
    operation: 'delete',
    change: { record: { backend_handle: 'vm-7' } },
  })
})

test('a status write never makes a record pending', async () => {
  await createService()
  await settle({ kind: 'synced', feedback: { backend_handle: 'vm-7' } })
  expect(await asAdministrator(under.store).get(service, 1)).toMatchObject({
    backend_handle: 'vm-7',
  })
  expect(await due()).toEqual([])
})

test.each([
  [
    'a declarative field',
    { hello_from: 'Arya' },
    'feedback names hello_from, but only feedback fields of HelloWorldService may be written: ' +
      'backend_register, backend_status, backend_code, policy_status, policy_code, backend_handle',
  ],
  [
    'the status itself',
    { backend_code: 1 },
    'feedback names backend_code, which follows from the answer itself',
  ],
  [
    'a wrong type',
    { backend_handle: 7 },
    'feedback field backend_handle: expected a string, got 7',
  ],
])('feedback that names %s fails the step for good', async (_, feedback, text) => {
  await createService()
  await settle({ kind: 'synced', feedback })

  expect(await status(service, 1)).toEqual([2, text])
  expect(await asAdministrator(under.store).get(service, 1)).toMatchObject({
    hello_from: 'Jhon Snow',
  })
  expect(await due()).toEqual([])
})

test('records that wait for each other are named instead of hanging silently', async () => {
  await under.load(
    `option name = "ring"; option app_label = "ring";
     message Node1 (XOSBase) { optional manytoone next->Node2:previous = 1:1001; }
     message Node2 (XOSBase) { optional manytoone next->Node1:previous = 1:1001; }`,
    [
      { step: 'node1', model: 'Node1', include: [] },
      { step: 'node2', model: 'Node2', include: [] },
    ],
    'ring',
  )
  await asAdministrator(under.store).create('Node1', {})
  await asAdministrator(under.store).create('Node2', { next_id: 1 })
  await update('Node1', 1, { next_id: 1 })

  expect(await under.lease(['Node1', 'Node2'])).toEqual([])
  const named =
    /^These wait for each other, change a link to break the circle: Node\d 1 -> Node\d 1 -> Node\d 1$/
  for (const model of ['Node1', 'Node2']) {
    expect(await status(model, 1)).toEqual([2, expect.stringMatching(named)])
  }

  await update('Node1', 1, { next_id: null })
  expect(await under.lease(['Node1', 'Node2'])).toMatchObject([{ key: { model: 'Node1' } }])
})

test('the last twenty attempts of a record are remembered', async () => {
  await createService()
  for (let attempt = 1; attempt <= 25; attempt += 1) await settle(deferred, 0)

  const attempts = await under.database.query<{ number: number; outcome: string }>(
    `select number, outcome from attempt where root = 'Service' and id = 1 order by number`,
  )
  expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, n) => n + 6))
  expect(new Set(attempts.map(({ outcome }) => outcome))).toEqual(new Set(['deferred']))
})

test('a record that goes takes its attempts along', async () => {
  await createService()
  await settle(synced, 0)
  await remove(service, 1)
  await settle(synced, 0)
  expect(await under.database.query(`select from record where root = 'Service'`)).toEqual([])
  expect(await under.database.query(`select from attempt where root = 'Service'`)).toEqual([])
})

test('dispatchers are woken by a new record, by an edit and by a delete', async () => {
  let wakes = 0
  const stop = under.work.onWake(() => (wakes += 1))
  const wakesAfter = async (write: () => Promise<unknown>): Promise<void> => {
    const before = wakes
    await write()
    await vi.waitFor(() => expect(wakes).toBeGreaterThan(before))
  }
  await wakesAfter(createService)
  await wakesAfter(() => update(service, 1))
  await wakesAfter(() => remove(service, 1))
  stop()
  const before = wakes
  await createService()
  expect(wakes).toBe(before)
})

test.each([
  [
    'a name that is no link',
    ['hello_to'],
    'Step instance: include hello_to: HelloWorldServiceInstance has no link named hello_to',
  ],
  [
    'a chain that is too long',
    ['owner.site.users.site'],
    'expected at most 3 links in a row, got 4',
  ],
  [
    'a set of records beyond another',
    ['ports.network.links'],
    'include ports.network.links: expected one set of records on the way, got ports and links',
  ],
])('a step that includes %s is refused', async (_, include, message) => {
  const steps = [{ step: 'instance', model: instance, include }]
  await expect(under.load(helloWorldModels, steps, 'hello-world')).rejects.toThrow(message)
})

test('a model has one step', async () => {
  await expect(
    under.load('', [{ step: 'mine', model: service, include: [] }], 'rival'),
  ).rejects.toThrow(
    'HelloWorldService is already observed by step service of hello-world; one model has one step',
  )
})

test('what a function says cannot keep a whole batch from being written', async () => {
  await createService()
  const hostile = 'a\0b \ud800 c'
  await settle({ kind: 'failed', text: hostile, retry: true }, 0)
  expect(await status(service, 1)).toEqual([2, expect.stringMatching(/^a.*b .* c$/u)])
  await settle({ kind: 'synced', note: hostile, feedback: { backend_handle: hostile } })
  expect(await status(service, 1)).toEqual([
    2,
    expect.stringContaining('feedback field backend_handle'),
  ])
})

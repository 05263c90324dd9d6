import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { isDelivery, type CloudEvent, type Report, type Work } from '#contract'
import { startHousekeeping, type DeliveryQuestion } from '#core'
import { administrator, openTestStore, reportOn, type TestStore } from '../../../support/store.ts'
import { keyedEvent, leaseOf, onuEvent, registration } from './events.ts'

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
})
beforeEach(() => under.work.register(registration))
afterEach(async () => {
  await under.work.register({ ...registration, eventSteps: [] })
  await under.database.query(`delete from delivery`)
  await under.clear()
})

const accept = (...events: readonly CloudEvent[]) => under.store.deliveries.accept(events)

const eventIn = ({ change }: Work): Readonly<Record<string, unknown>> => {
  if (!isDelivery(change)) throw new Error('Expected a delivery')
  return change.event
}

/** Ids of the events that are due, leased. */
const due = async (kind: 'event' | 'pull' = 'event') =>
  (await leaseOf(under, kind)).work.map((work) => eventIn(work)['id'])

const settle = async (outcome: Report['outcome'], retryInMs?: number, count = 1) => {
  const { work } = await leaseOf(under, 'event')
  expect(work).toHaveLength(count)
  const reports = work.map((one) => reportOn(one, outcome, retryInMs))
  expect(await under.work.report('tester', reports)).toEqual([])
}

const failed = { kind: 'failed', text: 'No such port', retry: true } as const
const synced = { kind: 'synced' } as const

const list = (question: Partial<DeliveryQuestion> = {}) =>
  under.store.deliveries.list(administrator, { limit: 100, ...question })

const pullEvery = (everyMs: number) =>
  under.work.register({ ...registration, pullSteps: [{ step: 'ports', everyMs }] })

const settlePull = async (outcome: Report['outcome'], retryInMs?: number) => {
  const { work } = await leaseOf(under, 'pull')
  expect(work).toHaveLength(1)
  await under.work.report(
    'tester',
    work.map((one) => reportOn(one, outcome, retryInMs)),
  )
}

test('an event is leased once, as it came', async () => {
  const data = { serial: 'A\u0000\ud800', big: 1e300, list: [null, 'é'] }
  const event = onuEvent('1', { data, extensions: { partitionkey: 'a', number: 5, yes: true } })
  expect(await accept(event)).toEqual({ stored: 1, repeated: 0, unwanted: 0 })

  const { work } = await leaseOf(under, 'event')
  const received = under.clock.now() * 1000
  const { extensions, ...attributes } = event
  expect(work).toEqual([
    {
      key: { model: 'olt/onu', id: expect.any(Number) as number },
      operation: 'event',
      token: expect.any(Number) as number,
      failures: 0,
      due: received,
      change: {
        operation: 'event',
        event: { specversion: '1.0', ...attributes, ...extensions },
        stamp: received,
        attempt: 1,
      },
    },
  ])
  expect(await due()).toEqual([])
})

test('an event that comes again does nothing, though its first time is over', async () => {
  await accept(onuEvent('1'), onuEvent('1'))
  await settle({ kind: 'synced', note: 'Port 7' })

  expect(await accept(onuEvent('1'))).toEqual({ stored: 0, repeated: 1, unwanted: 0 })
  expect(await due()).toEqual([])
  expect(await list()).toMatchObject([{ state: 'done', code: 1, status: 'Port 7', calls: 1 }])
})

test('the same id from another source is another event', async () => {
  await accept(onuEvent('1'), onuEvent('1', { source: '/elsewhere' }))
  expect(await due()).toEqual(['1', '1'])
})

test('an event that no step wants is not kept', async () => {
  expect(await accept(onuEvent('1', { type: 'olt.lost' }))).toMatchObject({ unwanted: 1 })
  expect(await list()).toEqual([])
})

test('each step that wants an event gets it', async () => {
  const eventSteps = [...(registration.eventSteps ?? []), { step: 'log' }]
  await under.work.register({ ...registration, eventSteps })
  expect(await accept(onuEvent('1'))).toMatchObject({ stored: 2 })

  await settle(synced)
  expect(await list({ state: 'ready' })).toMatchObject([{ step: 'olt/log' }])
  expect(await list({ step: 'onu' })).toMatchObject([{ step: 'olt/onu', state: 'done' }])
})

test('the oldest come first, however few are taken', async () => {
  await accept(...['1', '2', '3'].map((id) => onuEvent(id)))
  const first = await leaseOf(under, 'event', 2)
  expect(first.work.map((work) => eventIn(work)['id'])).toEqual(['1', '2'])
  expect(await due()).toEqual(['3'])
})

test('those with one partition key go one after the other, others beside them', async () => {
  await accept(
    keyedEvent('a1', 'a'),
    keyedEvent('a2', 'a'),
    keyedEvent('b1', 'b'),
    keyedEvent('a1', 'a'),
    onuEvent('c1'),
  )
  await accept(keyedEvent('a3', 'a'))
  await settle(synced, undefined, 3)
  await settle({ kind: 'failed', text: 'Never', retry: false })
  await settle(synced)
  expect(await due()).toEqual([])
  expect((await list({ state: 'dead' })).map(({ eventId }) => eventId)).toEqual(['a2'])
})

test('one that is tried again later holds up those behind it', async () => {
  await accept(keyedEvent('a1', 'a'), keyedEvent('a2', 'a'))
  await settle(failed, 60_000)
  expect(await due()).toEqual([])
  await under.clock.advance(60_000)
  await settle(synced)
  expect(await due()).toEqual(['a2'])
})

test('events of Kafka go in the order of their keys', async () => {
  const kafka = { type: 'dev.knative.kafka.event', extensions: { key: 'a' } }
  await under.work.register({ ...registration, eventSteps: [{ step: 'onu' }] })
  await accept(onuEvent('1', kafka), onuEvent('2', kafka))
  expect(await due()).toEqual(['1'])
})

test('a failure is tried again when its dispatcher says, and says what came before', async () => {
  await accept(onuEvent('1'))
  await settle(failed, 2_000)

  const early = await leaseOf(under, 'event')
  expect(early).toEqual({ work: [], nextDueMs: 2_000 })
  await under.clock.advance(2_000)
  const { work } = await leaseOf(under, 'event')
  expect(work).toMatchObject([
    {
      failures: 1,
      change: { attempt: 2, previous: { code: 2, text: 'No such port' } },
    },
  ])
})

test('after its last attempt an event is dead, and lives again when somebody says so', async () => {
  await accept(onuEvent('1'))
  for (let times = 0; times < 3; times += 1) await settle(failed, 0)

  const [dead] = await list({ state: 'dead' })
  expect(dead).toMatchObject({ failures: 3, calls: 3, code: 2, status: 'No such port' })
  expect(await due()).toEqual([])
  const id = dead?.id ?? 0
  expect(await under.store.deliveries.get(administrator, id)).toMatchObject({
    event: { id: '1', data: { serial: '1' } },
  })

  await under.store.deliveries.retry(administrator, id)
  await settle(synced)
  expect(await list({ state: 'dead' })).toEqual([])
  await expect(under.store.deliveries.retry(administrator, id)).rejects.toThrow('is done')
})

test('what is deferred, and trouble of the function, count as no failure', async () => {
  await accept(onuEvent('1'))
  for (let times = 0; times < 5; times += 1) {
    await settle({ kind: 'deferred', text: 'Not yet' }, 0)
    await settle({ kind: 'target-down', text: 'Waiting for function onu: down' }, 0)
  }
  await settle({ kind: 'released' })
  const { work } = await leaseOf(under, 'event')
  expect(work).toMatchObject([{ failures: 0, change: { attempt: 6 } }])
})

test('a dead one that is tried again goes before those that came after it', async () => {
  await accept(keyedEvent('a1', 'a'), keyedEvent('a2', 'a'), keyedEvent('a3', 'a'))
  await settle({ kind: 'failed', text: 'Never', retry: false })
  const { work: second } = await leaseOf(under, 'event')
  const [dead] = await list({ state: 'dead' })
  await under.store.deliveries.retry(administrator, dead?.id ?? 0)

  expect(await due()).toEqual([])
  await under.work.report(
    'tester',
    second.map((one) => reportOn(one, synced)),
  )
  expect(await due()).toEqual(['a1'])
})

test('a discarded event lets the next go, and is known when it comes again', async () => {
  await accept(keyedEvent('a1', 'a'), keyedEvent('a2', 'a'))
  await settle(failed, 60_000)
  const [first] = await list()
  await under.store.deliveries.discard(administrator, first?.id ?? 0)

  expect(await due()).toEqual(['a2'])
  expect(await accept(keyedEvent('a1', 'a'))).toMatchObject({ repeated: 1 })
})

test('one that runs is not discarded, and who is no administrator does nothing', async () => {
  await accept(onuEvent('1'))
  const { work } = await leaseOf(under, 'event')
  const id = work[0]?.key.id ?? 0
  const stranger = { userId: 7, email: 'someone@opencord.org', isAdmin: false }
  const { deliveries } = under.store

  await expect(deliveries.discard(administrator, id)).rejects.toMatchObject({ code: 'IN_PROGRESS' })
  await expect(deliveries.discard(administrator, 999_999)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  for (const asked of [
    deliveries.list(stranger, { limit: 1 }),
    deliveries.get(stranger, id),
    deliveries.retry(stranger, id),
    deliveries.discard(stranger, id),
  ]) {
    await expect(asked).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  }
})

test('who retries and discards is noted', async () => {
  await accept(onuEvent('1'))
  const [one] = await list()
  const id = one?.id ?? 0
  await under.store.deliveries.retry(administrator, id)
  await under.store.deliveries.discard(administrator, id)

  const entries = await under.store.audit(administrator, { limit: 2 })
  expect(entries).toMatchObject([
    { operation: 'delivery-discarded', model: 'delivery of olt/onu', id },
    { operation: 'delivery-retried', model: 'delivery of olt/onu', id },
  ])
})

test('leases of a silent dispatcher, of one that leaves, and those it never heard of end', async () => {
  await accept(onuEvent('1'))
  const silent = await leaseOf(under, 'event', 1, 'silent')
  await under.clock.advance(10_001)
  const taken = await leaseOf(under, 'event')
  expect(taken.work).toHaveLength(1)
  const late = silent.work.map((one) => reportOn(one, synced))
  expect(await under.work.report('silent', late)).toEqual(
    silent.work.map(({ key, token }) => ({ key, token })),
  )

  await under.work.leave('tester')
  const unheard = await leaseOf(under, 'event')
  expect(unheard.work).toHaveLength(1)
  const want = { model: 'olt/onu', limit: 1, kind: 'event' } as const
  const { work } = await under.work.lease('tester', [want], [])
  expect(work).toMatchObject([{ change: { attempt: 4 } }])
})

test('nobody is called for a step that is gone, and its events wait for it to come back', async () => {
  await accept(onuEvent('1'))
  await under.work.register({ ...registration, eventSteps: [] })
  expect(await due()).toEqual([])
  await under.work.register(registration)
  expect(await due()).toEqual(['1'])
})

test('a step that has not said yet what it is keeps getting its events, and its turns', async () => {
  await pullEvery(60_000)
  await settlePull(synced)
  const awaited = ['onu', 'ports']
  await under.work.register({ ...registration, eventSteps: [], pullSteps: [], awaited })

  expect(await accept(onuEvent('1'))).toMatchObject({ stored: 1 })
  expect(await leaseOf(under, 'pull')).toMatchObject({ work: [], nextDueMs: 60_000 })
})

test('dispatchers are woken by an event, and by one that lets another go', async () => {
  let wakes = 0
  const stop = under.work.onWake(() => (wakes += 1))
  await accept(keyedEvent('a1', 'a'), keyedEvent('a2', 'a'))
  await expect.poll(() => wakes).toBe(1)
  await settle(synced)
  await expect.poll(() => wakes).toBe(2)
  stop()
})

test('a pull is due at once, then so long after each success, and its event says when', async () => {
  await pullEvery(60_000)
  const dueAt = under.clock.now()
  const { work } = await leaseOf(under, 'pull')
  expect(work).toMatchObject([
    {
      operation: 'pull',
      change: {
        operation: 'pull',
        stamp: dueAt * 1000,
        attempt: 1,
        event: {
          id: `ports@${dueAt * 1000}`,
          source: '/synchronizers/olt',
          type: 'org.opencord.xos.pull.v1',
          subject: 'ports',
          time: new Date(dueAt).toISOString(),
        },
      },
    },
  ])
  await under.clock.advance(5_000)
  await under.work.report(
    'tester',
    work.map((one) => reportOn(one, synced)),
  )
  expect(await leaseOf(under, 'pull')).toEqual({ work: [], nextDueMs: 60_000 })
  await under.clock.advance(60_000)
  expect(await due('pull')).toEqual([`ports@${(dueAt + 65_000) * 1000}`])
})

test('a pull that fails is the same turn until it succeeds, and never ends', async () => {
  await pullEvery(60_000)
  const first = `ports@${under.clock.now() * 1000}`
  for (let times = 0; times < 30; times += 1) await settlePull(failed, 0)
  const { work } = await leaseOf(under, 'pull')
  expect(work).toMatchObject([{ failures: 30, change: { attempt: 31, event: { id: first } } }])
})

test('a pull that fails for good goes on with its next turn', async () => {
  await pullEvery(60_000)
  await settlePull({ kind: 'failed', text: 'Never', retry: false })
  expect(await leaseOf(under, 'pull')).toEqual({ work: [], nextDueMs: 60_000 })
})

test('another interval moves the next turn of a pull, and the same one does not', async () => {
  await pullEvery(60_000)
  await settlePull(synced)
  await under.clock.advance(20_000)
  await pullEvery(60_000)
  expect(await leaseOf(under, 'pull')).toMatchObject({ nextDueMs: 40_000 })
  await pullEvery(30_000)
  expect(await leaseOf(under, 'pull')).toMatchObject({ nextDueMs: 10_000 })
  await pullEvery(1_000)
  expect(await leaseOf(under, 'pull')).toMatchObject({ work: [{}] })
})

test('a pull step that is no longer there is pulled no more', async () => {
  await pullEvery(60_000)
  await under.work.register(registration)
  expect(await list()).toEqual([])
  expect(await due('pull')).toEqual([])
})

test.each([
  [{ pullSteps: [{ step: 'ports', everyMs: 5 }] }, 'expected 100 to'],
  [{ pullSteps: [{ step: 'ports', everyMs: Number.NaN }] }, 'expected 100 to'],
  [{ eventSteps: [{ step: 'onu', maxAttempts: 0 }] }, 'attempts at most'],
  [{ eventSteps: [{ step: 'a/b' }] }, 'no name'],
  [{ pullSteps: [{ step: 'onu', everyMs: 1000 }] }, 'two event or pull steps onu'],
])('%j is refused', async (steps, text) => {
  await expect(under.work.register({ ...registration, ...steps })).rejects.toThrow(text)
})

test('what is done is forgotten after a week, and a dead letter is not', async () => {
  await accept(onuEvent('1'), onuEvent('2'))
  await settle({ kind: 'failed', text: 'Never', retry: false }, undefined, 2)
  const [first] = await list()
  await under.store.deliveries.retry(administrator, first?.id ?? 0)
  await settle(synced)
  await under.clock.advance(8 * 24 * 3_600_000)

  expect(await under.store.deliveries.prune()).toBe(0)
  expect(await list()).toMatchObject([{ eventId: '2', state: 'dead' }])
})

test('of more than ten thousand dead letters the oldest are lost, and the log says so', async () => {
  await under.database.query(
    `insert into delivery (synchronizer, step, kind, identity, source, event_id, type, state, next_run, code, status, received)
     select 'olt', 'onu', 'event', n::text, 's', n::text, 't', 'dead', 0, 2, 'x', 0 from generate_series(1, 11500) n`,
  )
  const warnings: object[] = []
  const retention = { changes: 1e9, changesMs: 1e12, auditMs: 1e12 }
  const { store, clock } = under
  const log = { warn: (fields: object) => void warnings.push(fields) }
  const housekeeping = startHousekeeping({ store, clock, log, retention })
  await clock.advance(60_000)
  await housekeeping.close()

  expect(warnings).toEqual([{ events: 1_500 }])
  expect(await list({ limit: 1 })).toMatchObject([{ eventId: '1501' }])
})

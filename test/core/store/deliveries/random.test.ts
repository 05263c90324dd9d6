import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { isDelivery, leaseMs, type Report, type Want, type Work } from '#contract'
import type { Database, Sql } from '#core'
import { openTestDatabase } from '../../../support/database.ts'
import { administrator, openTestStore, reportOn, type TestStore } from '../../../support/store.ts'
import { keyedEvent, onuEvent, registration } from './events.ts'

const isLong = process.env['SYNCSTEP_LONG'] !== undefined

const outcomes: readonly Report['outcome'][] = [
  { kind: 'synced' },
  { kind: 'failed', text: 'Maybe later', retry: true },
  { kind: 'failed', text: 'Never', retry: false },
  { kind: 'deferred', text: 'Not yet' },
  { kind: 'target-down', text: 'Waiting for function onu' },
  { kind: 'released' },
]

const ids = ['a1', 'a2', 'a3', 'b1', 'b2', '1', '2', '3', '4']
const dispatchers = ['one', 'two'] as const

/** The core dies before so many statements more; when there are fewer, after the commit and before its answer. */
const deathAfter = fc.option(fc.nat(12), { nil: undefined, freq: 3 })
const anyDispatcher = fc.constantFrom(...dispatchers)
const action = fc.oneof(
  fc.record({
    kind: fc.constant('accept' as const),
    ids: fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: 4 }),
    deathAfter,
  }),
  fc.record({
    kind: fc.constant('lease' as const),
    dispatcher: anyDispatcher,
    limit: fc.integer({ min: 1, max: 4 }),
    deathAfter,
  }),
  fc.record({
    kind: fc.constant('report' as const),
    dispatcher: anyDispatcher,
    outcome: fc.constantFrom(...outcomes),
    count: fc.integer({ min: 1, max: 3 }),
    deathAfter,
  }),
  fc.record({ kind: fc.constant('leave' as const), dispatcher: anyDispatcher }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1_000, leaseMs + 1) }),
  fc.record({ kind: fc.constant('revive' as const) }),
)
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

/** What a dispatcher was given and has not reported on. */
type Held = { readonly work: Work; readonly sinceMs: number }

class Death extends Error {}

let under: TestStore
let statementsLeft: number | undefined

const count = (): void => {
  if (statementsLeft === undefined) return
  statementsLeft -= 1
  if (statementsLeft < 0) throw new Death()
}

const mortal = (database: Database): Database => ({
  ...database,
  async transaction(work) {
    const done = await database.transaction((sql, attempt) => {
      const counted: Sql = {
        query: (text, parameters) => {
          count()
          return sql.query(text, parameters)
        },
      }
      return work(counted, attempt)
    })
    if (statementsLeft !== undefined) throw new Death()
    return done
  },
})

/** Undefined when the core died on the way. */
const dying = async <T>(
  after: number | undefined,
  work: () => Promise<T>,
): Promise<T | undefined> => {
  statementsLeft = after
  try {
    return await work()
  } catch (error) {
    if (error instanceof Death) return undefined
    throw error
  } finally {
    statementsLeft = undefined
  }
}

beforeAll(async () => {
  under = await openTestStore(mortal(await openTestDatabase()))
  await under.work.register({ ...registration, eventSteps: [{ step: 'onu', maxAttempts: 4 }] })
})

const want: Want = { model: 'olt/onu', kind: 'event', limit: 100 }

const keyOf = (id: string): string | undefined => /[a-z]/.exec(id)?.[0]

const idIn = ({ change }: Work): string =>
  isDelivery(change) ? String(change.event['id']) : 'none'

/** One life: what went on beside the store, and whether it fits. */
const live = async (actions: readonly Action[]): Promise<void> => {
  const asked = new Set<string>()
  const accepted = new Set<string>()
  const done = new Set<string>()
  const held = new Map<string, Map<number, Held>>(dispatchers.map((name) => [name, new Map()]))
  let anyRevived = false

  const accept = async (given: readonly string[], death?: number) => {
    const events = given.map((id) => {
      const key = keyOf(id)
      return key === undefined ? onuEvent(id) : keyedEvent(id, key)
    })
    given.forEach((id) => asked.add(id))
    if ((await dying(death, () => under.store.deliveries.accept(events))) === undefined) return
    given.forEach((id) => accepted.add(id))
  }

  /** Whoever was silent longer than a lease may still run what he holds, and nobody waits for him. */
  const running = () =>
    [...held.values()].flatMap((some) =>
      [...some.values()].filter(({ sinceMs }) => under.clock.now() < sinceMs + leaseMs),
    )

  const lease = async (dispatcher: string, limit: number, death?: number) => {
    const own = held.get(dispatcher) ?? new Map<number, Held>()
    const tokens = [...own.values()].map(({ work }) => work.token)
    const leased = await dying(death, () =>
      under.work.lease(dispatcher, [{ ...want, limit }], tokens),
    )
    if (leased === undefined) return
    const now = under.clock.now()
    // Its own that it held too long are others' by now, but the core has heard of it again.
    for (const [place, one] of own) {
      if (now < one.sinceMs + leaseMs) own.set(place, { ...one, sinceMs: now })
      else own.delete(place)
    }
    for (const work of leased.work) {
      const id = idIn(work)
      const others = running().map((one) => idIn(one.work))
      expect(asked).toContain(id)
      expect([...done]).not.toContain(id)
      expect(others).not.toContain(id)
      const key = keyOf(id)
      if (key !== undefined) expect(others.map(keyOf)).not.toContain(key)
      own.set(work.key.id, { work, sinceMs: now })
    }
    if (!anyRevived) await expectOrder(leased.work)
  }

  const expectOrder = async (work: readonly Work[]) => {
    const open = await under.store.deliveries.list(administrator, { limit: 100, state: 'ready' })
    for (const one of work) {
      const key = keyOf(idIn(one))
      const ofLine = open.filter(({ eventId }) => key !== undefined && keyOf(eventId) === key)
      expect(ofLine[0]?.id ?? one.key.id).toBe(one.key.id)
    }
  }

  const report = async (
    dispatcher: string,
    outcome: Report['outcome'],
    most: number,
    death?: number,
  ) => {
    const own = held.get(dispatcher) ?? new Map<number, Held>()
    const some = [...own.values()].slice(0, most).map(({ work }) => work)
    if (some.length === 0) return
    const reports = some.map((work) => reportOn(work, outcome, 0))
    const refused = await dying(death, () => under.work.report(dispatcher, reports))
    // A dispatcher reports again until the core has answered.
    const late = refused ?? (await under.work.report(dispatcher, reports))
    const tokens = new Set(late.map(({ key, token }) => `${key.id} ${token}`))
    for (const work of some) {
      own.delete(work.key.id)
      const isRefused = tokens.has(`${work.key.id} ${work.token}`)
      if (isRefused || outcome.kind !== 'synced') continue
      expect([...done]).not.toContain(idIn(work))
      done.add(idIn(work))
    }
    if (refused === undefined) {
      const all = await under.store.deliveries.list(administrator, { limit: 100, state: 'done' })
      all.forEach(({ eventId }) => done.add(eventId))
    }
  }

  const revive = async () => {
    const dead = await under.store.deliveries.list(administrator, { limit: 100, state: 'dead' })
    for (const { id } of dead) {
      anyRevived = true
      await under.store.deliveries.retry(administrator, id)
    }
  }

  for (const one of actions) {
    if (one.kind === 'accept') await accept(one.ids, one.deathAfter)
    if (one.kind === 'lease') await lease(one.dispatcher, one.limit, one.deathAfter)
    if (one.kind === 'report') await report(one.dispatcher, one.outcome, one.count, one.deathAfter)
    if (one.kind === 'wait') await under.clock.advance(one.ms)
    if (one.kind === 'revive') await revive()
    if (one.kind === 'leave') {
      await under.work.leave(one.dispatcher)
      held.get(one.dispatcher)?.clear()
    }
  }

  // Once nobody dies any more, all that was accepted is dealt with.
  await revive()
  await under.clock.advance(leaseMs + 1)
  for (let rounds = 0; rounds < ids.length + 1; rounds += 1) {
    await lease('one', 100)
    await report('one', { kind: 'synced' }, 100)
  }
  const left = await under.store.deliveries.list(administrator, { limit: 100 })
  expect(left.filter(({ state }) => state !== 'done')).toEqual([])
  for (const id of accepted) expect([...done]).toContain(id)
}

test('whoever dies when, no event is lost, done twice, or runs beside another of its key', async () => {
  const life = fc.asyncProperty(
    fc.array(action, { minLength: 20, maxLength: 60, size: 'max' }),
    async (actions) => {
      await under.database.query(`delete from delivery`)
      await under.database.query(`delete from dispatcher`)
      await live(actions)
    },
  )
  await fc.assert(life, { numRuns: isLong ? 1_000 : 12 })
})

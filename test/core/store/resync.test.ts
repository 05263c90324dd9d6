import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Outcome } from '#contract'
import { asAdministrator, openTestStore, reportOn, type TestStore } from '../../support/store.ts'

const models = `
option name = "clocks";
option app_label = "clocks";

message Clock (XOSBase) {
  required string name = 1 [tosca_key = True];
}
`

const minute = 60_000
const hour = 60 * minute

let under: TestStore

const load = (resyncMs?: number, model = 'Clock') => {
  const step = { step: 'clock', model, include: [] }
  return under.load(models, [resyncMs === undefined ? step : { ...step, resyncMs }])
}

beforeAll(async () => {
  under = await openTestStore()
})

beforeEach(() => load(hour))

afterEach(async () => {
  await under.clear()
  await load()
})

const records = () => asAdministrator(under.store)

const synced: Outcome = { kind: 'synced' }

/** Asks twice, as a dispatcher that is woken, and reports what comes of it. Answers the ids. */
const run = async (outcome: Outcome = synced, limit = 10_000): Promise<readonly number[]> => {
  const ids: number[] = []
  for (let times = 0; times < 2; times += 1) {
    const work = await under.lease(['Clock'], limit)
    await under.work.report(
      'tester',
      work.map((one) => reportOn(one, outcome)),
    )
    ids.push(...work.map(({ key }) => key.id))
  }
  return ids.toSorted((a, b) => a - b)
}

const createMany = async (count: number): Promise<void> => {
  for (let id = 1; id <= count; id += 1) await records().create('Clock', { name: `clock ${id}` })
}

/** Synced records, without the triggers, which take most of the time. */
const addSynced = (count: number): Promise<void> =>
  under.database.transaction(async (sql) => {
    await sql.query(`set local session_replication_role = replica`)
    await sql.query(
      `insert into record (root, id, leaf, fields, created, updated, enacted, backend_status, backend_code, backend_need_delete)
       select 'Clock', n, 'Clock', '{"name": "c"}', $1::bigint, $1, $1, 'OK', 1, true from generate_series(1, $2::int) n`,
      [under.clock.now() * 1000, count],
    )
    await sql.query(`insert into counter (root, last) values ('Clock', $1)`, [count])
  })

test('each record is synced again once in the time that its step says, spread over it', async () => {
  await createMany(30)
  await run()
  const turns: (readonly number[])[] = []
  for (let time = 0; time < 2 * hour; time += 10 * minute) {
    await under.clock.advance(10 * minute)
    turns.push(await run())
  }

  expect(turns.map((ids) => ids.length)).toEqual(turns.map(() => 5))
  expect(turns.slice(0, 6).flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1)) // prettier-ignore
})

test('a resync is a new version of the record, which its step has not seen', async () => {
  await createMany(1)
  const [first] = await under.lease(['Clock'])
  await under.work.report('tester', [reportOn(first!, synced)])
  await under.clock.advance(hour)
  expect(await under.lease(['Clock'])).toEqual([])
  const [again] = await under.lease(['Clock'])

  expect(again?.operation).toBe('sync')
  expect(again?.change.stamp).toBe(under.clock.now() * 1000)
})

test('what is not synced, or is not to be, has no turn', async () => {
  await createMany(5)
  await records().remove('Clock', 1)
  await run()
  await records().update('Clock', 2, { no_sync: true })
  await records().update('Clock', 3, { lazy_blocked: true })
  await records().update('Clock', 4, { name: 'refused' })
  const [refused] = await under.lease(['Clock'])
  await under.work.report('tester', [reportOn(refused!, { kind: 'failed', text: 'no', retry: false })]) // prettier-ignore
  const resting = await Promise.all([2, 3, 4].map((id) => records().get('Clock', id)))
  await under.clock.advance(hour)

  expect(await run()).toEqual([5])
  for (const record of resting) {
    expect(await records().get('Clock', Number(record['id']))).toEqual(record)
  }
})

test('a step that does not say so is not called again', async () => {
  await createMany(2)
  await run()
  await load()
  await under.clock.advance(2 * hour)

  expect(await run()).toEqual([])
})

test('an idle dispatcher learns when the next turn is', async () => {
  await createMany(4)
  await run()
  const wants = [{ model: 'Clock', limit: 1 }]
  expect(await under.work.lease('tester', wants)).toEqual({ work: [], nextDueMs: 15 * minute })

  await under.clock.advance(15 * minute)
  await under.work.lease('tester', wants)
  expect((await under.work.lease('tester', wants)).work).toHaveLength(1)
})

test('a change is taken in the next lease while ten thousand records are due to be synced again', async () => {
  await addSynced(10_000)
  await under.clock.advance(2 * hour)
  await under.lease(['Clock'], 1)
  await records().update('Clock', 9_999, { name: 'changed' })

  expect((await under.lease(['Clock'], 1)).map(({ key }) => key.id)).toEqual([9_999])
  const [{ count } = { count: 0 }] = await under.database.query<{ count: number }>(
    `select count(*)::int as count from record where leaf = 'Clock' and pending`,
  )
  expect(count).toBe(501)
})

test('a resync ends although people go on writing more than is done', async () => {
  await addSynced(12)
  const resynced = new Set<number>()
  let rounds = 0
  while (resynced.size < 12 && rounds < 200) {
    rounds += 1
    await under.clock.advance(2 * minute)
    for (const name of ['a', 'b', 'c'])
      await records().create('Clock', { name: `${name}${rounds}` })
    for (const id of await run(synced, 1)) if (id <= 12) resynced.add(id)
  }

  expect(resynced.size).toBe(12)
})

test('registering again goes on where the turns were', async () => {
  await createMany(6)
  await run()
  await under.clock.advance(30 * minute)
  expect(await run()).toEqual([1, 2, 3])
  await under.load(models, [])
  await load(hour)
  await under.clock.advance(30 * minute)

  expect(await run()).toEqual([4, 5, 6])
})

test('after a long rest each record has one turn, not several', async () => {
  await createMany(3)
  await run()
  await under.clock.advance(24 * hour)
  expect(await run()).toEqual([1, 2, 3])
  await under.clock.advance(20 * minute)

  expect(await run()).toEqual([1])
})

test('a resync more often than each second is refused', async () => {
  await expect(load(999)).rejects.toThrow(
    'Step clock: expected a resync each second at most, got each 999 ms',
  )
})

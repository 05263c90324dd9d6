import { afterEach, beforeAll, expect, test } from 'vitest'
import {
  administrator,
  asAdministrator,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'

const models = `
option name = "press";
option app_label = "press";

message Sheet (XOSBase) {
  required string name = 1 [tosca_key = True];
}
`

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(models, [{ step: 'sheet', model: 'Sheet', include: [] }])
})

afterEach(() => under.clear())

const records = () => asAdministrator(under.store)
const minute = 60_000

/** Records of a model that failed and are tried again in an hour, without the triggers, which take most of the time. */
const addFailed = (model: string, count: number): Promise<void> =>
  under.database.transaction(async (sql) => {
    await sql.query(`set local session_replication_role = replica`)
    const now = under.clock.now() * 1000
    await sql.query(
      `insert into record (root, id, leaf, fields, created, updated, next_run, attempts, failures, backend_status, backend_code)
       select $1, n, $1, jsonb_build_object('name', 'n' || n), $2::bigint, $2, $2 + 3600000000, 1, 1, 'no', 2
       from generate_series(1, $3::int) n`,
      [model, now, count],
    )
    await sql.query(
      `insert into counter (root, last) values ($1, $2)
       on conflict (root) do update set last = excluded.last`,
      [model, count],
    )
  })

const retryAll = (model: string) => under.core.operations.retry(administrator, model, undefined)

/** The next that are leased, one by one. */
const nextIds = async (count: number): Promise<readonly number[]> => {
  const ids = []
  for (let index = 0; index < count; index += 1) {
    for (const { key } of await under.lease(['Sheet'], 1)) ids.push(key.id)
  }
  return ids
}

test('a change goes before all that a retry of its whole model has made due', async () => {
  await addFailed('Sheet', 1_000)
  expect(await retryAll('Sheet')).toBe(1_000)
  await under.clock.advance(minute)
  await records().update('Sheet', 777, { name: 'changed' })
  const { id: created } = await records().create('Sheet', { name: 'new' })
  await records().remove('Sheet', 555)

  expect(await nextIds(2)).toEqual([777, created])
})

test('what one record is to be retried for, or deleted, goes before them too', async () => {
  await addFailed('Sheet', 100)
  await retryAll('Sheet')
  await under.database.query(`update record set backend_need_delete = true where id = 33`)
  await under.clock.advance(minute)
  await under.core.operations.retry(administrator, 'Sheet', 77)
  await under.clock.advance(1)
  await records().remove('Sheet', 33)

  expect(await nextIds(2)).toEqual([77, 33])
})

test('what is touched without a change comes after changes', async () => {
  await addFailed('Sheet', 2)
  await records().update('Sheet', 1, {})
  await under.clock.advance(minute)
  await records().update('Sheet', 2, { name: 'changed' })

  expect(await nextIds(2)).toEqual([2, 1])
})

test('other work that has waited long goes before changes, so that it ends though people go on writing', async () => {
  await addFailed('Sheet', 50)
  await retryAll('Sheet')
  const done = new Set<number>()
  let rounds = 0
  while (done.size < 50 && rounds < 1_000) {
    rounds += 1
    await under.clock.advance(minute)
    for (const name of ['a', 'b', 'c'])
      await records().create('Sheet', { name: `${name}${rounds}` })
    // Three are written, and two of all are done.
    const work = await under.lease(['Sheet'], 2)
    await under.work.report(
      'tester',
      work.map((one) => reportOn(one, { kind: 'synced' })),
    )
    for (const { key } of work) if (key.id <= 50) done.add(key.id)
  }

  expect(done.size).toBe(50)
  expect(rounds).toBeLessThan(60)
})

test('who is changed again and again keeps its place', async () => {
  await records().create('Sheet', { name: 'first' })
  await under.clock.advance(minute)
  await records().create('Sheet', { name: 'second' })
  await under.clock.advance(minute)
  await records().update('Sheet', 1, { name: 'first, changed' })

  expect(await nextIds(2)).toEqual([1, 2])
})

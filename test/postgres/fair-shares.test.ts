import { afterAll, beforeAll, expect, test } from 'vitest'
import { administrator, asAdministrator, openTestStore, type TestStore } from '../support/store.ts'

const models = `
option name = "press";
option app_label = "press";

message Sheet (XOSBase) {
  required string name = 1 [tosca_key = True];
}
message Plate (XOSBase) {
  required string name = 1 [tosca_key = True];
}
`

const sheets = 100_000

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(models, [
    { step: 'sheet', model: 'Sheet', include: [] },
    { step: 'plate', model: 'Plate', include: [] },
  ])
  await under.database.transaction(async (sql) => {
    // No triggers: they would take most of the time.
    await sql.query(`set local session_replication_role = replica`)
    await sql.query(
      `insert into record (root, id, leaf, fields, created, updated, next_run, attempts, failures, backend_status, backend_code)
       select 'Sheet', n, 'Sheet', jsonb_build_object('name', 'n' || n), $1::bigint, $1, $1 + 3600000000, 1, 1, 'no', 2
       from generate_series(1, $2::int) n`,
      [under.clock.now() * 1000, sheets],
    )
  })
})

afterAll(() => under.core.close())

test('a hundred thousand records of one model that are retried delay no change of it, and no other model', async () => {
  expect(await under.core.operations.retry(administrator, 'Sheet', undefined)).toBe(sheets)
  await under.clock.advance(60_000)
  await asAdministrator(under.store).update('Sheet', 77_777, { name: 'changed' })
  await asAdministrator(under.store).create('Plate', { name: 'plate' })

  const work = await under.lease(['Sheet', 'Plate'], 100)
  expect(work.filter(({ key }) => key.model === 'Sheet')).toHaveLength(100)
  expect(work.map(({ key }) => key)).toContainEqual({ model: 'Sheet', id: 77_777 })
  expect(work.map(({ key }) => key)).toContainEqual({ model: 'Plate', id: 1 })
})

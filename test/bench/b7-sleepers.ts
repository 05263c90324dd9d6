import type { Core, Database } from '#core'
import { realClock } from '../../cli/real-clock.ts'
import { linkedLane } from './forest.ts'
import { withDatabase, withPostgres } from './places.ts'
import { interleaved, printTable, spreadOf } from './statistics.ts'
import { openRegistered, openServerDatabase, recordsIn } from './synchronizer.ts'

const due = 1_000
const leased = 500
const leases = 10

const lane = linkedLane('http://localhost/')

/** Records with which nothing is to be done: every second is synced, the others wait for the one before. */
const addSleepers = (database: Database, count: number): Promise<void> =>
  database.transaction(async (sql) => {
    const [first, last] = [due + 1, due + count]
    // No triggers: they would take most of the time.
    await sql.query(`set local session_replication_role = replica`)
    await sql.query(
      `insert into record (root, id, leaf, fields, created, updated, enacted, next_run, parked,
         backend_status, backend_code, backend_need_delete)
       select 'Item', n, 'Item', jsonb_build_object('name', 'item-' || n, 'note', repeat('x', 240)), $1::bigint, $1,
         case when n % 2 = 0 then $1 end, $1, n % 2 = 1, 'sleeps', 1 - n % 2, true
       from generate_series(${first}, ${last}) n`,
      [realClock.now() * 1000],
    )
    await sql.query(
      `insert into link (source_root, source_id, field, target_root, target_id, many)
       select 'Item', n, 'on', 'Item', n - 1, false from generate_series(${first}, ${last}, 2) n`,
    )
    await sql.query(
      `insert into wait (root, id, on_root, on_id)
       select 'Item', n, 'Item', n - 1 from generate_series(${first}, ${last}, 2) n`,
    )
  })

const openAmong = async (url: string, sleepers: number): Promise<Core> => {
  const database = await openServerDatabase(url)
  const core = await openRegistered(database, [lane])
  await recordsIn(core, database, [lane]).fill(1, due)
  await addSleepers(database, sleepers)
  // As the server does by itself within a minute.
  for (const table of ['record', 'link', 'wait']) await database.query(`analyze ${table}`)
  return core
}

/** Milliseconds, the median of some. */
const millisecondsToLease = async ({ work }: Core): Promise<number> => {
  const times: number[] = []
  for (let lease = 0; lease < leases; lease += 1) {
    const started = performance.now()
    const taken = await work.lease('bench', [{ model: lane.model, limit: leased }])
    times.push(performance.now() - started)
    if (taken.work.length !== leased)
      throw new Error(`Expected ${leased}, got ${taken.work.length}`)
    await work.leave('bench')
  }
  return spreadOf(times).median
}

/** B7: what a lease takes when a thousand records are due, among few others and among many that sleep. */
export const runB7 = (rounds: number, isQuick: boolean): Promise<void> =>
  withPostgres((server) => {
    const many = isQuick ? 100_000 : 1_000_000
    return withDatabase(server.url, (few) =>
      withDatabase(server.url, async (crowded) => {
        const [alone, among] = [await openAmong(few, 0), await openAmong(crowded, many - due)]
        const limit = `of ${due} records`
        const contenders = {
          [limit]: () => millisecondsToLease(alone),
          [`of ${many} records`]: () => millisecondsToLease(among),
        }
        await interleaved(1, contenders)
        const results = await interleaved(rounds, contenders)
        await Promise.all([alone.close(), among.close()])
        printTable(`B7 lease of ${leased} records, ${due} of which are due`, 'ms', limit, results)
      }),
    )
  })

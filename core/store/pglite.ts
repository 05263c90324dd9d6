import { PGlite } from '@electric-sql/pglite'
import type { Database, Sql } from './database.ts'

/** The calls that PGlite itself and its transactions have in common. */
type Queryable = Pick<PGlite, 'query'>

/**
 * After so many written rows the dead ones are cleared away and the planner is told what there is: soon at first,
 * because it plans badly for tables it knows nothing of, and twice as late each time.
 */
const rowsBeforeVacuum = { first: 1_000, last: 32_000 }

/**
 * PostgreSQL in WebAssembly, in this process.
 *
 * @param directory where the data is kept; undefined keeps it in memory. The caller makes sure that no other process
 * uses the folder, and that one whose making was cut short is never opened (see `emulator/data-folder.ts`).
 * @param made what `dumpDataDir` of a PGlite of the same version answered: a new database begins as that one was,
 * which takes a quarter of the time.
 */
export const openPglite = async (directory?: string, made?: Blob): Promise<Database> => {
  const pglite = await PGlite.create({
    ...(directory === undefined ? {} : { dataDir: directory }),
    ...(made === undefined ? {} : { loadDataDir: made }),
    // A commit is on disk before its caller hears of it: the process may be killed at any moment.
    relaxedDurability: false,
  })
  let written = 0
  let rowsBeforeNext = rowsBeforeVacuum.first

  const sqlOf = (queryable: Queryable): Sql => ({
    async query<Row>(text: string, parameters: readonly unknown[] = []) {
      const { rows, affectedRows } = await queryable.query<Row>(text, [...parameters])
      written += affectedRows ?? 0
      return rows
    },
  })

  // PGlite has no process beside it that would do this by itself, and updates leave dead rows behind.
  const vacuum = async (): Promise<void> => {
    const { rows } = await pglite.query<{ names: string | null }>(
      `select string_agg(quote_ident(relname), ', ') as names
       from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'`,
    )
    const names = rows[0]?.names ?? null
    // The tables of the catalog hardly change, and are many.
    if (names !== null) await pglite.query(`vacuum (analyze) ${names}`)
  }

  const vacuumIfDue = (): void => {
    if (written < rowsBeforeNext) return
    written = 0
    rowsBeforeNext = Math.min(rowsBeforeNext * 2, rowsBeforeVacuum.last)
    vacuum().catch(() => {
      // It is only housekeeping: a database in trouble says so at the next statement that matters.
    })
  }

  return {
    ...sqlOf(pglite),
    async transaction(work) {
      const result = await pglite.transaction((transaction) => work(sqlOf(transaction), 1))
      vacuumIfDue()
      return result
    },
    listen: (channel, listener) => pglite.listen(channel, listener),
    exclusive: true,
    close: () => pglite.close(),
  }
}

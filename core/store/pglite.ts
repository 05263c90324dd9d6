import { Mutex, PGlite } from '@electric-sql/pglite'
import type { Database, Sql } from './database.ts'
import { createStatements } from './pglite-statements.ts'
import { isStalePlan } from './postgres-errors.ts'

type Listening = { readonly channel: string; readonly listener: () => void }

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
  const listening = new Set<Listening>()
  const statement = createStatements(pglite, (channel) => {
    for (const one of listening) if (one.channel === channel) queueMicrotask(one.listener)
  })
  const turns = new Mutex()
  let written = 0
  let rowsBeforeNext = rowsBeforeVacuum.first

  const query = async <Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> => {
    const answer = await statement<Row>(text, parameters)
    written += answer.written
    return answer.rows
  }

  // PGlite has no process beside it that would do this by itself: updates leave dead rows behind, and what was logged
  // since the last checkpoint is kept, and read again by a start after a crash.
  const vacuum = async (): Promise<void> => {
    const [tables] = await query<{ names: string | null }>(
      `select string_agg(quote_ident(relname), ', ') as names
       from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'`,
    )
    const names = tables?.names ?? null
    // The tables of the catalog hardly change, and are many.
    if (names !== null) await query(`vacuum (analyze) ${names}`)
    await query('checkpoint')
  }

  // Everybody waits while it reads rows for its statistics: 3 000 of each table tell enough, not 30 000.
  await query('set default_statistics_target = 10')

  const vacuumIfDue = (): void => {
    if (written < rowsBeforeNext) return
    written = 0
    rowsBeforeNext = Math.min(rowsBeforeNext * 2, rowsBeforeVacuum.last)
    turns.runExclusive(vacuum).catch(() => {
      // It is only housekeeping: a database in trouble says so at the next statement that matters.
    })
  }

  const transactionOnce = async <T>(
    work: (sql: Sql, attempt: number) => Promise<T>,
    attempt: number,
  ): Promise<T> => {
    let isOpen = true
    const sql: Sql = {
      async query(text, parameters) {
        if (!isOpen) throw new Error('The transaction has ended')
        return query(text, parameters)
      },
    }
    await query('begin')
    try {
      const result = await work(sql, attempt)
      isOpen = false
      const { command } = await statement('commit', [])
      // The server answers so when a statement failed and the work went on regardless.
      if (command !== 'COMMIT') throw new Error('The transaction was rolled back')
      return result
    } catch (error) {
      if (isOpen) {
        isOpen = false
        await query('rollback')
      }
      throw error
    }
  }

  /** Nobody else's statements come between those of one turn. */
  const inTurn = <T>(once: (attempt: number) => Promise<T>): Promise<T> =>
    turns.runExclusive(async () => {
      try {
        return await once(1)
      } catch (error) {
        if (!isStalePlan(error)) throw error
        return once(2)
      }
    })

  const database: Database = {
    query: (text, parameters) => inTurn(() => query(text, parameters)),
    async transaction(work) {
      const result = await inTurn((attempt) => transactionOnce(work, attempt))
      vacuumIfDue()
      return result
    },
    async listen(channel, listener) {
      const one: Listening = { channel, listener }
      listening.add(one)
      await database.query(`listen ${channel}`)
      return async () => void listening.delete(one)
    },
    exclusive: true,
    close: () => turns.runExclusive(() => pglite.close()),
  }
  return database
}

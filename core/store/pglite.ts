import { PGlite } from '@electric-sql/pglite'
import type { Database, Sql } from './database.ts'

/** The calls that PGlite itself and its transactions have in common. */
type Queryable = Pick<PGlite, 'query'>

const sqlOf = (queryable: Queryable): Sql => ({
  async query<Row>(text: string, parameters: readonly unknown[] = []) {
    const { rows } = await queryable.query<Row>(text, [...parameters])
    return rows
  },
})

/**
 * PostgreSQL in WebAssembly, in this process.
 *
 * @param directory where the data is kept; undefined keeps it in memory. The folder must not be in use by
 * another process: the caller sees to that. A folder that is not there is made; the caller makes sure that a
 * half-made one is never opened (see `openDataFolder` in `cli/`).
 * @param template a data folder as `dumpDataDir` wrote it, to start from instead of an empty one.
 */
export const openPglite = async (directory?: string, template?: Blob): Promise<Database> => {
  const pglite = await PGlite.create({
    ...(directory === undefined ? {} : { dataDir: directory }),
    ...(template === undefined ? {} : { loadDataDir: template }),
    // A commit is on disk before its caller hears of it: the process may be killed at any moment.
    relaxedDurability: false,
  })
  return {
    ...sqlOf(pglite),
    transaction: (work) => pglite.transaction((transaction) => work(sqlOf(transaction))),
    listen: (channel, listener) => pglite.listen(channel, listener),
    exclusive: true,
    close: () => pglite.close(),
  }
}

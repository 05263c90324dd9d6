import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Source } from '#xproto'
import { CoreError } from '../../errors.ts'
import type { Database, Sql } from '../database.ts'
import { backupFormat, backupVersion, lineOf } from './format.ts'
import { backedUpTables, quotedList, readSequences, type Table } from './tables.ts'

/** Rows that are in memory at once. */
const rowsAtOnce = 200

async function* rowsOf(sql: Sql, { sqlName, columns }: Table): AsyncGenerator<string> {
  await sql.query(
    `declare backup_rows no scroll cursor for
     select row_to_json(t)::text as line from (select ${quotedList(columns)} from ${sqlName}) t`,
  )
  for (;;) {
    const rows = await sql.query<{ line: string }>(`fetch ${rowsAtOnce} from backup_rows`)
    for (const { line } of rows) yield `${line}\n`
    if (rows.length < rowsAtOnce) break
  }
  await sql.query(`close backup_rows`)
}

async function* contentOf(sql: Sql, madeAt: string): AsyncGenerator<string> {
  const [state] = await sql.query<{ migration: number; coreModels: readonly Source[] }>(
    `select (select max(step) from migration)::int as migration, core_models as "coreModels"
     from schema_state`,
  )
  if (state === undefined) throw new CoreError('INTERNAL', 'The store has no models')
  yield lineOf({ format: backupFormat, version: backupVersion, madeAt, ...state })
  for (const table of await backedUpTables(sql)) {
    yield lineOf(['table', table.name, table.columns])
    yield* rowsOf(sql, table)
  }
  // Behind the rows: they only grow, so they are beyond whatever the rows hold.
  yield lineOf(['sequences', await readSequences(sql)])
}

async function* sealed(content: AsyncIterable<string>): AsyncGenerator<string> {
  const hash = createHash('sha256')
  let rows = 0
  for await (const line of content) {
    hash.update(line)
    if (line.startsWith('{')) rows += 1
    yield line
  }
  // The header is an object as well.
  yield lineOf(['end', { rows: rows - 1, sha256: hash.digest('hex') }])
}

/**
 * Hands the bytes of a backup to `consume`: all there is, as it was at one moment. It is read while `consume` reads,
 * and on PGlite nobody else can work meanwhile, so it must not wait for a client.
 *
 * @param madeAt ISO 8601
 */
export const dump = async <T>(
  database: Database,
  madeAt: string,
  consume: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> => {
  const names = (await backedUpTables(database)).map(({ sqlName }) => sqlName)
  return database.transaction(async (sql, attempt) => {
    if (attempt > 1) throw new CoreError('UNAVAILABLE', 'The backup was disturbed; try again')
    await sql.query(`set transaction isolation level repeatable read, read only`)
    // A restore empties tables in a way that a snapshot does not see: one has to wait for the other, and nothing may be
    // asked before, because the first question makes the snapshot.
    await sql.query(`lock table ${names.join(', ')} in access share mode`)
    const lines = Readable.from(sealed(contentOf(sql, madeAt)), { objectMode: false })
    return pipeline(lines, createGzip(), consume)
  })
}

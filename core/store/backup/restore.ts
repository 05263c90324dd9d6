import type { Schema, Source } from '#xproto'
import { restartLog } from '../changes/keep.ts'
import type { Sql } from '../database.ts'
import { endLeases } from '../lease.ts'
import { loadSchema } from '../read-schema.ts'
import { lookAgain } from '../services/replace-models.ts'
import { wakeDispatchers } from '../wake.ts'
import { unfit } from './format.ts'
import { backupLines, controlFrom, type Checked } from './read-backup.ts'
import { backedUpTables, fleeting, quotedList, type Table } from './tables.ts'

export type RestoreContext = {
  /** A transaction that has the store to itself. */
  readonly sql: Sql
  readonly coreModels: readonly Source[]
  /** Microseconds since 1970. */
  readonly now: number
}

/** What goes to the database in one statement, in characters and in rows. */
const batchCharacters = 1024 * 1024
const batchRows = 1000

const insert = async (
  sql: Sql,
  { sqlName, columns }: Table,
  rows: readonly string[],
): Promise<void> => {
  if (rows.length === 0) return
  const list = quotedList(columns)
  await sql.query(
    `insert into ${sqlName} (${list}) overriding system value
     select ${list} from jsonb_populate_recordset(null::${sqlName}, $1::jsonb)`,
    [`[${rows.join(',')}]`],
  )
}

/** Whatever happened since the backup was made, a number that was given is not given again. */
const moveSequences = async (sql: Sql, values: Readonly<Record<string, number>>): Promise<void> => {
  await sql.query(
    `select setval(c.oid::regclass, greatest(k.value::bigint, pg_sequence_last_value(c.oid::regclass), 1))
     from jsonb_each_text($1::jsonb) k(name, value)
       join pg_class c on c.relname = k.name and c.relkind = 'S'
         and c.relnamespace = current_schema()::regnamespace`,
    [JSON.stringify(values)],
  )
}

type Counter = { readonly root: string; readonly last: number }

/** As with the sequences: an id names one record for ever. */
const keepCounting = async (sql: Sql, counters: readonly Counter[]): Promise<void> => {
  await sql.query(
    `insert into counter (root, last)
     select root, last from jsonb_to_recordset($1::jsonb) k(root text, last int)
     on conflict (root) do update set last = greatest(counter.last, excluded.last)`,
    [JSON.stringify(counters)],
  )
}

/** Writes the rows of a backup into empty tables. */
const fill = async (
  sql: Sql,
  tables: readonly Table[],
  lines: AsyncIterable<string>,
): Promise<void> => {
  let table: Table | undefined
  let batch: string[] = []
  let characters = 0
  const flush = async (): Promise<void> => {
    if (table !== undefined) await insert(sql, table, batch)
    batch = []
    characters = 0
  }
  for await (const line of lines) {
    if (line.startsWith('{')) {
      // The header, which is the only object before the first table.
      if (table === undefined) continue
      batch.push(line)
      characters += line.length
      if (characters >= batchCharacters || batch.length >= batchRows) await flush()
      continue
    }
    await flush()
    const control = controlFrom(line)
    if (control[0] === 'table') {
      const [, name, columns] = control
      table = tableOf(tables, name, columns)
    } else if (control[0] === 'sequences') await moveSequences(sql, control[1])
  }
}

/** Columns that came later keep their defaults. */
const tableOf = (tables: readonly Table[], name: string, columns: readonly string[]): Table => {
  const own = tables.find((one) => one.name === name)
  if (own === undefined || !columns.every((column) => own.columns.includes(column))) {
    throw unfit(`The backup has a table ${name} that this version of Syncstep does not know`)
  }
  return { ...own, columns }
}

const withoutTriggers = async (
  sql: Sql,
  tables: readonly Table[],
  work: () => Promise<void>,
): Promise<void> => {
  for (const { sqlName } of tables) await sql.query(`alter table ${sqlName} disable trigger user`)
  await work()
  for (const { sqlName } of tables) await sql.query(`alter table ${sqlName} enable trigger user`)
}

const writeCoreModels = async (sql: Sql, coreModels: readonly Source[]): Promise<void> => {
  await sql.query(`update schema_state set core_models = $1::jsonb`, [JSON.stringify(coreModels)])
}

/**
 * Replaces all there is by what a checked backup holds, brings it to the core models of this version, and answers the
 * schema. Clients have to log in again; leases end; the log of changes begins anew. Who wrote what stays known.
 */
export const restore = async (
  { sql, coreModels, now }: RestoreContext,
  { migration, coreModels: former }: Checked,
  bytes: () => AsyncIterable<Uint8Array>,
): Promise<Schema> => {
  const [newest] = await sql.query<{ step: number }>(`select max(step) as step from migration`)
  if (migration > (newest?.step ?? 0)) {
    throw unfit('The backup was made by a newer version of Syncstep')
  }
  const tables = await backedUpTables(sql)
  const counters = await sql.query<Counter>(`select root, last from counter`)
  await sql.query(`truncate ${[...tables.map(({ sqlName }) => sqlName), ...fleeting].join(', ')}`)
  await withoutTriggers(sql, tables, () => fill(sql, tables, backupLines(bytes())))
  await keepCounting(sql, counters)
  await endLeases(sql)

  await writeCoreModels(sql, former)
  const schema = await loadSchema(sql, coreModels, now)
  await writeCoreModels(sql, coreModels)
  await lookAgain(sql)
  await restartLog(sql, now)
  await wakeDispatchers(sql)
  return schema
}

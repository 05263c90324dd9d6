import type { Sql } from '../database.ts'

export type Table = {
  readonly name: string
  /** With its schema, because `record` alone would be a type of PostgreSQL's own. */
  readonly sqlName: string
  readonly columns: readonly string[]
}

/** Empty after a restore: they are about clients and dispatchers of the moment. */
export const fleeting: readonly string[] = ['session', 'dispatcher', 'publisher', 'idempotency']

/** Not of the records but of the database that keeps them: a restore leaves them as they are. */
const resident: ReadonlySet<string> = new Set([
  'migration',
  'schema_state',
  'change',
  'change_log',
  'audit',
  'signing_key',
])

type TableRow = Table & { readonly parents: readonly string[] }

/** Those that others refer to come first. */
const inOrder = (rows: readonly TableRow[]): readonly Table[] => {
  const ordered = new Map<string, Table>()
  const visit = ({ parents, ...table }: TableRow): void => {
    if (ordered.has(table.name)) return
    for (const parent of rows.filter((row) => parents.includes(row.name))) visit(parent)
    ordered.set(table.name, table)
  }
  for (const row of rows) visit(row)
  return [...ordered.values()]
}

/**
 * The tables that a backup holds, with the columns that can be written: all of the store's, but those above. Asked of
 * the database, so that no table is ever forgotten.
 */
export const backedUpTables = async (sql: Sql): Promise<readonly Table[]> => {
  const rows = await sql.query<TableRow>(
    `select c.relname::text as name, format('%I.%I', current_schema(), c.relname) as "sqlName",
            (select json_agg(a.attname order by a.attnum) from pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
            (select coalesce(json_agg(p.relname), '[]') from pg_constraint k join pg_class p on p.oid = k.confrelid
             where k.conrelid = c.oid and k.contype = 'f' and p.oid <> c.oid) as parents
     from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
     order by c.relname`,
  )
  return inOrder(rows.filter(({ name }) => !resident.has(name) && !fleeting.includes(name)))
}

/** Names of columns come from the catalog, and from a backup only when the catalog has them too. */
export const quotedList = (names: readonly string[]): string =>
  names.map((name) => `"${name.replaceAll('"', '""')}"`).join(', ')

/** Where each sequence stands. */
export const readSequences = async (sql: Sql): Promise<Readonly<Record<string, number>>> => {
  const rows = await sql.query<{ name: string; value: number }>(
    `select c.relname::text as name, coalesce(pg_sequence_last_value(c.oid::regclass), 0)::bigint as value
     from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'S'
     order by c.relname`,
  )
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}

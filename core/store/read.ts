import type { Fields } from '#contract'
import type { Field, Model, Schema } from '#xproto'
import { CoreError } from '../errors.ts'
import type { Sql } from './database.ts'
import { keySql } from './keys.ts'
import { quoted } from './parameters.ts'
import { isColumn, isHidden, rowKeyText, wireFields, type RecordRow, type RowKey } from './row.ts'

/** The model of that name; throws NOT_FOUND for a name that is none, or that has no records. */
export const modelNamed = (schema: Schema, name: string): Model => {
  const model = schema.model(name)
  if (model === undefined || model.abstract) {
    throw new CoreError('NOT_FOUND', `There is no model named ${name}`)
  }
  return model
}

export const notFound = (model: string, id: number): CoreError =>
  new CoreError('NOT_FOUND', 'object not found', {
    id: String(id),
    message: `${model} matching query does not exist.`,
  })

const leavesOf = (schema: Schema, model: Model): readonly string[] =>
  schema.descendants(model.name).map(({ name }) => name)

/** A record of the model or of one that derives from it; live, or soft-deleted and not yet gone. */
export const rowOf = async (
  sql: Sql,
  schema: Schema,
  model: Model,
  id: number,
  lock: '' | 'for update' = '',
): Promise<RecordRow> => {
  const [row] = await sql.query<RecordRow>(
    `select * from record where root = $1 and id = $2 and leaf = any($3) ${lock}`,
    [model.root, id, leavesOf(schema, model)],
  )
  if (row === undefined) throw notFound(model.name, id)
  return row
}

/** SQL that compares one field with parameter `$n`. Names come from the schema, values are bound. */
const equals = (schema: Schema, model: Model, field: Field, n: number): string => {
  if (field.kind === 'link' && field.multiplicity === 'manytomany') {
    return `exists (select from link l where l.source_root = r.root and l.source_id = r.id
      and l.field = ${quoted(field.name)} and l.target_id::text = $${n})`
  }
  if (field.name === 'leaf_model_name') return `r.leaf = $${n}`
  if (isColumn(field.name)) return `r.${field.name}::text = $${n}`
  const compared = `r.fields ->> ${quoted(field.wireName)} = $${n}`
  const found = keySql(schema, model, field.wireName, { alias: 'r', value: () => `$${n}` })
  return found === undefined ? compared : `${compared} and ${found}`
}

/** Live records of the model whose fields equal the given ones, by id. */
export const liveRows = async (
  sql: Sql,
  schema: Schema,
  model: Model,
  equal: Fields = {},
): Promise<RecordRow[]> => {
  const parameters: unknown[] = [model.root, leavesOf(schema, model)]
  const conditions = Object.entries(equal).map(([name, value]) => {
    const field = model.fields.find(({ wireName }) => wireName === name)
    if (name !== 'id' && (field === undefined || isHidden(field.name))) {
      throw new CoreError('VALIDATION', `${model.name} has no field ${name}`, {
        [name]: 'unknown field',
      })
    }
    parameters.push(String(value))
    return field === undefined
      ? `r.id::text = $${parameters.length}`
      : equals(schema, model, field, parameters.length)
  })
  return sql.query<RecordRow>(
    `select r.* from record r
     where ${['r.root = $1', 'r.leaf = any($2)', 'not r.deleted', ...conditions].join(' and ')}
     order by r.id`,
    parameters,
  )
}

/** Until the transaction ends, nobody else changes them. */
export const lockRows = async (sql: Sql, rows: readonly RowKey[]): Promise<void> => {
  await sql.query(
    `select from record r join jsonb_to_recordset($1::jsonb) k(root text, id int)
       on r.root = k.root and r.id = k.id
     order by r.root, r.id
     for update of r`,
    [JSON.stringify(rows.map(({ root, id }) => ({ root, id })))],
  )
}

/** Until the transaction ends, whoever else locks the same values waits. */
export const lockValues = async (sql: Sql, model: Model, equal: Fields): Promise<void> => {
  const values = Object.entries(equal).map(([name, value]) => [name, String(value)])
  await sql.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [
    JSON.stringify([model.root, ...values.toSorted()]),
  ])
}

/** A record at the other side of one link of a row. */
type Linked = {
  readonly row_id: number
  readonly field: string
  readonly other_id: number
  /** Null when it is deleted. */
  readonly other_leaf: string | null
}

/** The links of some rows of one root, ascending by the other's id. */
type LinksOfRoot = (sql: Sql, root: string, ids: readonly number[]) => Promise<readonly Linked[]>

// Both ask for the other record by its key, once a link was found: whatever the planner believes about the tables, no
// link costs nothing.

const linksToMany: LinksOfRoot = (sql, root, ids) =>
  sql.query<Linked>(
    `select l.source_id as row_id, l.field, l.target_id as other_id,
            (select t.leaf from record t
             where t.root = l.target_root and t.id = l.target_id and not t.deleted) as other_leaf
     from link l
     where l.source_root = $1 and l.source_id = any($2) and l.many
     order by l.target_id`,
    [root, ids],
  )

const linksFromOthers: LinksOfRoot = (sql, root, ids) =>
  sql.query<Linked>(
    `select l.target_id as row_id, l.field, l.source_id as other_id,
            (select s.leaf from record s
             where s.root = l.source_root and s.id = l.source_id and not s.deleted) as other_leaf
     from link l
     where l.target_root = $1 and l.target_id = any($2)
     order by l.source_id`,
    [root, ids],
  )

/** Calls `found` for each link of the rows whose other record is live. */
const eachLink = async (
  sql: Sql,
  rows: readonly RowKey[],
  linksOf: LinksOfRoot,
  found: (
    row: string,
    field: string,
    other: { readonly leaf: string; readonly id: number },
  ) => void,
): Promise<void> => {
  for (const root of new Set(rows.map((row) => row.root))) {
    const ids = rows.filter((row) => row.root === root).map(({ id }) => id)
    for (const link of await linksOf(sql, root, ids)) {
      if (link.other_leaf === null) continue
      const other = { leaf: link.other_leaf, id: link.other_id }
      found(rowKeyText({ root, id: link.row_id }), link.field, other)
    }
  }
}

type WireRecord = Record<string, unknown>

/** Sets come in ascending order. */
const addId = (wire: WireRecord, name: string, id: number): void => {
  ;(wire[name] as number[]).push(id)
}

/** Rows in wire form with links to many, as a function gets them: reverse sets only travel when declared. */
export const wireWithLinksToMany = async (
  sql: Sql,
  schema: Schema,
  rows: readonly RecordRow[],
): Promise<WireRecord[]> => {
  const modelsOfRows = rows.map((row) => modelNamed(schema, row.leaf))
  return withLinksToMany(sql, rows, modelsOfRows)
}

const manyLinksOf = (model: Model): readonly Field[] =>
  model.fields.filter((field) => field.kind === 'link' && field.multiplicity === 'manytomany')

const withLinksToMany = async (
  sql: Sql,
  rows: readonly RecordRow[],
  models: readonly Model[],
): Promise<WireRecord[]> => {
  const wires = rows.map((row, index) => {
    const model = models[index] as Model
    const wire = wireFields(model, row)
    for (const field of manyLinksOf(model)) wire[field.wireName] = []
    return wire
  })
  const rowsWithMany = rows.filter((_, index) => manyLinksOf(models[index] as Model).length > 0)
  if (rowsWithMany.length === 0) return wires
  const byKey = new Map(rows.map((row, index) => [rowKeyText(row), index]))
  await eachLink(sql, rowsWithMany, linksToMany, (row, name, { id }) => {
    const index = byKey.get(row) as number
    const field = manyLinksOf(models[index] as Model).find((one) => one.name === name)
    if (field !== undefined) addId(wires[index] as WireRecord, field.wireName, id)
  })
  return wires
}

/** Rows read as `model`, in wire form, with links to many and reverse sets. */
export const wireRecords = async (
  sql: Sql,
  schema: Schema,
  model: Model,
  rows: readonly RecordRow[],
): Promise<WireRecord[]> => {
  if (rows.length === 0) return []
  const wires = await withLinksToMany(
    sql,
    rows,
    rows.map(() => model),
  )
  if (model.reverseLinks.length === 0) return wires
  const byKey = new Map<string, WireRecord>()
  for (const [index, row] of rows.entries()) {
    const wire = wires[index] as WireRecord
    byKey.set(rowKeyText(row), wire)
    for (const reverse of model.reverseLinks) wire[reverse.wireName] = []
  }
  await eachLink(sql, rows, linksFromOthers, (row, name, { leaf, id }) => {
    const ancestry = schema.model(leaf)?.ancestry ?? []
    const reverse = model.reverseLinks.find(
      ({ field, source }) => field === name && ancestry.includes(source),
    )
    if (reverse !== undefined) addId(byKey.get(row) as WireRecord, reverse.wireName, id)
  })
  return wires
}

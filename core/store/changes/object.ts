import type { Fields } from '#contract'
import type { Field, LinkField, Model, Schema } from '#xproto'
import type { Sql } from '../database.ts'
import { isHidden, rowKeyText, wireFields, type RecordRow, type RowKey } from '../row.ts'
import type { ChangeKind } from './port.ts'

type ManyRow = RowKey & { readonly field: string; readonly ids: readonly number[] }

export type LinksToMany = (row: RowKey, field: LinkField) => readonly number[]

const isMany = (field: Field): field is LinkField =>
  field.kind === 'link' && field.multiplicity === 'manytomany'

const hasMany = (schema: Schema, leaf: string): boolean =>
  schema.model(leaf)?.fields.some(isMany) === true

/** Links to many of the rows as they are now, live targets only. */
export const readLinksToMany = async (
  sql: Sql,
  schema: Schema,
  rows: readonly RecordRow[],
): Promise<LinksToMany> => {
  const keys = rows
    .filter(({ leaf }) => hasMany(schema, leaf))
    .map(({ root, id }) => ({ root, id }))
  if (keys.length === 0) return () => []
  const found = await sql.query<ManyRow>(
    `select k.root, k.id, l.field, array_agg(t.id order by t.id) as ids
     from (select distinct root, id from jsonb_to_recordset($1::jsonb) k(root text, id int)) k
       join link l on l.source_root = k.root and l.source_id = k.id and l.many
       join record t on t.root = l.target_root and t.id = l.target_id and not t.deleted
     group by k.root, k.id, l.field`,
    [JSON.stringify(keys)],
  )
  const idsOf = new Map(found.map((row) => [`${rowKeyText(row)} ${row.field}`, row.ids]))
  return (row, { name }) => idsOf.get(`${rowKeyText(row)} ${name}`) ?? []
}

const shown = (model: Model): readonly Field[] => model.fields.filter(({ name }) => !isHidden(name))

/** The row in wire form, with null for what is null. Of a model that is gone, what is known without it. */
export const objectOf = (model: Model | undefined, row: RecordRow, many: LinksToMany): Fields => {
  if (model === undefined) {
    const { id, leaf, deleted, fields } = row
    const known = Object.entries(fields).filter(([name]) => !isHidden(name))
    return { ...Object.fromEntries(known), id, deleted, leaf_model_name: leaf, class_names: leaf }
  }
  const object: Record<string, unknown> = {}
  for (const field of shown(model)) object[field.wireName] = isMany(field) ? many(row, field) : null
  return Object.assign(object, wireFields(model, row))
}

/** Names of the fields that a change is about; `noted` are columns, keys of the row's fields, and links to many. */
export const changedFieldsOf = (
  model: Model | undefined,
  kind: ChangeKind,
  noted: readonly string[],
): readonly string[] => {
  if (model === undefined) return noted
  if (kind === 'created' || kind === 'purged')
    return ['id', ...shown(model).map(({ name }) => name)]
  const names = new Map(model.fields.map(({ name, wireName }) => [wireName, name]))
  return noted.map((name) => names.get(name) ?? name)
}

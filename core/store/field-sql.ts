import type { Field, Model } from '#xproto'
import { quoted } from './parameters.ts'
import { isColumn, isTimeColumn } from './row.ts'

/**
 * How SQL reads one scalar field, link to one, or the id of a record. Nothing of it can fail, whatever a row holds: the
 * database may look at rows of other models before it sees that they are others.
 */
export type FieldSql = {
  readonly kind: 'text' | 'number' | 'boolean' | 'time'
  /** As jsonb, a time in seconds; null when the field is. */
  readonly json: string
  readonly text: string
  /** The column itself, for the fields that are columns, a time in microseconds. */
  readonly column: string | undefined
}

const columnSql = (alias: string, name: string, kind: FieldSql['kind']): FieldSql => {
  const column = `${alias}.${name}`
  const shown = kind === 'time' ? `(${column} / 1e6)` : column
  return { kind, json: `to_jsonb(${shown})`, text: `${shown}::text`, column }
}

/** An id; also one that the table `link` has in another column. */
export const idSql = (alias: string, name = 'id'): FieldSql => columnSql(alias, name, 'number')

const kindOf = (field: Field): FieldSql['kind'] => {
  if (field.kind === 'link') return 'number'
  if (isTimeColumn(field.name)) return 'time'
  if (field.type === 'string' && field.format !== 'date') return 'text'
  return field.type === 'bool' ? 'boolean' : 'number'
}

export const fieldSql = (alias: string, field: Field): FieldSql => {
  const kind = kindOf(field)
  if (field.name === 'leaf_model_name') return columnSql(alias, 'leaf', 'text')
  if (isColumn(field.name)) return columnSql(alias, field.name, kind)
  const json = `(${alias}.fields -> ${quoted(field.wireName)})`
  const text = `(${alias}.fields ->> ${quoted(field.wireName)})`
  return { kind, json, text, column: undefined }
}

/** `{"id", "owner_id", "name", ...}`: the field of a model by name or wire name, links to many left out. */
export const fieldNamed = (model: Model, name: string): Field | undefined =>
  model.fields.find((field) => field.name === name || field.wireName === name)

import type { Fields } from '#contract'
import type { Field, LinkField, Model } from '#xproto'
import { CoreError } from '../../errors.ts'
import type { SaveOptions } from '../port.ts'
import { coreOwned, microsecondsOf, type RecordRow } from '../row.ts'
import { normalized } from '../validate.ts'
import type { Values } from './draft.ts'

export const isMany = (field: Field): field is LinkField =>
  field.kind === 'link' && field.multiplicity === 'manytomany'

/** What a whole record that is put back may name besides its fields. */
const isIgnored = (model: Model, name: string): boolean =>
  name === 'id' ||
  name === 'class_names' ||
  name === 'self_content_type_id' ||
  coreOwned.has(name) ||
  model.reverseLinks.some(({ wireName }) => wireName === name)

/**
 * What the writer gives, by the fields of the model. What the core alone writes is left out. Throws VALIDATION for a
 * name that is no field.
 */
export const givenValues = (model: Model, fields: Fields): Values => {
  const values: Values = new Map()
  const unknown: string[] = []
  for (const [name, value] of Object.entries(fields)) {
    if (isIgnored(model, name)) continue
    const field = model.fields.find(({ wireName }) => wireName === name)
    if (field === undefined) unknown.push(name)
    else values.set(field, normalized(field, value))
  }
  if (unknown.length > 0) {
    throw new CoreError(
      'VALIDATION',
      `${model.name} has no field ${unknown.join(', ')}`,
      Object.fromEntries(unknown.map((name) => [name, 'unknown field'])),
    )
  }
  return values
}

/** The fields that `update_fields` names, as `owner_id` or `owner`. Throws INVALID_FIELD for a name that is none. */
const namedFields = (model: Model, names: readonly string[]): ReadonlySet<Field> => {
  const found = names.map((name) => ({
    name,
    field: model.fields.find((field) => field.wireName === name || field.name === name),
  }))
  const unknown = found.filter(({ field }) => field === undefined).map(({ name }) => `"${name}"`)
  if (unknown.length > 0) {
    throw new CoreError(
      'INVALID_FIELD',
      `The following fields of update_fields do not exist in ${model.name}: ${unknown.join(', ')}`,
    )
  }
  return new Set(found.flatMap(({ field }) => field ?? []))
}

/** What a record says about its end, once true. */
const promises: ReadonlySet<string> = new Set([
  'backend_need_delete',
  'backend_need_reap',
  'backend_need_delete_policy',
])

/**
 * A whole record that is put back may have been read a while ago: it must not undo what a synchronizer has reached
 * since, above all not that a sync was attempted. Who names the field, or clears it, means it.
 */
const isOutdated = ({ name }: Field, value: unknown, row: RecordRow): boolean => {
  if (name === 'enacted' || name === 'policed') {
    return typeof value === 'number' && microsecondsOf(value) < (row[name] ?? 0)
  }
  return promises.has(name) && value === false
}

/**
 * A synchronizer that stops the sync of a record says by the same save whether there is still something to delete:
 * where it is gone from the backend already, it takes the delete step back, and names no fields.
 */
const stopsSync = (given: Values, row: RecordRow, callerKind: string | undefined): boolean =>
  callerKind === 'synchronizer' &&
  !row.no_sync &&
  [...given].some(([{ name }, value]) => name === 'no_sync' && value === true)

export type Wanted = {
  /** What is to be written, by the fields of the model that was asked. */
  readonly given: Values
  /** What `update_fields` names; undefined when there is none, and everything given is written. */
  readonly named: ReadonlySet<Field> | undefined
}

/** What an update is to write of what it gives (reference core-api.md 1.8). */
export const wantedValues = (
  model: Model,
  fields: Fields,
  row: RecordRow,
  { updateFields, callerKind }: SaveOptions,
): Wanted => {
  const given = givenValues(model, fields)
  if (updateFields === undefined) {
    const isMeant = stopsSync(given, row, callerKind)
    const current = [...given].filter(
      ([field, value]) =>
        !isOutdated(field, value, row) || (isMeant && field.name === 'backend_need_delete'),
    )
    return { given: new Map(current), named: undefined }
  }
  const named = namedFields(model, updateFields)
  const wanted: Values = new Map([...given].filter(([field]) => named.has(field)))
  // On the wire a list that is empty cannot be told from one that is absent: naming it clears it.
  for (const field of named) if (isMany(field) && !wanted.has(field)) wanted.set(field, [])
  return { given: wanted, named }
}

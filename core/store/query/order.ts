import type { Field, Model } from '#xproto'
import { CoreError } from '../../errors.ts'
import { fieldNamed, fieldSql, type FieldSql } from '../field-sql.ts'
import type { Parameters } from '../parameters.ts'
import { isColumn, isHidden, type RecordRow } from '../row.ts'
import { badName } from './path.ts'

/** One field to order by. Null comes last, and first when descending, as in PostgreSQL. */
type Key = {
  readonly name: string
  readonly field: Field
  readonly descending: boolean
}

/** The order of an answer; the id decides last. */
export type Order = {
  readonly keys: readonly Key[]
  readonly idDescending: boolean
  /** As it was asked for: a place in one order is none in another. */
  readonly text: string
}

/** The place of a record in an order: the values it is ordered by. */
export type Place = { readonly values: readonly unknown[]; readonly id: number }

const maxKeys = 8

const keyOf = (model: Model, written: string): Key => {
  const descending = written.startsWith('-')
  const name = descending ? written.slice(1) : written
  const field = fieldNamed(model, name)
  const isMany = field?.kind === 'link' && field.multiplicity === 'manytomany'
  if (field !== undefined && !isMany && !isHidden(field.name)) return { name, field, descending }
  throw badName(name, `${model.name} has no field ${name.slice(0, 60)} to order by`)
}

/** Reads `['-name', 'id']`. What stands behind `id` decides nothing. Throws INVALID_FIELD. */
export const readOrder = (model: Model, names: readonly string[]): Order => {
  if (names.length > maxKeys) {
    throw badName('order', `Expected at most ${maxKeys} fields to order by, got ${names.length}`)
  }
  const end = names.findIndex((name) => /^-?(id|pk)$/.test(name))
  const keys = names.slice(0, end < 0 ? names.length : end).map((name) => keyOf(model, name))
  const idDescending = end >= 0 && names[end]?.startsWith('-') === true
  return { keys, idDescending, text: names.join(',') }
}

/** Texts are ordered by their beginnings, so that a place stays short. In characters. */
const maxOrdered = 256

/** The value of a row, as SQL orders by it. */
const orderedSql = (end: FieldSql): string => {
  if (end.kind === 'text') return `left(${end.column ?? end.text}, ${maxOrdered}) collate "C"`
  return end.column ?? end.json
}

const boundSql = (end: FieldSql, parameters: Parameters, value: unknown): string => {
  if (end.kind === 'text') return `${parameters.bind(value)}::text collate "C"`
  if (end.column === undefined) return `${parameters.bind(JSON.stringify(value))}::jsonb`
  return `${parameters.bind(value)}::${end.kind === 'boolean' ? 'boolean' : 'bigint'}`
}

const direction = (descending: boolean): string => (descending ? 'desc' : 'asc')

export const orderBySql = ({ keys, idDescending }: Order): string =>
  [
    ...keys.map(
      ({ field, descending }) =>
        `${orderedSql(fieldSql('r', field))} ${direction(descending)} nulls ${descending ? 'first' : 'last'}`,
    ),
    `r.id ${direction(idDescending)}`,
  ].join(', ')

const valueOf = (row: RecordRow, field: Field): unknown => {
  if (field.name === 'leaf_model_name') return row.leaf
  const value = isColumn(field.name) ? row[field.name] : row.fields[field.wireName]
  if (typeof value !== 'string') return value ?? null
  return value.length <= maxOrdered ? value : Array.from(value).slice(0, maxOrdered).join('')
}

export const placeOf = ({ keys }: Order, row: RecordRow): Place => ({
  id: row.id,
  values: keys.map(({ field }) => valueOf(row, field)),
})

/** The rows behind a place. */
export const behindSql = (order: Order, place: Place, parameters: Parameters): string => {
  const tail = `r.id ${order.idDescending ? '<' : '>'} ${parameters.bind(place.id)}::integer`
  return order.keys.reduceRight((rest, { field, descending }, index) => {
    const end = fieldSql('r', field)
    const ordered = orderedSql(end)
    const value = place.values[index]
    if (value === null) {
      const others = descending ? `${ordered} is not null or ` : ''
      return `(${others}(${ordered} is null and ${rest}))`
    }
    const bound = boundSql(end, parameters, value)
    const nulls = descending ? '' : `${ordered} is null or `
    const beyond = `${ordered} ${descending ? '<' : '>'} ${bound}`
    return `(${nulls}${beyond} or (${ordered} = ${bound} and ${rest}))`
  }, tail)
}

/** A place as text that travels through clients. */
export const cursorOf = (model: Model, order: Order, { values, id }: Place): string =>
  Buffer.from(JSON.stringify([model.name, order.text, id, ...values])).toString('base64url')

const maxCursorLength = 32_768

const refused = (): CoreError =>
  new CoreError(
    'INVALID_FIELD',
    'Expected in after what the page before answered as next, for the same model and order',
    { after: 'no place in this list' },
  )

const parsed = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

const fits = ({ kind, column }: FieldSql, value: unknown): boolean => {
  if (value === null) return true
  if (kind === 'text') {
    return typeof value === 'string' && !value.includes('\0') && !/\p{Surrogate}/u.test(value)
  }
  if (kind === 'boolean') return typeof value === 'boolean'
  return typeof value === 'number' && (column === undefined || Number.isSafeInteger(value))
}

/** Reads what {@link cursorOf} wrote; throws INVALID_FIELD for anything else. */
export const readCursor = (model: Model, order: Order, cursor: string): Place => {
  const content = cursor.length > maxCursorLength ? undefined : parsed(cursor)
  if (!Array.isArray(content)) throw refused()
  const [name, text, id, ...values] = content as readonly unknown[]
  const isId = typeof id === 'number' && Number.isInteger(id) && Math.abs(id) < 2 ** 31
  const isPlace =
    name === model.name &&
    text === order.text &&
    values.length === order.keys.length &&
    order.keys.every(({ field }, index) => fits(fieldSql('r', field), values[index]))
  if (!isId || !isPlace) throw refused()
  return { id, values }
}

import type { Fields } from '#contract'

const root = '/xosapi/v1/records'

const isLinked = (value: unknown): value is { readonly id: unknown } =>
  typeof value === 'object' && value !== null && 'id' in value

/** A field by its name on the wire: a record stands for the link that leads to it, records for a link to many. */
const wireEntry = ([name, value]: readonly [string, unknown]): readonly [string, unknown] => {
  if (isLinked(value)) return [`${name}_id`, value.id]
  const isMany = Array.isArray(value) && value.length > 0 && value.every(isLinked)
  return isMany ? [`${name}_ids`, value.map(({ id }) => id)] : [name, value]
}

/** Values as the REST face takes them; what is undefined is left out. */
export const wireValues = (values: Fields): Fields =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(wireEntry),
  )

/** Names that mean something else in the query of a list. */
const parameters: ReadonlySet<string> = new Set(['state', 'order', 'limit', 'after'])

const textOf = (name: string, value: unknown): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new TypeError(`Expected ${name} to be filtered by a text, a number, true, false or null`)
}

const filterEntry = ([name, value]: readonly [string, unknown]): [string, string] => {
  if (value === null) return [`${name}__isnull`, 'true']
  return [parameters.has(name) ? `${name}__exact` : name, textOf(name, value)]
}

export type ListQuestion = {
  readonly where: Fields
  readonly order?: string | undefined
  readonly limit: number
  readonly after?: string | undefined
}

/** Where a page of records is. Throws TypeError for a value that no record is found by. */
export const listPath = (model: string, { where, order, limit, after }: ListQuestion): string => {
  const query = new URLSearchParams(Object.entries(wireValues(where)).map(filterEntry))
  query.set('limit', String(limit))
  if (order !== undefined) query.set('order', order)
  if (after !== undefined) query.set('after', after)
  return `${root}/${encodeURIComponent(model)}?${query.toString()}`
}

export const recordPath = (model: string, id: number): string =>
  `${root}/${encodeURIComponent(model)}/${encodeURIComponent(id)}`

export const transactionPath = '/xosapi/v1/transaction'

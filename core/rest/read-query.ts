import { CoreError } from '../errors.ts'
import type { Query, QueryElement, QueryKind } from '../store/port.ts'

/** What a list is asked for with. */
export type ListQuery = {
  readonly query: Query
  /** Undefined for the whole list at once. */
  readonly page: { readonly limit: number; readonly after: string | undefined } | undefined
}

type Parameters = Readonly<Record<string, string | readonly string[]>>

/** The most records of one page. */
export const largestPage = 1000

/** As cordctl names them. */
const kinds: ReadonlyMap<string, QueryKind> = new Map([
  ['default', 'DEFAULT'],
  ['dirty', 'SYNCHRONIZER_DIRTY_OBJECTS'],
  ['deleted', 'SYNCHRONIZER_DELETED_OBJECTS'],
  ['dirtypol', 'SYNCHRONIZER_DIRTY_POLICIES'],
  ['deletedpol', 'SYNCHRONIZER_DELETED_POLICIES'],
])

export const stateNames: readonly string[] = [...kinds.keys()]

/** Parameters that filter nothing. A field of such a name is filtered as `limit__exact`. */
const controls = ['state', 'order', 'limit', 'after'] as const

const invalid = (name: string, expected: string, value: string): CoreError =>
  new CoreError('INVALID_FIELD', `Expected ${name} to be ${expected}, got ${value.slice(0, 100)}`, {
    [name]: `expected ${expected}`,
  })

const once = (parameters: Parameters, name: (typeof controls)[number]): string | undefined => {
  const value = parameters[name]
  if (value === undefined || typeof value === 'string') return value
  throw invalid(name, 'given once', value.join(' and '))
}

const limitOf = (text: string): number => {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= largestPage) return limit
  throw invalid('limit', `a whole number from 1 to ${largestPage}`, text)
}

const pageOf = (parameters: Parameters): ListQuery['page'] => {
  const limit = once(parameters, 'limit')
  const after = once(parameters, 'after')
  if (limit !== undefined) return { limit: limitOf(limit), after }
  if (after === undefined) return undefined
  throw invalid('after', 'given together with limit', after)
}

const kindOf = (state: string): QueryKind => {
  const kind = kinds.get(state)
  if (kind !== undefined) return kind
  throw invalid('state', `one of ${stateNames.join(', ')}`, state)
}

/** `name=x`, and `name!=x` for all others. */
const elementsOf = (name: string, values: string | readonly string[]): QueryElement[] => {
  const invert = name.endsWith('!')
  return [values].flat().map((value) => ({
    operator: 'EQUAL',
    invert,
    name: invert ? name.slice(0, -1) : name,
    value,
  }))
}

/**
 * The question in a query string: `name=x`, `name!=x`, `size__gt=3`, `owner__name=y`, all of which must hold;
 * `order=-name,id`, `limit`, `after` and `state`. A name that is no field is refused by the store: a typing mistake in
 * a filter must not answer all records. Throws INVALID_FIELD.
 */
export const readListQuery = (parameters: Parameters): ListQuery => {
  const filters = Object.entries(parameters).filter(
    ([name]) => !(controls as readonly string[]).includes(name),
  )
  const order = once(parameters, 'order')
  return {
    query: {
      kind: kindOf(once(parameters, 'state') ?? 'default'),
      elements: filters.flatMap(([name, values]) => elementsOf(name, values)),
      ...(order === undefined ? {} : { order: order.split(',') }),
    },
    page: pageOf(parameters),
  }
}

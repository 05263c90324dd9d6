import type { Model, Schema } from '#xproto'
import { CoreError } from '../../errors.ts'
import type { QueryElement, QueryOperator } from '../port.ts'
import { badName, readPath, type Lookup } from './path.ts'
import type { Element } from './where.ts'

const maxElements = 100
/** Each costs a look at every record or link of a model. */
const maxPatterns = 10
const maxLinks = 50

const lookupOf: Readonly<Record<QueryOperator, Lookup>> = {
  EQUAL: 'exact',
  GREATER_THAN: 'gt',
  LESS_THAN: 'lt',
  GREATER_THAN_OR_EQUAL: 'gte',
  LESS_THAN_OR_EQUAL: 'lte',
  IEXACT: 'iexact',
  CONTAINS: 'contains',
  ICONTAINS: 'icontains',
  REGEX: 'regex',
  IREGEX: 'iregex',
}

const elementOf = (schema: Schema, model: Model, element: QueryElement): Element => {
  const { name, operator, invert, value } = element
  const path = readPath(schema, model, name)
  if (path.lookup !== undefined && operator !== 'EQUAL') {
    throw badName(
      name,
      `${name}: expected ${operator} or the lookup ${path.lookup}, got both; use EQUAL with a lookup`,
    )
  }
  return { invert, test: { name, path, lookup: path.lookup ?? lookupOf[operator], value } }
}

const requireAtMost = (most: number, count: number, what: string): void => {
  if (count <= most) return
  throw new CoreError('INVALID_FIELD', `Expected at most ${most} ${what} in a query, got ${count}`)
}

/** Understands the elements of a query; throws INVALID_FIELD for names that lead nowhere, and for too many. */
export const elementsOf = (
  schema: Schema,
  model: Model,
  asked: readonly QueryElement[],
): readonly Element[] => {
  requireAtMost(maxElements, asked.length, 'elements')
  const elements = asked.map((element) => elementOf(schema, model, element))
  const lookups = elements.map(({ test }) => test.lookup)
  const patterns = lookups.filter((lookup) => lookup === 'regex' || lookup === 'iregex')
  requireAtMost(maxPatterns, patterns.length, 'regular expressions')
  const links = elements.flatMap(({ test }) => test.path.hops)
  requireAtMost(maxLinks, links.length, 'links')
  return elements
}

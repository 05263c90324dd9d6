import type { Model, Schema } from '#xproto'
import { CoreError } from '../../errors.ts'
import type { QueryElement, QueryOperator } from '../port.ts'
import { badName, readPath, type Lookup } from './path.ts'
import type { Element } from './where.ts'

const maxElements = 100

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

/** Understands the elements of a query; throws INVALID_FIELD for names that lead nowhere. */
export const elementsOf = (
  schema: Schema,
  model: Model,
  elements: readonly QueryElement[],
): readonly Element[] => {
  if (elements.length > maxElements) {
    throw new CoreError(
      'INVALID_FIELD',
      `Expected at most ${maxElements} elements in a query, got ${elements.length}`,
    )
  }
  return elements.map((element) => elementOf(schema, model, element))
}

import type { LinkField, Schema } from '#xproto'
import { fieldSql, idSql, type FieldSql } from '../field-sql.ts'
import { keySql } from '../keys.ts'
import { quoted, type Parameters } from '../parameters.ts'
import { modelNamed } from '../read.ts'
import type { Lookup, Path } from './path.ts'
import { badValue, booleanValue, comparable, listedValues, textValue } from './value.ts'

/** What has to hold at the end of a path. */
export type Test = {
  /** As the client calls it. */
  readonly name: string
  readonly path: Path
  readonly lookup: Lookup
  readonly value: string | number
}

export type ConditionContext = {
  readonly schema: Schema
  readonly parameters: Parameters
  /** Only live records are asked for: those have keys to be found by. */
  readonly live: boolean
}

const orders = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

export const endSql = (alias: string, { field }: Pick<Path, 'field'>): FieldSql =>
  field === undefined ? idSql(alias) : fieldSql(alias, field)

/** Both sides of a comparison, of one type. */
const sidesOf = (parameters: Parameters, name: string, end: FieldSql, value: string | number) => {
  const bound = comparable(name, end, value)
  if (end.kind === 'text') {
    const collated = 'collate "C"'
    return {
      left: `${end.column ?? end.text} ${collated}`,
      right: `${parameters.bind(bound)}::text ${collated}`,
    }
  }
  if (end.column === undefined) {
    return { left: end.json, right: `${parameters.bind(JSON.stringify(bound))}::jsonb` }
  }
  const type = end.kind === 'boolean' ? 'boolean' : 'bigint'
  return { left: end.column, right: `${parameters.bind(bound)}::${type}` }
}

const equalSql = (parameters: Parameters, name: string, end: FieldSql, value: string | number) => {
  const { left, right } = sidesOf(parameters, name, end, value)
  return `${left} = ${right}`
}

/** The records that link to the one with an id. The table `link` has an index, the fields have none. */
const linkedSql = (
  { schema, parameters }: ConditionContext,
  alias: string,
  { path: { model }, name, value }: Test,
  field: LinkField,
): string => {
  const id = comparable(name, idSql(alias), value)
  return `${alias}.id in (select l.source_id from link l
    where l.source_root = ${quoted(model.root)} and l.field = ${quoted(field.name)}
      and l.target_root = ${quoted(modelNamed(schema, field.target).root)}
      and l.target_id = ${parameters.bind(id)}::bigint)`
}

const exactSql = (context: ConditionContext, alias: string, test: Test): string => {
  const { schema, parameters, live } = context
  const { field, model } = test.path
  if (field?.kind === 'link') return linkedSql(context, alias, test, field)
  const end = endSql(alias, test.path)
  const compared = equalSql(parameters, test.name, end, test.value)
  const isText = end.kind === 'text' && field !== undefined
  if (!live || !isText) return compared
  const value = (): string => parameters.bind(textValue(test.name, test.value))
  const found = keySql(schema, model, field.wireName, { alias, value })
  return found === undefined ? compared : `${compared} and ${found}`
}

/** Comparisons of texts, with the places of the field and of the value. */
const textSql = {
  contains: (text, part) => `strpos(${text}, ${part}) > 0`,
  startswith: (text, part) => `starts_with(${text}, ${part})`,
  endswith: (text, part) => `right(${text}, length(${part})) = ${part}`,
  exact: (text, part) => `${text} = ${part}`,
} as const satisfies Readonly<Record<string, (text: string, part: string) => string>>

const textTestSql = (
  { parameters }: ConditionContext,
  alias: string,
  { path, name, value }: Test,
  compare: keyof typeof textSql,
  ignoreCase: boolean,
): string => {
  const end = endSql(alias, path)
  if (end.kind === 'time') {
    throw badValue(name, 'a time is compared with seconds since 1970: exact, gt, gte, lt, lte')
  }
  const part = `${parameters.bind(textValue(name, value))}::text`
  return ignoreCase
    ? textSql[compare](`upper(${end.text})`, `upper(${part})`)
    : textSql[compare](end.text, part)
}

/** A test of a field of the row itself in SQL; null counts as false. Regular expressions are the caller's. */
export const conditionSql = (context: ConditionContext, alias: string, test: Test): string => {
  const { parameters } = context
  const { name, value, path } = test
  const text = (compare: keyof typeof textSql, ignoreCase: boolean): string =>
    textTestSql(context, alias, test, compare, ignoreCase)
  switch (test.lookup) {
    case 'exact':
      return exactSql(context, alias, test)
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const { left, right } = sidesOf(parameters, name, endSql(alias, path), value)
      return `${left} ${orders[test.lookup]} ${right}`
    }
    case 'in': {
      const end = endSql(alias, path)
      const parts = listedValues(name, value).map((part) => equalSql(parameters, name, end, part))
      return `(${parts.join(' or ')})`
    }
    case 'iexact':
      return text('exact', true)
    case 'contains':
      return text('contains', false)
    case 'icontains':
      return text('contains', true)
    case 'startswith':
      return text('startswith', false)
    case 'istartswith':
      return text('startswith', true)
    case 'endswith':
      return text('endswith', false)
    case 'iendswith':
      return text('endswith', true)
    case 'regex':
    case 'iregex':
      throw new TypeError('The database is not asked about regular expressions')
    case 'isnull': {
      const isNull = booleanValue(name, value)
      return `${endSql(alias, path).text} is ${isNull ? '' : 'not '}null`
    }
  }
}

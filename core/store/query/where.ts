import type { Model, Schema } from '#xproto'
import type { Access } from '../access-port.ts'
import type { Sql } from '../database.ts'
import { createParameters, quoted, type Parameters } from '../parameters.ts'
import { conditionSql, type Test } from './condition.ts'
import type { Hop } from './path.ts'
import { matchingIds } from './regex.ts'
import { booleanValue } from './value.ts'

/** A test, or that it must not hold. */
export type Element = { readonly test: Test; readonly invert: boolean }

/** SQL about one row; null counts as false. */
export type Condition = (alias: string, parameters: Parameters) => string

/** What reading needs. */
export type Reading = {
  readonly sql: Sql
  readonly schema: Schema
  readonly access: Pick<Access, 'readRule' | 'readRuleInSql'>
}

export type WhereContext = Reading & {
  /** Only live records are asked for, and looked at on the way. */
  readonly live: boolean
}

/** Tests that begin with the same links ask for one record that passes them all, as Django has it. */
type Branch = {
  readonly tests: Test[]
  readonly below: Map<string, { readonly hop: Hop; readonly branch: Branch }>
}

const newBranch = (): Branch => ({ tests: [], below: new Map() })

const add = (root: Branch, test: Test): Branch => {
  let branch = root
  for (const hop of test.path.hops) {
    const next = branch.below.get(hop.name) ?? { hop, branch: newBranch() }
    branch.below.set(hop.name, next)
    branch = next.branch
  }
  branch.tests.push(test)
  return root
}

export const allSql = (
  conditions: readonly Condition[],
  alias: string,
  parameters: Parameters,
): string => conditions.map((condition) => `(${condition(alias, parameters)})`).join(' and ')

const amongIds =
  (ids: readonly number[]): Condition =>
  (alias, parameters) =>
    `${alias}.id in (select unnest(${parameters.bind(ids)}::integer[]))`

const notAmongIds =
  (ids: readonly number[]): Condition =>
  (alias, parameters) =>
    `not exists (select from unnest(${parameters.bind(ids)}::integer[]) u(id) where u.id = ${alias}.id)`

const negated =
  (condition: Condition): Condition =>
  (alias, parameters) =>
    `not coalesce(${condition(alias, parameters)}, false)`

/** Records of the model for which all conditions hold, as far as they may be read. */
const idsWhere = async (
  { sql, schema, access, live }: WhereContext,
  model: Model,
  conditions: readonly Condition[],
): Promise<readonly number[]> => {
  const rule = await access.readRuleInSql(model)
  const parameters = createParameters()
  const leaves = schema.descendants(model.name).map(({ name }) => name)
  const all: readonly Condition[] = [
    (alias) => `${alias}.root = ${quoted(model.root)}`,
    (alias) => `${alias}.leaf = any(${parameters.bind(leaves)}::text[])`,
    // A live record links to live ones; what is being deleted may still link to what is.
    ...(live ? [(alias: string) => `not ${alias}.deleted`] : []),
    (alias) => rule.sql(alias, parameters),
    ...conditions,
  ]
  const rows = await sql.query<{ id: number }>(
    `select r.id from record r where ${allSql(all, 'r', parameters)}`,
    parameters.values,
  )
  return rows.map(({ id }) => id)
}

/** Records of the model from which a link leads to one of the others. */
const idsLinkedTo = async (
  { sql }: WhereContext,
  model: Model,
  hop: Hop,
  others: readonly number[],
): Promise<readonly number[]> => {
  if (others.length === 0) return []
  const [near, far] = hop.reverse ? ['target', 'source'] : ['source', 'target']
  const rows = await sql.query<{ id: number }>(
    `select distinct l.${near}_id as id from link l
     where l.${near}_root = $1 and l.${far}_root = $2 and l.field = $3
       and l.${far}_id in (select unnest($4::integer[]))`,
    [model.root, hop.model.root, hop.field, others],
  )
  return rows.map(({ id }) => id)
}

const testCondition = async (context: WhereContext, test: Test): Promise<Condition> => {
  if (test.lookup === 'regex' || test.lookup === 'iregex') {
    return amongIds(await matchingIds(context.sql, context.schema, test))
  }
  return (alias, parameters) => conditionSql({ ...context, parameters }, alias, test)
}

/**
 * What a branch asks of a record. Paths are walked from their ends, with one statement for each link, so that the cost
 * grows with the number of records and links, and not with the number of ways to go along them.
 */
const branchConditions = async (
  context: WhereContext,
  model: Model,
  { tests, below }: Branch,
): Promise<readonly Condition[]> => {
  const conditions: Condition[] = []
  for (const test of tests) conditions.push(await testCondition(context, test))
  for (const { hop, branch } of below.values()) {
    const behind = await branchConditions(context, hop.model, branch)
    const others = await idsWhere(context, hop.model, behind)
    conditions.push(amongIds(await idsLinkedTo(context, model, hop, others)))
  }
  return conditions
}

const asksForNull = ({ lookup, name, value }: Test): boolean =>
  lookup === 'isnull' && booleanValue(name, value)

/** Somewhere along the path there is nothing, as left joins see it: no record behind a link, or a null at the end. */
const isNullCondition = async (
  context: WhereContext,
  model: Model,
  [hop, ...rest]: readonly Hop[],
  test: Test,
): Promise<Condition> => {
  if (hop === undefined) return testCondition(context, test)
  const isNullBehind = await isNullCondition(context, hop.model, rest, test)
  const linkedTo = async (conditions: readonly Condition[]): Promise<readonly number[]> => {
    const others = await idsWhere(context, hop.model, conditions)
    return idsLinkedTo(context, model, hop, others)
  }
  const none = notAmongIds(await linkedTo([]))
  const ending = amongIds(await linkedTo([isNullBehind]))
  return (alias, parameters) => `${none(alias, parameters)} or ${ending(alias, parameters)}`
}

const conditionAlone = async (
  context: WhereContext,
  model: Model,
  test: Test,
): Promise<Condition> => {
  if (asksForNull(test)) return isNullCondition(context, model, test.path.hops, test)
  const conditions = await branchConditions(context, model, add(newBranch(), test))
  return (alias, parameters) => allSql(conditions, alias, parameters)
}

/** Elements as conditions on a record, all of which must hold. Throws INVALID_FIELD for values that do not fit. */
export const conditionsOf = async (
  context: WhereContext,
  model: Model,
  elements: readonly Element[],
): Promise<readonly Condition[]> => {
  const together = newBranch()
  const apart: Condition[] = []
  for (const { test, invert } of elements) {
    if (!invert && !asksForNull(test)) add(together, test)
    else {
      const condition = await conditionAlone(context, model, test)
      apart.push(invert ? negated(condition) : condition)
    }
  }
  return [...(await branchConditions(context, model, together)), ...apart]
}

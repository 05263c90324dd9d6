import type { Model, Schema } from '#xproto'
import type { Access } from '../access-port.ts'
import type { Sql } from '../database.ts'
import { createParameters } from '../parameters.ts'
import { allSql, candidatesOf, narrowed, type Candidates, type Condition } from './candidates.ts'
import { conditionSql, type Test } from './condition.ts'
import type { Hop } from './path.ts'
import { matchingIds, type Effort } from './regex.ts'
import { booleanValue } from './value.ts'

/** A test, or that it must not hold. */
export type Element = { readonly test: Test; readonly invert: boolean }

/** What reading needs. */
export type Reading = {
  readonly sql: Sql
  readonly schema: Schema
  readonly access: Pick<Access, 'readRule' | 'readRuleInSql'>
}

export type WhereContext = Reading & {
  /** Only live records are asked for, and looked at on the way. */
  readonly live: boolean
  readonly effort: Effort
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

/** Records that are looked at on the way. */
const passedBy = async (
  { schema, access, live }: WhereContext,
  model: Model,
): Promise<Candidates> => {
  // A live record links to live ones; what is being deleted may still link to what is.
  const states: readonly Condition[] = live ? [(alias) => `not ${alias}.deleted`] : []
  return candidatesOf(schema, model, states, await access.readRuleInSql(model))
}

const idsOf = async (
  { sql }: WhereContext,
  { conditions }: Candidates,
): Promise<readonly number[]> => {
  const parameters = createParameters()
  const rows = await sql.query<{ id: number }>(
    `select r.id from record r where ${allSql(conditions, 'r', parameters)}`,
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

const isPattern = ({ lookup }: Test): boolean => lookup === 'regex' || lookup === 'iregex'

const testCondition =
  (context: WhereContext, test: Test): Condition =>
  (alias, parameters) =>
    conditionSql({ ...context, parameters }, alias, test)

/**
 * What a branch asks of the candidates. Paths are walked from their ends, with one statement for each link, so that
 * the cost grows with the number of records and links, and not with the number of ways to go along them. Regular
 * expressions come last, since they look at each record that is left.
 */
const branchConditions = async (
  context: WhereContext,
  candidates: Candidates,
  { tests, below }: Branch,
): Promise<readonly Condition[]> => {
  const conditions: Condition[] = []
  for (const test of tests) if (!isPattern(test)) conditions.push(testCondition(context, test))
  for (const { hop, branch } of below.values()) {
    const there = await passedBy(context, hop.model)
    const behind = await branchConditions(context, there, branch)
    const others = await idsOf(context, narrowed(there, behind))
    conditions.push(amongIds(await idsLinkedTo(context, candidates.model, hop, others)))
  }
  for (const test of tests.filter(isPattern)) {
    const left = narrowed(candidates, conditions)
    conditions.push(amongIds(await matchingIds(context, left, test)))
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
  const there = await passedBy(context, hop.model)
  const linkedTo = async (conditions: readonly Condition[]): Promise<readonly number[]> =>
    idsLinkedTo(context, model, hop, await idsOf(context, narrowed(there, conditions)))
  const none = notAmongIds(await linkedTo([]))
  const ending = amongIds(await linkedTo([isNullBehind]))
  return (alias, parameters) => `${none(alias, parameters)} or ${ending(alias, parameters)}`
}

const conditionAlone = async (
  context: WhereContext,
  candidates: Candidates,
  { test, invert }: Element,
): Promise<Condition> => {
  if (asksForNull(test)) {
    const isNull = await isNullCondition(context, candidates.model, test.path.hops, test)
    return invert ? negated(isNull) : isNull
  }
  const conditions = await branchConditions(context, candidates, add(newBranch(), test))
  return negated((alias, parameters) => allSql(conditions, alias, parameters))
}

/** Elements as conditions on the candidates, all of which must hold. Throws INVALID_FIELD for values that do not fit. */
export const conditionsOf = async (
  context: WhereContext,
  candidates: Candidates,
  elements: readonly Element[],
): Promise<readonly Condition[]> => {
  const together = newBranch()
  const apart: Element[] = []
  for (const element of elements) {
    if (element.invert || asksForNull(element.test)) apart.push(element)
    else add(together, element.test)
  }
  const conditions: Condition[] = []
  const left = (): Candidates => narrowed(candidates, conditions)
  for (const element of apart) {
    if (!isPattern(element.test)) conditions.push(await conditionAlone(context, left(), element))
  }
  conditions.push(...(await branchConditions(context, left(), together)))
  for (const element of apart) {
    if (isPattern(element.test)) conditions.push(await conditionAlone(context, left(), element))
  }
  return conditions
}

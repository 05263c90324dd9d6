import type { Model } from '#xproto'
import { quoted } from '../parameters.ts'
import { booleanValue } from './value.ts'
import { conditionSql, type ConditionContext, type Test } from './condition.ts'
import type { Hop } from './path.ts'

/** A test, or that it must not hold. */
export type Element = { readonly test: Test; readonly invert: boolean }

export type WhereContext = ConditionContext & {
  /** Whether the record behind a link may be looked at; as a test, null counts as false. */
  readonly readable: (model: Model, alias: string) => string
  readonly leavesOf: (model: Model) => readonly string[]
}

/** Tests that begin with the same links ask for one record that passes them all, as Django has it. */
type Branch = {
  readonly tests: Test[]
  readonly below: Map<string, { readonly hop: Hop; readonly branch: Branch }>
}

const newBranch = (): Branch => ({ tests: [], below: new Map() })

const add = (root: Branch, test: Test): void => {
  let branch = root
  for (const hop of test.path.hops) {
    const next = branch.below.get(hop.name) ?? { hop, branch: newBranch() }
    branch.below.set(hop.name, next)
    branch = next.branch
  }
  branch.tests.push(test)
}

const all = (conditions: readonly string[]): string =>
  conditions.length === 0 ? 'true' : conditions.join(' and ')

const isOf = ({ parameters, leavesOf }: WhereContext, alias: string, model: Model): string =>
  `${alias}.leaf = any(${parameters.bind(leavesOf(model))}::text[])`

/** There is a record at the other side of the link for which the condition holds. */
const existsBehind = (
  context: WhereContext,
  from: { readonly alias: string; readonly model: Model },
  hop: Hop,
  depth: number,
  condition: (alias: string) => string,
): string => {
  const [link, alias] = [`l${depth}`, `r${depth}`]
  const [near, far] = hop.reverse ? ['target', 'source'] : ['source', 'target']
  const conditions = [
    `${link}.${near}_root = ${quoted(from.model.root)}`,
    `${link}.${near}_id = ${from.alias}.id`,
    `${link}.${far}_root = ${quoted(hop.model.root)}`,
    `${link}.field = ${quoted(hop.field)}`,
    // A live record links to live ones; what is being deleted may still link to what is.
    ...(context.live ? [`not ${alias}.deleted`] : []),
    ...(hop.reverse ? [isOf(context, alias, hop.model)] : []),
    context.readable(hop.model, alias),
    condition(alias),
  ]
  return `exists (select from link ${link}
    join record ${alias} on ${alias}.root = ${link}.${far}_root and ${alias}.id = ${link}.${far}_id
    where ${all(conditions)})`
}

const branchSql = (
  context: WhereContext,
  branch: Branch,
  alias: string,
  model: Model,
  depth: number,
): string =>
  all([
    ...branch.tests.map((test) => `(${conditionSql(context, alias, test)})`),
    ...[...branch.below.values()].map(({ hop, branch: below }) =>
      existsBehind(context, { alias, model }, hop, depth + 1, (next) =>
        branchSql(context, below, next, hop.model, depth + 1),
      ),
    ),
  ])

const alone = (context: WhereContext, model: Model, test: Test): string => {
  const branch = newBranch()
  add(branch, test)
  return branchSql(context, branch, 'r', model, 0)
}

const asksForNull = ({ lookup, name, value }: Test): boolean =>
  lookup === 'isnull' && booleanValue(name, value)

/** Somewhere along the path there is nothing, as left joins see it: no record behind a link, or a field that is null. */
const isNullSql = (
  context: WhereContext,
  from: { readonly alias: string; readonly model: Model },
  [hop, ...rest]: readonly Hop[],
  test: Test,
  depth = 0,
): string => {
  if (hop === undefined) return conditionSql(context, from.alias, test)
  const behind = (condition: (alias: string) => string): string =>
    existsBehind(context, from, hop, depth + 1, condition)
  const ends = behind((alias) =>
    isNullSql(context, { alias, model: hop.model }, rest, test, depth + 1),
  )
  return `(not ${behind(() => 'true')} or ${ends})`
}

/** All elements as one condition on the row `r`, never null. */
export const whereSql = (
  context: WhereContext,
  model: Model,
  elements: readonly Element[],
): string => {
  const together = newBranch()
  const others: string[] = []
  for (const { test, invert } of elements) {
    const isNull = asksForNull(test)
    if (!invert && !isNull) add(together, test)
    else {
      const condition = isNull
        ? isNullSql(context, { alias: 'r', model }, test.path.hops, test)
        : alone(context, model, test)
      others.push(invert ? `not coalesce(${condition}, false)` : condition)
    }
  }
  return all([branchSql(context, together, 'r', model, 0), ...others])
}

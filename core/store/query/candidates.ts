import type { Model, Schema } from '#xproto'
import type { ReadRule } from '../access-port.ts'
import { quoted, type Parameters } from '../parameters.ts'

/** SQL about one row; null counts as false. */
export type Condition = (alias: string, parameters: Parameters) => string

/** The records that the elements of a query are asked about. */
export type Candidates = {
  readonly model: Model
  readonly conditions: readonly Condition[]
  /** What SQL cannot say of who may read them; undefined when it says everything. */
  readonly check: ReadRule['check']
}

export const allSql = (
  conditions: readonly Condition[],
  alias: string,
  parameters: Parameters,
): string => conditions.map((condition) => `(${condition(alias, parameters)})`).join(' and ')

/** The records of a model, and of those that derive from it, in some states, as far as a rule lets read them. */
export const candidatesOf = (
  schema: Schema,
  model: Model,
  states: readonly Condition[],
  rule: ReadRule,
): Candidates => {
  const leaves = schema.descendants(model.name).map(({ name }) => name)
  const conditions: readonly Condition[] = [
    (alias) => `${alias}.root = ${quoted(model.root)}`,
    (alias, parameters) => `${alias}.leaf = any(${parameters.bind(leaves)}::text[])`,
    ...states,
    rule.sql,
  ]
  return { model, conditions, check: rule.check }
}

/** Those among them for which more holds. */
export const narrowed = (candidates: Candidates, conditions: readonly Condition[]): Candidates => ({
  ...candidates,
  conditions: [...candidates.conditions, ...conditions],
})

import type { RegisteredPolicy, RegisteredStep, Registration } from '#contract'
import type { Schema } from '#xproto'
import type { Sql } from './database.ts'
import { includeFinding } from './expand.ts'

/** A step or a policy, as far as it may have come to not fit the models. */
type Observer = Pick<RegisteredStep, 'model' | 'include' | 'fields'>

const fits = (schema: Schema, { model: name, include, fields = [] }: Observer): boolean => {
  const model = schema.model(name)
  if (model === undefined || model.abstract) return false
  return (
    include.every((path) => includeFinding(schema, model, path) === undefined) &&
    fields.every((field) => model.fields.some(({ wireName }) => wireName === field))
  )
}

const stillFitting = <Known extends Observer>(
  schema: Schema,
  known: readonly Known[],
  given: readonly Observer[],
): readonly Known[] => {
  const taken = new Set(given.map(({ model }) => model))
  return known.filter((one) => !taken.has(one.model) && fits(schema, one))
}

/**
 * The registration with the steps and policies that have not said yet what they are, as they were registered before. Not
 * those that no longer fit the models, or whose model another one observes now.
 */
export const withAwaited = async (
  sql: Sql,
  schema: Schema,
  registration: Registration,
): Promise<Registration> => {
  const { name, steps, policies = [], awaited = [] } = registration
  if (awaited.length === 0) return registration
  const knownSteps = await sql.query<RegisteredStep>(
    `select model, step, include, after_policy as "afterPolicy", fields from step
     where synchronizer = $1 and step = any($2)`,
    [name, awaited],
  )
  const knownPolicies = await sql.query<RegisteredPolicy>(
    `select model, step, include, operations from policy where synchronizer = $1 and step = any($2)`,
    [name, awaited],
  )
  return {
    ...registration,
    steps: [...steps, ...stillFitting(schema, knownSteps, steps)],
    policies: [...policies, ...stillFitting(schema, knownPolicies, policies)],
  }
}

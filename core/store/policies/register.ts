import type { RegisteredPolicy, Registration } from '#contract'
import type { Schema } from '#xproto'
import { CoreError } from '../../errors.ts'
import type { Sql } from '../database.ts'
import { includeFinding } from '../expand.ts'
import { reap } from '../reap.ts'
import type { RowKey } from '../row.ts'
import { lookAgain } from '../services/replace-models.ts'
import { wakeDispatchers } from '../wake.ts'

/** Throws VALIDATION when a policy cannot be called for records of its model. */
export const checkPolicies = (
  schema: Schema,
  { policies = [], name }: Pick<Registration, 'policies' | 'name'>,
): void => {
  const observers = new Map<string, string>()
  for (const { step, model: modelName, include } of policies) {
    const model = schema.model(modelName)
    if (model === undefined || model.abstract) {
      throw new CoreError(
        'VALIDATION',
        `Policy ${step} of ${name} observes ${modelName}, which is not a model`,
      )
    }
    const other = observers.get(modelName)
    if (other !== undefined) {
      throw new CoreError(
        'VALIDATION',
        `Policies ${other} and ${step} of ${name} both observe ${modelName}; one model has one policy`,
      )
    }
    observers.set(modelName, step)
    for (const path of include) {
      const finding = includeFinding(schema, model, path)
      if (finding !== undefined) throw new CoreError('VALIDATION', `Policy ${step}: ${finding}`)
    }
  }
}

type StoredPolicy = Required<RegisteredPolicy>

const inOneOrder = (policies: readonly StoredPolicy[]): string =>
  JSON.stringify(
    policies
      .map(({ model, step, include, operations }) => [model, step, include, operations])
      .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
  )

const modelsOf = (policies: readonly StoredPolicy[]): readonly string[] =>
  policies.map(({ model }) => model)

/** Nothing is left to take back where nobody does it any more, so deleted records go that only that held. */
const letGo = async (sql: Sql, models: readonly string[]): Promise<void> => {
  if (models.length === 0) return
  const freed = await sql.query<RowKey & { deleted: boolean }>(
    `update record
     set policy_run = null, backend_need_delete_policy = false,
         revision = case when backend_need_delete_policy then nextval('revision') else revision end
     where leaf = any($1) and (policy_run is not null or backend_need_delete_policy)
     returning root, id, deleted`,
    [models],
  )
  await reap(
    sql,
    freed.filter(({ deleted }) => deleted),
  )
}

/**
 * Makes due what a policy has to see, as if it had never failed. What a policy of the model has dealt with before is its
 * to take back.
 */
const begin = async (sql: Sql, models: readonly string[], now: number): Promise<void> => {
  await sql.query(
    `update record r
     set policy_run = case when r.policy_pending then $2::bigint end, policy_attempts = 0, policy_failures = 0,
         backend_need_delete_policy = r.backend_need_delete_policy
           or r.policed is not null and not r.deleted and p.operations ? 'policy_delete'
     from policy p
     where p.model = any($1) and r.leaf = p.model`,
    [models, now],
  )
}

/**
 * Takes the policies of a synchronizer, in place of those it brought before. Throws VALIDATION when a model has one of
 * another synchronizer.
 *
 * @param now microseconds since 1970
 */
export const replacePolicies = async (
  sql: Sql,
  { name, policies = [] }: Pick<Registration, 'policies' | 'name'>,
  now: number,
): Promise<void> => {
  const before = await sql.query<StoredPolicy>(
    `select model, step, include, operations from policy where synchronizer = $1`,
    [name],
  )
  if (inOneOrder(before) === inOneOrder(policies)) return
  await sql.query(`delete from policy where synchronizer = $1`, [name])
  const [taken] = await sql.query<{ model: string; step: string; synchronizer: string }>(
    `select model, step, synchronizer from policy where model = any($1)`,
    [modelsOf(policies)],
  )
  if (taken !== undefined) {
    throw new CoreError(
      'VALIDATION',
      `${taken.model} is already observed by policy ${taken.step} of ${taken.synchronizer}; one model has one policy`,
    )
  }
  await sql.query(
    `insert into policy (model, step, synchronizer, include, operations)
     select model, step, $1, include, operations
     from jsonb_to_recordset($2::jsonb) k(model text, step text, include jsonb, operations jsonb)`,
    [name, JSON.stringify(policies)],
  )
  const kept = new Set(modelsOf(policies))
  await letGo(
    sql,
    modelsOf(before).filter((model) => !kept.has(model)),
  )
  await begin(sql, modelsOf(policies), now)
  await lookAgain(sql)
  await wakeDispatchers(sql)
}

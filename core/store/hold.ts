import type { Schema } from '#xproto'
import type { Sql } from './database.ts'
import { reap } from './reap.ts'
import type { RowKey } from './row.ts'
import { serviceOf } from './services/compile-services.ts'

/** Synchronizers of XOS rest for 5 s between two looks; the rest is for the policies that run before. */
const longestHoldMicros = 15_000_000

/** Leaf models with policies that a synchronizer polls for: of services that came as those of XOS come. */
const polledModels = async (sql: Sql, schema: Schema): Promise<readonly string[]> => {
  const models = schema.models.flatMap(({ name, options, span }) => {
    const service = serviceOf(span.file)
    const hasPolicies = options.get('policy_implemented') === 'True'
    return service !== undefined && hasPolicies ? [{ name, service }] : []
  })
  if (models.length === 0) return []
  const services = await sql.query<{ name: string }>(
    `select name from service where mode = 'compat'`,
  )
  const policies = await sql.query<{ model: string }>(`select model from policy`)
  const polled = new Set(services.map(({ name }) => name))
  const called = new Set(policies.map(({ model }) => model))
  return models
    .filter(({ name, service }) => polled.has(service) && !called.has(name))
    .map(({ name }) => name)
}

/**
 * Keeps records that are deleted now, until policies have seen it or would have by now.
 *
 * @param now microseconds since 1970
 */
export const hold = async (
  sql: Sql,
  schema: Schema,
  deleted: readonly RowKey[],
  now: number,
): Promise<void> => {
  const models = await polledModels(sql, schema)
  if (models.length === 0) return
  await sql.query(
    `update record r set policy_until = $3
     from jsonb_to_recordset($1::jsonb) k(root text, id int)
     where r.root = k.root and r.id = k.id and r.leaf = any($2)`,
    [JSON.stringify(deleted), models, now + longestHoldMicros],
  )
}

/**
 * Lets go the records that were kept long enough.
 *
 * @param now microseconds since 1970
 */
export const endHolds = async (sql: Sql, now: number): Promise<void> => {
  const overdue = await sql.query<RowKey>(
    `update record r set policy_until = null
     from (select root, id from record where deleted and policy_until <= $1
           order by root, id for update skip locked) k
     where r.root = k.root and r.id = k.id
     returning r.root, r.id`,
    [now],
  )
  await reap(sql, overdue)
}

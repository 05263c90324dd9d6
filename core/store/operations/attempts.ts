import { dueAsChange } from '../priority.ts'
import { modelNamed } from '../read.ts'
import { stopWaiting, wakeDispatchers } from '../wake.ts'
import type { ExplainContext } from './explain.ts'
import type { RowKey } from '../row.ts'

/**
 * One call of a function for a record. `at` in microseconds since 1970: when it was reported. `number` counts the calls of
 * its step, or those of its policy.
 */
export type Attempt = {
  readonly number: number
  readonly at: number
  readonly operation: string
  readonly outcome: string
  readonly status: string
  readonly durationMs: number
  readonly eventId: string
  /** 32 hexadecimal digits; null when its dispatcher told of none. */
  readonly traceId: string | null
}

/** The last attempts for a record, the newest first. */
export const attemptsOf = ({ sql, schema }: ExplainContext, modelName: string, id: number) =>
  sql.query<Attempt>(
    `select number, at, operation, outcome, status, duration_ms as "durationMs", event_id as "eventId",
            trace_id as "traceId"
     from attempt where root = $1 and id = $2 order by at desc, number desc, slot desc`,
    [modelNamed(schema, modelName).root, id],
  )

/**
 * Lets pending records of the model run now, their steps and policies, as if they had never failed; all of them, or the one with the id. One
 * that runs already is left alone. All of a model come after what changes meanwhile. Answers how many there were.
 */
export const retry = async (
  { sql, schema, now }: ExplainContext,
  modelName: string,
  id: number | undefined,
): Promise<number> => {
  const model = modelNamed(schema, modelName)
  const leaves = schema.descendants(model.name).map(({ name }) => name)
  const retried = await sql.query<RowKey>(
    `update record r
     set next_run = case when k.runs_step then least(r.next_run, $4) else r.next_run end,
         attempts = 0, failures = 0, parked = false,
         policy_run = case when k.runs_policy then least(r.policy_run, $4) else r.policy_run end,
         policy_attempts = 0, policy_failures = 0
     from (select root, id,
                  pending and exists (select from step s where s.model = leaf) as runs_step,
                  policy_pending and exists (select from policy p where p.model = leaf) as runs_policy
           from record
           where root = $1 and leaf = any($2) and ($3::int is null or id = $3)
             and (pending or policy_pending) and lease_owner is null
           order by root, id for update) k
     where r.root = k.root and r.id = k.id and (k.runs_step or k.runs_policy)
     returning r.root, r.id`,
    [model.root, leaves, id ?? null, id === undefined ? now : dueAsChange(now)],
  )
  // Whoever still has to wait is parked again when a dispatcher comes for it.
  await stopWaiting(sql, retried)
  if (retried.length > 0) await wakeDispatchers(sql)
  return retried.length
}

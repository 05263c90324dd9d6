import { readableText, type Key } from '#contract'
import { CoreError } from '../../errors.ts'
import { note } from '../audit.ts'
import type { Caller } from '../caller.ts'
import { modelNamed, rowOf } from '../read.ts'
import { reap } from '../reap.ts'
import type { RecordRow } from '../row.ts'
import { stopWaiting, wakeDispatchers, wakeWaiters } from '../wake.ts'
import { settledStates, wakeWatchers } from '../watch.ts'
import { explainKeys, type AskingContext } from './explain.ts'
import type { Explanation } from './explanation.ts'

const requireReason = (text: string): string => {
  const reason = readableText(text)
  if (reason !== '') return reason
  throw new CoreError('VALIDATION', 'Expected a reason, which the audit keeps')
}

const requireWaitsForDelete = (row: RecordRow): void => {
  const { leaf, id, deleted, pending, policy_pending } = row
  if (!deleted) {
    throw new CoreError('VALIDATION', `${leaf} ${id} is not deleted: delete it first`)
  }
  if (!pending && !policy_pending) {
    throw new CoreError(
      'VALIDATION',
      `${leaf} ${id} does not wait for a delete step: ask why it stays`,
    )
  }
}

/**
 * Lets a deleted record go as if its delete step and its policy had succeeded, whoever runs them now: the report of it
 * will be refused. The audit keeps the reason. Answers why the record is still there; undefined when it is gone.
 *
 * Throws NOT_FOUND, and VALIDATION without a reason or unless the record waits for its delete step.
 */
export const release = async (
  context: AskingContext,
  caller: Caller,
  { model: modelName, id }: Key,
  reasonText: string,
): Promise<Explanation | undefined> => {
  const { sql, schema, now } = context
  const reason = requireReason(reasonText)
  const row = await rowOf(sql, schema, modelNamed(schema, modelName), id, 'for update')
  requireWaitsForDelete(row)
  const key = { root: row.root, id }
  await note(sql, caller, { at: now, operation: 'released', model: row.leaf, id, reason })
  await sql.query(
    `update record
     set backend_need_reap = true, backend_need_delete_policy = false, parked = false, lease_owner = null, lease_token = null,
         revision = nextval('revision')
     where root = $1 and id = $2`,
    [row.root, id],
  )
  await stopWaiting(sql, [key])
  await wakeWaiters(sql, [key])
  await wakeWatchers(sql, [{ ...key, states: settledStates(row) }], now)
  await reap(sql, [key])
  await wakeDispatchers(sql)
  const [explanation] = await explainKeys(context, [key])
  return explanation
}

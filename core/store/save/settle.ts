import type { AwaitedState } from '#contract'
import { tellWaiters } from '../park.ts'
import { dueAsChange } from '../priority.ts'
import { reap } from '../reap.ts'
import type { RecordRow, RowKey } from '../row.ts'
import { stopWaiting, wakeDispatchers, wakeWaiters } from '../wake.ts'
import { settledStates, wakeWatchers } from '../watch.ts'
import type { WriteContext } from './draft.ts'

/** What a save has done beside writing values. */
export type Done = {
  /** The record is a version that no step has seen: its attempts start anew. */
  readonly isNewVersion: boolean
  /** It links to others than before. */
  readonly isRelinked: boolean
}

/** A record as it was written, and whether a function waits for it. */
export type WatchedRow = RecordRow & { readonly watched: boolean }

/** What the save makes of the record for functions that wait for it. A status that is written makes nothing of it. */
const reachedStates = (before: RecordRow, written: RecordRow): readonly AwaitedState[] => {
  if (before.pending && !written.pending) return settledStates(written)
  const stamps = ['updated', 'changed_by_step', 'changed_by_policy'] as const
  return stamps.some((name) => written[name] !== before[name]) ? ['changed'] : []
}

/** Lets a record run whose version a step has seen already, but whose synchronizer is to look at it again. */
const startAnew = async (
  { sql, now, caller }: WriteContext,
  { root, id }: RowKey,
): Promise<void> => {
  await sql.query(
    `update record set next_run = $3, parked = false, attempts = 0, failures = 0, traces = $4
     where root = $1 and id = $2`,
    [root, id, dueAsChange(now), caller.traceparent ?? null],
  )
}

const unpark = async ({ sql }: WriteContext, { root, id }: RowKey): Promise<void> => {
  await sql.query(`update record set parked = false where root = $1 and id = $2`, [root, id])
}

/**
 * Draws the conclusions of an update: the record runs, or stops waiting; those that wait for it run, or learn its
 * new text; and it goes when nothing holds it any more. A save that only writes a status leaves the schedule alone.
 */
export const settle = async (
  context: WriteContext,
  before: RecordRow,
  written: WatchedRow,
  { isNewVersion, isRelinked }: Done,
): Promise<void> => {
  const { sql, now } = context
  const { root, id, leaf, backend_status: status } = written
  const key = { root, id }
  // It may have waited for its policy, which somebody says is not needed any more.
  const isFreed = written.parked && before.policy_pending && !written.policy_pending
  const isDueAgain = written.pending && !before.pending && !isNewVersion
  if (isDueAgain) await startAnew(context, key)
  else if ((isRelinked && written.parked) || isFreed) await unpark(context, key)

  const runs = written.pending && (isNewVersion || isDueAgain || isRelinked || isFreed)
  if (runs || !written.pending) await stopWaiting(sql, [key])
  if (written.pending && status !== before.backend_status) {
    await tellWaiters(sql, [{ root, id, leaf, status }])
  }
  const waiters = written.pending ? 0 : await wakeWaiters(sql, [key])
  const states = written.watched ? reachedStates(before, written) : []
  const watchers = await wakeWatchers(sql, [{ ...key, states }], now)
  const mayGo = written.deleted && !written.pending
  if (mayGo) await reap(sql, [key])
  const runsPolicy = written.policy_pending && written.policy_run !== before.policy_run
  if (runs || runsPolicy || waiters + watchers > 0 || mayGo) await wakeDispatchers(sql)
}

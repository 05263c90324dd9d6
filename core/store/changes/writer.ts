import type { Caller } from '../caller.ts'
import { callerSetting, nowSetting } from './triggers.ts'

/** Who writes in a transaction, and when: noted with each of its changes. */
export type Writer = {
  /** Nobody when the core itself writes; then the audit keeps silent. */
  readonly caller?: Caller
  /** Microseconds since 1970. */
  readonly now: number
}

/** Parameters of {@link describeWriter}. */
export const writerTexts = (writer: Writer | undefined): readonly [string, string] => {
  if (writer === undefined) return ['', '']
  const { caller, now } = writer
  if (caller === undefined) return ['', String(now)]
  const { userId, email, step, face } = caller
  return [JSON.stringify({ userId, email, step, face }), String(now)]
}

/**
 * SQL that a writing transaction selects before it writes. `$1` and `$2` are {@link writerTexts}. It takes the id of
 * the transaction as well, because that has to be older than the revisions it draws; see `settle.ts`.
 */
export const describeWriter = `pg_current_xact_id()::text,
  set_config('${callerSetting}', $1, true), set_config('${nowSetting}', $2, true)`

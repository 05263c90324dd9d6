import { isJsonObject, ownValue, parseJson } from './json.ts'
import type { Outcome } from './outcome.ts'

export type RegisterContext = {
  /** Milliseconds since 1970. */
  readonly now: number
  /** When the record is tried again, in milliseconds since 1970; absent when only a change brings it back. */
  readonly nextRun?: number | undefined
  /** Failures in a row, this one included. */
  readonly failures: number
}

const secondsOf = (ms: number): number => Math.round(ms) / 1000

const timesOf = (register: string): { last_success?: number; last_failure?: number } => {
  const value = parseJson(register)
  if (!isJsonObject(value)) return {}
  const success = ownValue(value, 'last_success')
  const failure = ownValue(value, 'last_failure')
  return {
    ...(typeof success === 'number' ? { last_success: success } : {}),
    ...(typeof failure === 'number' ? { last_failure: failure } : {}),
  }
}

/**
 * `backend_register` after an attempt: JSON with XOS's keys, times in seconds since 1970. `next_run` is 0 when no
 * attempt is planned. Success erases the history of failures; only failures count as such, so a deferral or
 * a busy function moves `next_run` alone. A register that cannot be read starts afresh.
 */
export const registerAfter = (
  previous: string,
  outcome: Outcome,
  { now, nextRun, failures }: RegisterContext,
): string => {
  if (outcome.kind === 'synced') {
    return JSON.stringify({ next_run: 0, exponent: 0, last_success: secondsOf(now) })
  }
  return JSON.stringify({
    next_run: nextRun === undefined ? 0 : secondsOf(nextRun),
    exponent: failures,
    failures,
    ...timesOf(previous),
    ...(outcome.kind === 'failed' ? { last_failure: secondsOf(now) } : {}),
  })
}

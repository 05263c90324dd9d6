import type { Outcome } from '#contract'
import type { Gate } from './gate.ts'
import type { Log, Target } from './options.ts'

/**
 * Tells what happened to a target, once for all its records: that it is down or busy when that begins, that it is
 * set up wrongly each time it shows, that it is back.
 */
export const logGateChange = (
  log: Log,
  { step }: Target,
  { before, after, outcome, now }: { before: Gate; after: Gate; outcome: Outcome; now: number },
): void => {
  if (after.kind === 'open') {
    if (before.kind === 'down') log.info({ step }, 'function is back')
    return
  }
  const error = 'text' in outcome ? outcome.text : undefined
  const fields = { step, error, retry_in_ms: Math.round(after.untilMs - now) }
  if (outcome.kind === 'target-misconfigured') log.error(fields, 'function is misconfigured')
  else if (before.kind === after.kind) return
  else if (after.kind === 'down') log.warn(fields, 'function is down')
  else log.info(fields, 'function is busy')
}

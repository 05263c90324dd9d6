import { cutText, maxTextLength, type Outcome, type Random, type Work } from '#contract'
import { backoffMs, jitteredMs } from './backoff.ts'
import type { Retry, Target } from './options.ts'

/** A function that says "again at once" is taken at its word, but not in a hot loop. */
export const leastRetryAfterMs = 100

/**
 * Milliseconds until the record is tried again, or undefined when only a change brings it back.
 *
 * `failures` are the ones in a row before this outcome. A record whose target is busy, down or misconfigured
 * is due at once: the target's gate holds it, not a delay of its own. What a function asks for is kept to
 * the letter; our own delays are jittered. One that is in progress is left alone as long as it may be completed.
 */
export const nextAttemptMs = (
  outcome: Outcome,
  { failures, completion }: Pick<Work, 'failures' | 'completion'>,
  { deferredDelayMs, retry }: Pick<Target, 'deferredDelayMs' | 'retry'>,
  random: Random,
): number | undefined => {
  switch (outcome.kind) {
    case 'synced':
      return undefined
    case 'in-progress':
    case 'deferred':
      if (outcome.retryAfterMs !== undefined) {
        return Math.max(leastRetryAfterMs, outcome.retryAfterMs)
      }
      return outcome.kind === 'in-progress' && completion !== undefined
        ? completion.timeoutMs
        : jitteredMs(deferredDelayMs, random)
    case 'target-busy':
    case 'target-down':
    case 'target-misconfigured':
      return 0
    case 'failed':
      return outcome.retry ? backoffMs(failures + 1, retry, random) : undefined
  }
}

/**
 * The outcome, or when it is the last failure that the target lets pass, one that only a change of the record or a
 * person brings back; its text says so. `failures` are the ones in a row before this outcome.
 */
export const givenUp = (outcome: Outcome, failures: number, { maxAttempts }: Retry): Outcome => {
  if (outcome.kind !== 'failed' || !outcome.retry) return outcome
  if (maxAttempts === undefined || failures + 1 < maxAttempts) return outcome
  const attempts = failures === 0 ? 'attempt' : 'attempts'
  const end = ` (given up after ${failures + 1} failed ${attempts})`
  return {
    kind: 'failed',
    text: cutText(outcome.text, maxTextLength - end.length) + end,
    retry: false,
  }
}

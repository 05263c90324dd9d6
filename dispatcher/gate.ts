import type { Outcome, Random } from '#contract'
import { backoffMs, type Backoff } from './backoff.ts'
import { leastRetryAfterMs } from './next-attempt.ts'

/**
 * What stands between a target and its records.
 *
 * `open` lets them pass. `paused` holds all until a time the target asked for, then is open. `down` holds all
 * until a time, then lets one pass as a probe; `failures` are the calls in a row that found nobody.
 */
export type Gate =
  | { readonly kind: 'open' }
  | { readonly kind: 'paused'; readonly untilMs: number }
  | { readonly kind: 'down'; readonly untilMs: number; readonly failures: number }

export const openGate: Gate = { kind: 'open' }

/** How long a target that is down is left alone between probes. */
const probeBackoff: Backoff = { firstMs: 1_000, capMs: 30_000 }

/** What a gate needs to know beyond the outcome. */
export type Circumstances = {
  readonly now: number
  readonly random: Random
  /** The pause when a busy target names none. */
  readonly deferredDelayMs: number
  /** True for a call that began before the gate last closed: it proves nothing new when it found nobody. */
  readonly stale: boolean
}

const paused = (gate: Gate, untilMs: number): Gate => ({
  kind: 'paused',
  untilMs: gate.kind === 'paused' ? Math.max(gate.untilMs, untilMs) : untilMs,
})

const down = (gate: Gate, { now, random }: Circumstances): Gate => {
  const failures = gate.kind === 'down' ? gate.failures + 1 : 1
  return { kind: 'down', failures, untilMs: now + backoffMs(failures, probeBackoff, random) }
}

/** The gate after a call ended. Any real answer, a failure too, shows that the target is there. */
export const gateAfter = (gate: Gate, outcome: Outcome, circumstances: Circumstances): Gate => {
  switch (outcome.kind) {
    case 'target-busy': {
      const pauseMs = outcome.retryAfterMs ?? circumstances.deferredDelayMs
      return paused(gate, circumstances.now + Math.max(leastRetryAfterMs, pauseMs))
    }
    case 'target-down':
    case 'target-misconfigured':
      return circumstances.stale ? gate : down(gate, circumstances)
    case 'synced':
    case 'in-progress':
    case 'deferred':
    case 'failed': {
      const pausing = gate.kind === 'paused' && circumstances.now < gate.untilMs
      return pausing || gate.kind === 'open' ? gate : openGate
    }
  }
}

/** How many records may be at the target at once. */
export const passes = (gate: Gate, now: number, concurrency: number): number => {
  if (gate.kind === 'open') return concurrency
  if (now < gate.untilMs) return 0
  return gate.kind === 'down' ? 1 : concurrency
}

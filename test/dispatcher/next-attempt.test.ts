import { expect, test } from 'vitest'
import type { Outcome } from '#contract'
import { nextAttemptMs } from '../../dispatcher/next-attempt.ts'

const target = { deferredDelayMs: 5_000, retry: { firstMs: 1_000, capMs: 600_000 } }

const cases: readonly (readonly [Outcome, failures: number, ms: number | undefined])[] = [
  [{ kind: 'synced' }, 0, undefined],
  [{ kind: 'deferred', text: 'Maybe later' }, 0, 5_000],
  [{ kind: 'deferred', text: 'Maybe later', retryAfterMs: 60_000 }, 0, 60_000],
  [{ kind: 'deferred', text: 'Maybe later', retryAfterMs: 0 }, 0, 100],
  [{ kind: 'in-progress', text: 'Booting' }, 0, 5_000],
  [{ kind: 'in-progress', text: 'Booting', retryAfterMs: 250 }, 0, 250],
  [{ kind: 'target-busy', text: 'busy', retryAfterMs: 60_000 }, 4, 0],
  [{ kind: 'target-down', text: 'down' }, 4, 0],
  [{ kind: 'target-misconfigured', text: 'no' }, 4, 0],
  [{ kind: 'failed', text: 'Maybe not', retry: true }, 0, 1_000],
  [{ kind: 'failed', text: 'Maybe not', retry: true }, 2, 4_000],
  [{ kind: 'failed', text: 'Maybe not', retry: false }, 2, undefined],
]

test.each(cases)('%j after %i failures is tried again in %s ms', (outcome, failures, ms) => {
  expect(nextAttemptMs(outcome, failures, target, () => 0.5)).toBe(ms)
})

test('only our own delays are jittered, not what a function asked for', () => {
  const asked: Outcome = { kind: 'deferred', text: 'Maybe later', retryAfterMs: 60_000 }
  const notAsked: Outcome = { kind: 'deferred', text: 'Maybe later' }

  expect(nextAttemptMs(asked, 0, target, () => 0)).toBe(60_000)
  expect(nextAttemptMs(notAsked, 0, target, () => 0)).toBe(4_000)
})

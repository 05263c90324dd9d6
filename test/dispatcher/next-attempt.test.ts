import { expect, test } from 'vitest'
import type { Outcome } from '#contract'
import { givenUp, nextAttemptMs } from '../../dispatcher/next-attempt.ts'

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
  expect(nextAttemptMs(outcome, { failures }, target, () => 0.5)).toBe(ms)
})

test('only our own delays are jittered, not what a function asked for', () => {
  const asked: Outcome = { kind: 'deferred', text: 'Maybe later', retryAfterMs: 60_000 }
  const notAsked: Outcome = { kind: 'deferred', text: 'Maybe later' }

  expect(nextAttemptMs(asked, { failures: 0 }, target, () => 0)).toBe(60_000)
  expect(nextAttemptMs(notAsked, { failures: 0 }, target, () => 0)).toBe(4_000)
})

test.each<[Outcome, number]>([
  [{ kind: 'in-progress', text: 'Building' }, 86_400_000],
  [{ kind: 'in-progress', text: 'Building', retryAfterMs: 60_000 }, 60_000],
  [{ kind: 'deferred', text: 'Maybe later' }, 5_000],
])('%j to a call that may be completed is tried again in %i ms', (outcome, ms) => {
  const completion = { url: 'http://core.test/', timeoutMs: 86_400_000 }

  expect(nextAttemptMs(outcome, { failures: 0, completion }, target, () => 0.5)).toBe(ms)
})

const failed: Outcome = { kind: 'failed', text: 'Maybe not', retry: true }
const refused: Outcome = { ...failed, retry: false }
const deferred: Outcome = { kind: 'deferred', text: 'Maybe later' }
const endings: readonly (readonly [Outcome, number, number | undefined, Outcome])[] = [
  [failed, 1_000, undefined, failed],
  [failed, 1, 3, failed],
  [failed, 2, 3, { ...refused, text: 'Maybe not (given up after 3 failed attempts)' }],
  [failed, 9, 3, { ...refused, text: 'Maybe not (given up after 10 failed attempts)' }],
  [failed, 0, 1, { ...refused, text: 'Maybe not (given up after 1 failed attempt)' }],
  [refused, 2, 3, refused],
  [deferred, 2, 3, deferred],
]

test.each(endings)(
  '%j after %i failures with at most %s attempts is %j',
  (before, n, most, after) => {
    expect(givenUp(before, n, { firstMs: 1, capMs: 1, maxAttempts: most })).toEqual(after)
  },
)

test('a long text still ends with why nobody tries again', () => {
  const long: Outcome = { ...failed, text: 'x'.repeat(1024) }
  const ended = givenUp(long, 0, { firstMs: 1, capMs: 1, maxAttempts: 1 })

  const text = 'text' in ended ? ended.text : ''
  expect(text).toMatch(/^x{900,} \(given up after 1 failed attempt\)$/)
  expect(text).toHaveLength(1024)
})

import { expect, test } from 'vitest'
import type { Outcome } from '#contract'
import { differencesBetween } from '../../../cli/calls/differences.ts'

const whats = (recorded: Outcome, now: Outcome, ignored: readonly string[] = []) =>
  differencesBetween(recorded, now, new Set(ignored)).map(({ what }) => what)

const synced = (feedback: Readonly<Record<string, unknown>>): Outcome => ({
  kind: 'synced',
  feedback,
})
const waiting = (id: number, retryAfterMs: number): Outcome => ({
  kind: 'deferred',
  text: 'not yet',
  retryAfterMs,
  waitingOn: { model: 'Color', id, state: 'synced' },
})

test.each<[string, Outcome, Outcome, readonly string[]]>([
  ['the same feedback', synced({ a: [1, { b: 2 }] }), synced({ a: [1, { b: 2 }] }), []],
  ['no feedback, and an empty one', { kind: 'synced' }, synced({}), []],
  ['other feedback', synced({ a: 1, b: 2 }), synced({ a: 1, b: 3 }), ['feedback.b']],
  ['more feedback', synced({}), synced({ a: null }), ['feedback.a']],
  ['another note', { kind: 'synced', note: 'a' }, { kind: 'synced' }, ['note']],
  ['another record to wait for', waiting(1, 5), waiting(2, 5), ['waiting_on']],
  ['another pause', waiting(1, 5), waiting(1, 6), ['retry_after']],
  [
    'a failure for good',
    { kind: 'failed', text: 'no', retry: true },
    { kind: 'failed', text: 'no', retry: false },
    ['retry'],
  ],
  [
    'a failure in place of success',
    { kind: 'synced' },
    { kind: 'failed', text: 'no', retry: true },
    ['outcome', 'text', 'retry'],
  ],
])('%s', (_, recorded, now, expected) => {
  expect(whats(recorded, now)).toEqual(expected)
})

test.each([
  [['feedback.b'], ['feedback.a']],
  [['feedback'], []],
])('%j may differ', (ignored, expected) => {
  expect(whats(synced({ a: 1, b: 1 }), synced({ a: 2, b: 2 }), ignored)).toEqual(expected)
})

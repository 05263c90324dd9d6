import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limitAfter, placesOf, startLimit, type Limit, type Shown } from '../../dispatcher/limit.ts'

const concurrency = 16
const fast: Shown = { durationMs: 10, overloaded: false, stale: false }
const slow: Shown = { ...fast, durationMs: 100 }
const overloaded: Shown = { durationMs: 10, overloaded: true, stale: false }

const after = (shown: readonly Shown[], from: Limit = startLimit(concurrency)): Limit =>
  shown.reduce((limit, one) => limitAfter(limit, one, concurrency), from)

const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one)

describe('the calls a target gets at once', () => {
  const cases: readonly (readonly [string, readonly Shown[], number])[] = [
    ['are all it may have at first', [], 16],
    ['are never more than it may have', times(1000, fast), 16],
    ['are halved when it is overloaded', [overloaded], 8],
    ['are halved again when it still is', [overloaded, overloaded], 4],
    ['are at least one', times(20, overloaded), 1],
    ['are not halved again by a call from before', [overloaded, { ...overloaded, stale: true }], 8],
    ['grow by one a round while answers are as fast as ever', [overloaded, ...times(8, fast)], 9],
    ['grow back to all it may have', [overloaded, ...times(120, fast)], 16],
    ['grow no more while it is slow', [fast, overloaded, ...times(50, slow)], 8],
    ['grow again when it stays that slow for long', [fast, overloaded, ...times(2000, slow)], 16],
  ]
  test.each(cases)('%s', (_title, shown, places) => {
    expect(placesOf(after(shown))).toBe(places)
  })
})

test('whatever a target shows, it gets one call at least and never more than it may have', () => {
  const shown = fc.record({
    durationMs: fc.nat({ max: 100_000 }),
    overloaded: fc.boolean(),
    stale: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(shown), fc.integer({ min: 1, max: 500 }), (calls, most) => {
      const limit = calls.reduce((l, one) => limitAfter(l, one, most), startLimit(most))
      expect(placesOf(limit)).toBeGreaterThanOrEqual(1)
      expect(placesOf(limit)).toBeLessThanOrEqual(most)
    }),
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs, jitteredMs } from '../../dispatcher/backoff.ts'

const backoff = { firstMs: 1_000, capMs: 600_000 }

test.each([
  // failures, drawn number, milliseconds
  [1, 0, 500],
  [1, 0.5, 1_000],
  [1, 0.999, 1_998],
  [2, 0.5, 2_000],
  [3, 0.5, 4_000],
  [9, 0.5, 256_000],
  [10, 0.5, 300_000],
  [10_000, 0.5, 300_000],
])('after %i failures a draw of %d waits %i ms', (failures, drawn, ms) => {
  expect(backoffMs(failures, backoff, () => drawn)).toBe(ms)
})

test('a wait is never shorter than half of the first nor longer than the cap', () => {
  const drawn = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const backoffs = fc.record({ firstMs: fc.nat(100_000), capMs: fc.nat(1_000_000) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), backoffs, drawn, (failures, limits, draw) => {
      const ms = backoffMs(failures, limits, () => draw)
      expect(ms).toBeGreaterThanOrEqual(Math.min(limits.firstMs / 2, limits.capMs))
      expect(ms).toBeLessThanOrEqual(limits.capMs)
    }),
  )
})

test.each([
  [0, 4_000],
  [0.5, 5_000],
  [0.9999, 5_999.8],
])('a draw of %d turns 5 s into %d ms', (drawn, ms) => {
  expect(jitteredMs(5_000, () => drawn)).toBeCloseTo(ms)
})

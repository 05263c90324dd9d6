import { expect, test } from 'vitest'
import { lookAhead } from '../../dispatcher/look-ahead.ts'

test.each([
  // finished, in ms, a lease takes ms, least, most, look-ahead
  [0, 50, 0, 8, 512, 8],
  [200, 100, 0, 8, 512, 200],
  [200, 50, 0, 8, 512, 400],
  [200, 10, 0, 8, 512, 512],
  [3, 1_000, 0, 8, 512, 8],
  [4, 0, 0, 8, 512, 400],
  [30, 100, 12, 8, 512, 30],
  [30, 100, 40, 8, 512, 96],
  [30, 100, 9_000, 8, 512, 300],
  [0, 0, 0, 0, 0, 0],
  [200, 100, 0, 0, 0, 0],
])(
  '%i finished in %i ms, a lease takes %i ms, from %i to %i: %i are held ahead',
  (finished, elapsedMs, leaseMs, least, most, ahead) => {
    expect(lookAhead({ finished, elapsedMs, leaseMs }, { least, most })).toBe(ahead)
  },
)

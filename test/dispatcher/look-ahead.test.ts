import { expect, test } from 'vitest'
import { lookAhead } from '../../dispatcher/look-ahead.ts'

test.each([
  // finished, in ms, least, most, look-ahead
  [0, 50, 8, 512, 8],
  [200, 100, 8, 512, 200],
  [200, 50, 8, 512, 400],
  [200, 10, 8, 512, 512],
  [3, 1_000, 8, 512, 8],
  [4, 0, 8, 512, 400],
  [0, 0, 0, 0, 0],
  [200, 100, 0, 0, 0],
])('%i finished in %i ms, from %i to %i: %i are held ahead', (finished, ms, least, most, ahead) => {
  expect(lookAhead(finished, ms, { least, most })).toBe(ahead)
})

import { expect, test } from 'vitest'
import { reportPauseMs } from '../../dispatcher/report-pause.ts'

test.each([
  [0, 0],
  [8, 16],
  [50, 100],
  [60_000, 100],
])('after a report that took %i ms outcomes gather for %i ms', (durationMs, pauseMs) => {
  expect(reportPauseMs(durationMs)).toBe(pauseMs)
})

import type { Clock } from '#contract'

/** Timers end at 2^31 - 1 ms; beyond it they would fire at once. */
const longestTimerMs = 2 ** 31 - 1

export const realClock: Clock = {
  now: Date.now,
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, longestTimerMs))
    return () => clearTimeout(timer)
  },
}

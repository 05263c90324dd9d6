import type { Clock } from '#contract'

export type ManualClock = Clock & {
  /** How many call backs are still to come. */
  timerCount(): number
  /**
   * Moves time on, and calls back what becomes due on the way, each at its own moment and in order. All that
   * follows from a call back without further time has happened before the next one.
   */
  advance(ms: number): Promise<void>
}

type Timer = { readonly atMs: number; readonly callback: () => void }

/** More turns of the event loop than any chain of answers in a test needs to come to rest. */
const turnsToRest = 20

/**
 * A clock that stands still until it is advanced. While somebody `isAtWork` in real time, as a database server is, it
 * does not move on.
 */
export const createManualClock = (start = 0, isAtWork = () => false): ManualClock => {
  let now = start
  // In the order they were set, which decides between timers of the same moment.
  const timers = new Set<Timer>()

  const rest = async (): Promise<void> => {
    for (let turn = 0; turn < turnsToRest; turn = isAtWork() ? 0 : turn + 1) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  const takeEarliest = (endMs: number): Timer | undefined => {
    let earliest: Timer | undefined
    for (const timer of timers) {
      if (timer.atMs <= endMs && (earliest === undefined || timer.atMs < earliest.atMs)) {
        earliest = timer
      }
    }
    if (earliest !== undefined) timers.delete(earliest)
    return earliest
  }

  return {
    now: () => now,

    timerCount: () => timers.size,

    after(ms, callback) {
      const timer = { atMs: now + Math.max(0, ms), callback }
      timers.add(timer)
      return () => {
        timers.delete(timer)
      }
    },

    async advance(ms) {
      const endMs = now + ms
      await rest()
      for (let timer = takeEarliest(endMs); timer !== undefined; timer = takeEarliest(endMs)) {
        now = timer.atMs
        timer.callback()
        await rest()
      }
      now = endMs
      await rest()
    },
  }
}

import type { Clock } from '#contract'

/** Something that rises and falls, and its average over time. */
export type Meter = {
  change(by: number): void
  /** Over the time since it was last taken. */
  takeAverage(): number
}

export const createMeter = (clock: Clock): Meter => {
  let level = 0
  let area = 0
  let takenMs = clock.now()
  let changedMs = takenMs

  const settle = (): void => {
    const nowMs = clock.now()
    area += level * (nowMs - changedMs)
    changedMs = nowMs
  }

  return {
    change(by) {
      settle()
      level += by
    },

    takeAverage() {
      settle()
      const passedMs = changedMs - takenMs
      const average = passedMs === 0 ? level : area / passedMs
      area = 0
      takenMs = changedMs
      return average
    },
  }
}

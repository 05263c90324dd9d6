import type { Clock } from '#contract'

/** Cuts off what takes too long. */
export type Deadlines = {
  begin(controller: AbortController): void
  end(controller: AbortController): void
  /** Forgets all, cutting off none. */
  clear(): void
}

/**
 * Deadlines for calls that all may take the same time. One timer serves all of them: it waits for the oldest and is
 * left alone when that one ends in time, so a call that is quick costs no timer.
 */
export const createDeadlines = (clock: Clock, timeoutMs: number): Deadlines => {
  // In the order of their deadlines, because a Map keeps the order of insertion.
  const lastMoments = new Map<AbortController, number>()
  let cancelTimer: (() => void) | undefined

  const watchOldest = (): void => {
    const [oldest] = lastMoments.values()
    if (oldest === undefined || cancelTimer !== undefined) return
    cancelTimer = clock.after(Math.max(0, oldest - clock.now()), () => {
      cancelTimer = undefined
      cutOffLate()
      watchOldest()
    })
  }

  const cutOffLate = (): void => {
    const now = clock.now()
    for (const [controller, lastMoment] of lastMoments) {
      if (lastMoment > now) return
      lastMoments.delete(controller)
      controller.abort(new Error(`No answer within ${timeoutMs / 1_000} s`))
    }
  }

  return {
    begin(controller) {
      lastMoments.set(controller, clock.now() + timeoutMs)
      watchOldest()
    },

    end(controller) {
      lastMoments.delete(controller)
    },

    clear() {
      lastMoments.clear()
      cancelTimer?.()
      cancelTimer = undefined
    },
  }
}

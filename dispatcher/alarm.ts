import type { Clock } from '#contract'

/** Rings once, at the moment last set. */
export type Alarm = {
  set(atMs: number): void
  clear(): void
}

export const createAlarm = (clock: Clock, ring: () => void): Alarm => {
  let armedMs: number | undefined
  let cancel: (() => void) | undefined

  const clear = (): void => {
    cancel?.()
    cancel = undefined
    armedMs = undefined
  }

  return {
    set(atMs) {
      if (atMs === armedMs) return
      clear()
      armedMs = atMs
      cancel = clock.after(Math.max(0, atMs - clock.now()), () => {
        clear()
        ring()
      })
    },

    clear,
  }
}

import type { Clock } from '#contract'

export type BellOptions = {
  readonly clock: Pick<Clock, 'after'>
  /** When it fires nobody waits any more. */
  readonly signal: AbortSignal
  /** What rings it; none for a wait that only time ends. Answers how to stop. */
  readonly onChange?: (listener: () => void) => () => void
}

export type Bell = {
  /** Until it rings, or the time is over, or the signal fires. What rang since the last wait counts. */
  wait(ms: number): Promise<void>
  stop(): void
}

export const createBell = ({ clock, signal, onChange }: BellOptions): Bell => {
  let hasRung = false
  let wake = (): void => undefined
  const ring = (): void => {
    hasRung = true
    wake()
  }
  const stop = onChange?.(ring)
  signal.addEventListener('abort', ring)
  return {
    async wait(ms) {
      if (!hasRung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const cancel = clock.after(ms, resolve)
          wake = () => {
            cancel()
            resolve()
          }
        })
      }
      hasRung = false
    },
    stop() {
      stop?.()
      signal.removeEventListener('abort', ring)
    },
  }
}

/** Waits for a time, or until the signal fires. */
export const pause = async (
  clock: Pick<Clock, 'after'>,
  ms: number,
  signal: AbortSignal,
): Promise<void> => {
  const bell = createBell({ clock, signal })
  await bell.wait(ms)
  bell.stop()
}

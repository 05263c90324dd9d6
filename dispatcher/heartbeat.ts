import type { Clock } from '#contract'

/** Beats while it is needed, and costs nothing while it is not. */
export type Heartbeat = {
  /** Begins when it is needed and does not beat yet. */
  start(): void
  stop(): void
}

export type HeartbeatOptions = {
  readonly clock: Clock
  readonly everyMs: number
  readonly isNeeded: () => boolean
  /** Never rejects. The next beat waits for it. */
  readonly beat: () => Promise<void>
}

export const createHeartbeat = ({
  clock,
  everyMs,
  isNeeded,
  beat,
}: HeartbeatOptions): Heartbeat => {
  let beating = false
  let stopped = false
  let cancel: (() => void) | undefined

  const start = (): void => {
    if (beating || stopped || !isNeeded()) return
    beating = true
    cancel = clock.after(everyMs, () => void beatOnce())
  }

  const beatOnce = async (): Promise<void> => {
    if (isNeeded()) await beat()
    beating = false
    start()
  }

  return {
    start,

    stop() {
      stopped = true
      cancel?.()
    },
  }
}

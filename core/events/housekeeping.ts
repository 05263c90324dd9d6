import type { Clock } from '#contract'
import type { Retention, Store } from '../store/port.ts'
import { pause } from './bell.ts'

export type HousekeepingOptions = {
  readonly store: Pick<Store, 'keepWithin'>
  readonly clock: Pick<Clock, 'after'>
  readonly log: { warn(fields: object, message: string): void }
  readonly retention: Retention
}

const everyMs = 60_000

/** Forgets again and again what has become too old. */
export const startHousekeeping = (options: HousekeepingOptions): { close(): Promise<void> } => {
  const { store, clock, log, retention } = options
  const stop = new AbortController()
  const run = async (): Promise<void> => {
    for (;;) {
      await pause(clock, everyMs, stop.signal)
      if (stop.signal.aborted) return
      await store
        .keepWithin(retention)
        .catch((error: unknown) => log.warn({ err: error }, 'Cannot forget what is too old'))
    }
  }
  const running = run()
  return {
    async close() {
      stop.abort()
      await running
    },
  }
}

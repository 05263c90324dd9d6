import type { Clock } from '#contract'
import type { Retention, Store } from '../store/port.ts'
import { pause } from './bell.ts'

export type HousekeepingOptions = {
  readonly store: Pick<Store, 'keepWithin' | 'endHolds' | 'deliveries'>
  readonly clock: Pick<Clock, 'after'>
  readonly log: { warn(fields: object, message: string): void }
  readonly retention: Retention
}

type Chore = {
  readonly everyMs: number
  readonly work: () => Promise<void>
  readonly complaint: string
}

/** Forgets again and again what has become too old, and lets go what was kept for policies. */
export const startHousekeeping = (options: HousekeepingOptions): { close(): Promise<void> } => {
  const { store, clock, log, retention } = options
  const chores: readonly Chore[] = [
    {
      everyMs: 60_000,
      work: () => store.keepWithin(retention),
      complaint: 'Cannot forget what is too old',
    },
    {
      everyMs: 60_000,
      work: async () => {
        const lost = await store.deliveries.prune()
        if (lost > 0) log.warn({ events: lost }, 'Too many dead letters: the oldest are lost')
      },
      complaint: 'Cannot forget events that were dealt with',
    },
    { everyMs: 5_000, work: () => store.endHolds(), complaint: 'Cannot let deleted records go' },
  ]
  const stop = new AbortController()
  const repeat = async ({ everyMs, work, complaint }: Chore): Promise<void> => {
    for (;;) {
      await pause(clock, everyMs, stop.signal)
      if (stop.signal.aborted) return
      await work().catch((error: unknown) => log.warn({ err: error }, complaint))
    }
  }
  const running = chores.map(repeat)
  return {
    async close() {
      stop.abort()
      await Promise.all(running)
    },
  }
}

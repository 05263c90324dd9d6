import { CoreError } from '../errors.ts'
import { coreItself } from '../store/changes/watching.ts'
import type { ChangeLog, Changes, Store } from '../store/port.ts'
import { createBell, pause } from './bell.ts'
import { createDelivery, deliveryMs, type DeliveryOptions } from './deliver.ts'

export type PublisherOptions = DeliveryOptions & {
  readonly store: Pick<Store, 'changes' | 'onChange' | 'publishing'>
  /** Names this core among those on the same database. */
  readonly owner: string
}

export type Publisher = {
  /** Milliseconds since the oldest change that the sink has not taken; 0 for none, or while another core publishes. */
  lagMs(): number
  /** Stops; what is not taken by then comes again, here or from another core. */
  close(): Promise<void>
}

const name = 'sink'

const changesAtOnce = 200
/** How long a core that is not heard of stays the one that publishes. */
const holdMs = 40_000
const renewMs = 10_000
const safetyMs = 10_000
const unsettledMs = 200
const afterErrorMs = 2_000

/**
 * Brings every change to the sink, at least once, in order for each record, from where the last core left off. One
 * core at a time does. How far it came is noted after each page of changes, so a page may come twice.
 */
export const startPublisher = (options: PublisherOptions): Publisher => {
  const { store, clock, log, owner } = options
  const { publishing } = store
  const stop = new AbortController()
  const deliverAll = createDelivery(options)
  const changes: ChangeLog = store.changes(coreItself)
  let oldest: number | undefined
  let heldUntil = 0

  // No event is posted that could still be under way when another core begins.
  const mayGoOn = (): boolean => clock.now() < heldUntil - deliveryMs

  const take = async (): Promise<string | undefined> => {
    const asked = clock.now()
    const position = await publishing.take(name, owner, holdMs, await changes.position())
    heldUntil = position === undefined ? 0 : asked + holdMs
    return position
  }

  const renewing = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      await pause(clock, renewMs, signal)
      if (signal.aborted) return
      await take().catch((error: unknown) => log.warn({ err: error }, 'Cannot reach the database'))
    }
  }

  /** A position that is too old is no reason to stop, but one to tell. */
  const read = async (after: string): Promise<Changes> => {
    try {
      return await changes.changes({ after, limit: changesAtOnce })
    } catch (error) {
      if (!(error instanceof CoreError) || error.code !== 'GONE') throw error
      log.error({ position: after }, 'Changes were forgotten before the sink took them')
      return changes.changes({ after: undefined, limit: changesAtOnce })
    }
  }

  const publishFrom = async (start: string, signal: AbortSignal): Promise<void> => {
    const bell = createBell({ clock, signal, onChange: (listener) => store.onChange(listener) })
    try {
      for (let after = start; mayGoOn() && !signal.aborted;) {
        const page = await read(after)
        oldest = page.changes[0]?.at
        if (!(await deliverAll(page.changes, signal, mayGoOn))) return
        if (page.position !== after) {
          const asked = clock.now()
          if (!(await publishing.advance(name, owner, holdMs, page.position))) return
          heldUntil = Math.max(heldUntil, asked + holdMs)
          after = page.position
        }
        oldest = undefined
        if (!page.more) await bell.wait(page.unsettled ? unsettledMs : safetyMs)
      }
    } finally {
      bell.stop()
      oldest = undefined
    }
  }

  const turn = async (): Promise<void> => {
    const start = await take()
    if (start === undefined) return pause(clock, renewMs, stop.signal)
    const end = new AbortController()
    const renewal = renewing(AbortSignal.any([stop.signal, end.signal]))
    try {
      await publishFrom(start, stop.signal)
    } finally {
      end.abort()
      await renewal
    }
  }

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await turn().catch(async (error: unknown) => {
        log.error({ err: error }, 'Publishing changes failed; it is tried again')
        await pause(clock, afterErrorMs, stop.signal)
      })
    }
    await publishing.release(name, owner).catch(() => undefined)
  }

  const running = run()
  return {
    lagMs: () => (oldest === undefined ? 0 : Math.max(0, clock.now() - oldest / 1000)),
    async close() {
      stop.abort()
      await running
    },
  }
}

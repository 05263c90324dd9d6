import { createHash } from 'node:crypto'

type Event = {
  readonly atMs: number
  readonly order: number
  readonly happen: () => void | Promise<void>
}

/** The only time there is in a simulation. One event happens after the other, and nothing beside them. */
export type Timeline = {
  /** Milliseconds since 1970. */
  now(): number
  /** Lets something happen once, so many milliseconds from now; answers how to cancel. */
  after(ms: number, happen: () => void | Promise<void>): () => void
  /** Runs events in order until that many milliseconds from now, or until it holds. */
  pass(ms: number, until?: () => boolean): Promise<void>
  /** Notes what happens, for a reader and for the digest. */
  note(text: string): void
  readonly notes: readonly string[]
  /** The same for two simulations in which the same happened. */
  digest(): string
}

const startMs = Date.UTC(2026, 0, 1)

/** Turns of the event loop after which all that follows from an event without further time has happened. */
const turnsToRest = 3

const rest = async (): Promise<void> => {
  for (let turn = 0; turn < turnsToRest; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export const createTimeline = (): Timeline => {
  let now = startMs
  let scheduled = 0
  // Few at a time, so a sorted list does: the next one is the last.
  const events: Event[] = []
  const notes: string[] = []

  const insert = (event: Event): void => {
    let low = 0
    let high = events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (events[middle]!.atMs > event.atMs) low = middle + 1
      else high = middle
    }
    events.splice(low, 0, event)
  }

  return {
    now: () => now,

    after(ms, happen) {
      scheduled += 1
      const event = { atMs: now + Math.max(0, Math.ceil(ms)), order: scheduled, happen }
      insert(event)
      return () => {
        const index = events.indexOf(event)
        if (index >= 0) events.splice(index, 1)
      }
    },

    async pass(ms, until = () => false) {
      const endMs = now + ms
      await rest()
      while (!until()) {
        const event = events.at(-1)
        if (event === undefined || event.atMs > endMs) {
          now = endMs
          return
        }
        events.pop()
        now = event.atMs
        await event.happen()
        await rest()
      }
    },

    note(text) {
      notes.push(`${((now - startMs) / 1000).toFixed(3).padStart(9)} ${text}`)
    },

    notes,
    digest: () => createHash('sha256').update(notes.join('\n')).digest('hex').slice(0, 16),
  }
}

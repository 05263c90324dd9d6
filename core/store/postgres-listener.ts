import type { Client } from 'pg'
import type { Clock, Random } from '#contract'

export type ListenerOptions = {
  /** A connection that is not connected yet. */
  readonly client: () => Client
  readonly clock: Clock
  readonly random: Random
}

export type Listener = {
  /** Rejects when the first connection cannot be made. */
  listen(channel: string, listener: () => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

const firstPauseMs = 100
const longestPauseMs = 10_000

/**
 * One connection that hears what others notify. A lost one is made anew, for as long as it takes, with growing
 * pauses; after that every listener is called, because something may have been missed meanwhile.
 */
export const createListener = ({ client, clock, random }: ListenerOptions): Listener => {
  const listeners = new Map<string, Set<() => void>>()
  let connection: Promise<Client> | undefined
  let failures = 0
  let closed = false
  let cancelPause = (): void => undefined

  const call = (channel: string): void => {
    for (const listener of listeners.get(channel) ?? []) listener()
  }

  const connect = async (): Promise<Client> => {
    const made = client()
    const state = { isUp: false, isLost: false }
    const lose = (): void => {
      // Before it is up, whoever waits for it hears of it, and only he makes another one.
      if (state.isUp && !state.isLost) reconnectLater()
      state.isLost = true
    }
    made.on('error', lose)
    made.on('end', lose)
    made.on('notification', ({ channel }) => call(channel))
    try {
      await made.connect()
      for (const channel of listeners.keys()) await made.query(`listen ${channel}`)
      if (state.isLost) throw new Error('The connection was lost as soon as it was made')
      state.isUp = true
      return made
    } catch (error) {
      await made.end().catch(() => undefined)
      throw error
    }
  }

  const reconnectLater = (): void => {
    if (closed) return
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** failures) * (0.5 + random() / 2)
    failures += 1
    cancelPause = clock.after(pauseMs, () => {
      connection = connect()
      connection.then(
        () => {
          failures = 0
          for (const channel of listeners.keys()) call(channel)
        },
        () => reconnectLater(),
      )
    })
  }

  return {
    async listen(channel, listener) {
      const known = listeners.get(channel)
      const set = known ?? new Set()
      set.add(listener)
      listeners.set(channel, set)
      if (connection === undefined) {
        const first = connect()
        try {
          await first
        } catch (error) {
          set.delete(listener)
          throw error
        }
        connection = first
      } else if (known === undefined) {
        // One that is being made anew listens to all channels that there are.
        const current = await connection.catch(() => undefined)
        await current?.query(`listen ${channel}`).catch(() => undefined)
      }
      return () => {
        set.delete(listener)
        return Promise.resolve()
      }
    },
    async close() {
      closed = true
      cancelPause()
      const current = await connection?.catch(() => undefined)
      await current?.end().catch(() => undefined)
    },
  }
}

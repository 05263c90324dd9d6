import type { Database, Sql } from '#core'
import { until } from '../support/until.ts'

/** A place in a transaction where it stops until it is let go. */
type Pause = {
  /** Resolves when a transaction has come there. */
  readonly reached: Promise<void>
  letGo(): void
}

export type PausingDatabase = Database & {
  /** Stops the next transaction that comes to a statement with this text; `commit` stops before the commit. */
  pauseBefore(text: string): Pause
}

/** A database whose transactions stop where a test says, so that two can be interleaved as it wants. */
export const pausing = (database: Database): PausingDatabase => {
  const pauses = new Map<string, () => Promise<void>>()
  const passing = async (text: string): Promise<void> => {
    for (const [place, pause] of pauses) {
      if (!text.includes(place)) continue
      pauses.delete(place)
      await pause()
    }
  }
  return {
    ...database,
    transaction: (work) =>
      database.transaction(async (sql, attempt) => {
        const watched: Sql = {
          async query<Row>(text: string, parameters?: readonly unknown[]) {
            await passing(text)
            return sql.query<Row>(text, parameters)
          },
        }
        const result = await work(watched, attempt)
        await passing('commit')
        return result
      }),
    pauseBefore(text) {
      let letGo = (): void => undefined
      let arrive = (): void => undefined
      const reached = new Promise<void>((resolve) => (arrive = resolve))
      const gone = new Promise<void>((resolve) => (letGo = resolve))
      pauses.set(text, () => {
        arrive()
        return gone
      })
      return { reached, letGo }
    },
  }
}

/** Waits until the work has ended, or waits for a lock that another transaction holds. */
export const endedOrBlocked = async (database: Database, work: Promise<unknown>): Promise<void> => {
  let ended = false
  const end = (): void => void (ended = true)
  work.then(end, end)
  await until('the end of the work, or its waiting for a lock', async () => {
    if (ended) return true
    const blocked = await database.query(
      `select from pg_stat_activity
       where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`,
    )
    return blocked.length > 0
  })
}

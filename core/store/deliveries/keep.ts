import type { Database, Sql } from '../database.ts'
import type { DeliveryState } from './row.ts'

/** Those that were dealt with are known again when they come once more, so many at most, and so long. */
const doneKept = 200_000
const doneKeptMicros = 7 * 24 * 60 * 60 * 1_000_000

/** Dead letters that nobody looked at. */
const deadKept = 10_000

/** Removed in one transaction, so that nobody waits long. */
const removedAtOnce = 1000

/** The place up to which there are more than may be kept. */
const surplusUntil = async (sql: Sql, state: DeliveryState, kept: number): Promise<number> => {
  const [first] = await sql.query<{ place: number }>(
    `select place from delivery where state = $1 order by place desc offset $2 limit 1`,
    [state, kept],
  )
  return first?.place ?? 0
}

const remove = async (
  database: Database,
  state: DeliveryState,
  until: number,
  before: number | null,
): Promise<number> => {
  for (let total = 0; ;) {
    const removed = await database.query(
      `delete from delivery
       where place = any(array(
           select place from delivery where state = $1 order by place limit ${removedAtOnce}))
         and state = $1 and (place <= $2 or ended < $3)
       returning place`,
      [state, until, before],
    )
    total += removed.length
    if (removed.length < removedAtOnce) return total
  }
}

/**
 * Forgets what is older than it may become. Answers how many dead letters there were among it.
 *
 * @param now microseconds since 1970
 */
export const pruneDeliveries = async (database: Database, now: number): Promise<number> => {
  const done = await surplusUntil(database, 'done', doneKept)
  await remove(database, 'done', done, now - doneKeptMicros)
  const dead = await surplusUntil(database, 'dead', deadKept)
  return remove(database, 'dead', dead, null)
}

import type { Sql } from '../database.ts'

/** Apart from the other locks that are taken by the hash of a text. */
const lineLock = 3

const distinct = (lines: readonly (string | null)[]): readonly string[] =>
  [...new Set(lines.filter((line) => line !== null))].toSorted()

/**
 * Waits until nobody else adds to these lines or takes from them; until the transaction ends nobody does. Only the next
 * statement sees what was done meanwhile.
 */
export const lockLines = async (sql: Sql, lines: readonly (string | null)[]): Promise<void> => {
  const locked = distinct(lines)
  if (locked.length === 0) return
  await sql.query(
    `select pg_advisory_xact_lock(hashtextextended(k.line, ${lineLock}))
     from unnest($1::text[]) k(line)`,
    [locked],
  )
}

/**
 * Lets the first of each line go, unless one of it goes already. The lines are locked. Answers whether there was any.
 */
export const advance = async (sql: Sql, lines: readonly (string | null)[]): Promise<boolean> => {
  const moved = distinct(lines)
  if (moved.length === 0) return false
  const first = await sql.query(
    `update delivery d set parked = false
     from unnest($1::text[]) k(line), lateral (
       select f.place from delivery f
       where f.line = k.line and f.parked and f.state = 'ready' order by f.place limit 1
     ) first
     where d.place = first.place
       and not exists (
         select from delivery g where g.line = k.line and not g.parked and g.state = 'ready')
     returning d.place`,
    [moved],
  )
  return first.length > 0
}

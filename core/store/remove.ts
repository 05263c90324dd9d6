import type { Sql } from './database.ts'
import { dropKeys } from './keys.ts'
import { reap } from './reap.ts'
import type { RowKey } from './row.ts'
import { stopWaiting, wakeDispatchers, wakeWaiters } from './wake.ts'

/**
 * Soft-deletes a live record and, as XOS does, everything that links to it, transitively; then lets go what
 * needs no delete step. The caller has checked that the record is live.
 *
 * @param now microseconds since 1970
 */
export const softDelete = async (sql: Sql, key: RowKey, now: number): Promise<void> => {
  const deleted = await sql.query<RowKey & { pending: boolean }>(
    `with recursive doomed as (
       select $1::text as root, $2::int as id
       union
       select l.source_root, l.source_id
       from link l join doomed d on l.target_root = d.root and l.target_id = d.id
       where not l.many
     )
     update record r
     set deleted = true, enacted = null, policed = null, revision = nextval('revision'),
         next_run = $3, parked = false, attempts = 0, failures = 0
     from doomed d
     where r.root = d.root and r.id = d.id and not r.deleted
     returning r.root, r.id, r.pending`,
    [key.root, key.id, now],
  )
  await dropKeys(sql, deleted)
  await stopWaiting(sql, deleted)
  await wakeWaiters(
    sql,
    deleted.filter(({ pending }) => !pending),
  )
  await reap(sql, deleted)
  await wakeDispatchers(sql)
}

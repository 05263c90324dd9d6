import type { Sql } from './database.ts'
import { forget } from './history.ts'
import type { RowKey } from './row.ts'
import { wakeWaiters } from './wake.ts'

/** SQL that is true while a polling synchronizer has still to see that the record was deleted. */
export const isHeld = (record: string): string =>
  `(${record}.policy_until is not null
     and (${record}.policed is null or ${record}.policed < ${record}.updated))`

/** SQL that is true while the policy of the model has still to take back what it did for the record. */
const isPolicyToCall = (record: string): string =>
  `(${record}.backend_need_delete_policy
     and exists (select from policy p where p.model = ${record}.leaf))`

/**
 * Removes soft-deleted records for good: those that never were sent to a function, and those whose
 * `delete_record` succeeded (`backend_need_reap`). One that others still link to stays until they are gone, so
 * each removal looks at what the removed record linked to, and no removal looks at the whole table.
 *
 * Unlike the original's reaper it never races the delete step: while `backend_need_delete` asks for one,
 * the record stays, and while policies have still to see that it was deleted. Where a client says that the step is done,
 * it goes although somebody else runs the step now; the report of that is refused.
 */
export const reap = async (sql: Sql, keys: readonly RowKey[]): Promise<void> => {
  let candidates = keys
  while (candidates.length > 0) {
    // First the lock, so that the next statement sees what others did with them until now.
    await sql.query(
      `select from record r join (select distinct root, id from jsonb_to_recordset($1::jsonb) k(root text, id int)) k
         on r.root = k.root and r.id = k.id
       where r.deleted
       order by r.root, r.id
       for update of r`,
      [JSON.stringify(candidates)],
    )
    const gone = await sql.query<RowKey>(
      `select r.root, r.id
       from record r join (select distinct root, id from jsonb_to_recordset($1::jsonb) k(root text, id int)) k
         on r.root = k.root and r.id = k.id
       where r.deleted and not ${isHeld('r')} and not ${isPolicyToCall('r')}
         and (r.backend_need_reap
           or r.lease_owner is null and not (r.backend_need_delete or r.backend_need_delete_policy))
         and not exists (
           select from link l
           where l.target_root = r.root and l.target_id = r.id and not l.many
             and (l.source_root, l.source_id) <> (r.root, r.id)
           -- Looked up by itself, as waits are; see wake.ts.
           order by l.field offset 0)
       for update of r`,
      [JSON.stringify(candidates)],
    )
    if (gone.length === 0) return
    const goneText = JSON.stringify(gone)
    candidates = await sql.query<RowKey>(
      `select distinct l.target_root as root, l.target_id as id
       from link l join jsonb_to_recordset($1::jsonb) k(root text, id int)
         on l.source_root = k.root and l.source_id = k.id
       where (l.target_root, l.target_id) <> (k.root, k.id)`,
      [goneText],
    )
    await sql.query(
      `delete from record r using jsonb_to_recordset($1::jsonb) k(root text, id int)
       where r.root = k.root and r.id = k.id`,
      [goneText],
    )
    await forget(sql, gone)
    await wakeWaiters(sql, gone)
  }
}

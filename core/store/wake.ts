import type { Sql } from './database.ts'
import type { RowKey } from './row.ts'

/** The channel that carries "something may have become due" to every dispatcher. */
export const wakeChannel = 'syncstep_wake'

/** Wakes the dispatchers once the transaction commits. */
export const wakeDispatchers = async (sql: Sql): Promise<void> => {
  await sql.query(`select pg_notify('${wakeChannel}', '')`)
}

/** Lets records run whose waiting is over because they changed themselves. */
export const stopWaiting = async (sql: Sql, keys: readonly RowKey[]): Promise<void> => {
  await sql.query(
    `delete from wait w using jsonb_to_recordset($1::jsonb) k(root text, id int)
     where w.root = k.root and w.id = k.id`,
    [JSON.stringify(keys)],
  )
}

/**
 * Unparks what waited for these records and waits for nothing else. Call it for records that stopped being
 * pending. Answers how many it unparked.
 */
export const wakeWaiters = async (sql: Sql, keys: readonly RowKey[]): Promise<number> => {
  if (keys.length === 0) return 0
  // First the lock: of two that each end one of a record's waits, the later one has to see what the earlier did.
  const asleep = await sql.query(
    `select r.id
     from jsonb_to_recordset($1::jsonb) k(root text, id int)
       join wait w on w.on_root = k.root and w.on_id = k.id
       join record r on r.root = w.root and r.id = w.id
     order by r.root, r.id
     for update of r`,
    [JSON.stringify(keys)],
  )
  if (asleep.length === 0) return 0
  const waiters = await sql.query<RowKey>(
    `delete from wait w using jsonb_to_recordset($1::jsonb) k(root text, id int)
     where w.on_root = k.root and w.on_id = k.id
     returning w.root, w.id`,
    [JSON.stringify(keys)],
  )
  if (waiters.length === 0) return 0
  const woken = await sql.query(
    `update record r set parked = false
     from (select distinct root, id from jsonb_to_recordset($1::jsonb) k(root text, id int)) k
     where r.root = k.root and r.id = k.id and r.parked
       and not exists (select from wait w where w.root = r.root and w.id = r.id)
     returning r.id`,
    [JSON.stringify(waiters)],
  )
  return woken.length
}

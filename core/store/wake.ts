import type { Sql } from './database.ts'
import type { RowKey } from './row.ts'

/** The channel that carries "something may have become due" to every dispatcher. */
export const wakeChannel = 'syncstep_wake'

/** Wakes the dispatchers once the transaction commits. */
export const wakeDispatchers = async (sql: Sql): Promise<void> => {
  await sql.query(`select pg_notify('${wakeChannel}', '')`)
}

// Often many wait for one, or link to one, and the planner expects as many of the next: it would read the whole table.
// So each key is looked up by itself (`offset 0`), in the order of the index, which only the index has without sorting.

/** SQL of what waits for one record: `lateral` to whatever has its `root` and `id` under the given name. */
export const waitersSql = (on: string): string => `
  lateral (
    select w.ctid, w.root, w.id from wait w
    where w.on_root = ${on}.root and w.on_id = ${on}.id
    order by w.root, w.id offset 0
  )`

/** SQL of what one record waits for; see {@link waitersSql}. */
export const waitsSql = (waiter: string): string => `
  lateral (
    select w.ctid, w.on_root, w.on_id from wait w
    where w.root = ${waiter}.root and w.id = ${waiter}.id
    order by w.on_root, w.on_id offset 0
  )`

/** Lets records run whose waiting is over because they changed themselves. */
export const stopWaiting = async (sql: Sql, keys: readonly RowKey[]): Promise<void> => {
  await sql.query(
    `delete from wait where ctid = any(array(
       select w.ctid from jsonb_to_recordset($1::jsonb) k(root text, id int), ${waitsSql('k')} w))`,
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
     from (
       select distinct w.root, w.id
       from unnest($1::text[], $2::int[]) k(root, id), ${waitersSql('k')} w
       order by w.root, w.id
     ) w, lateral (
       select r.id from record r where r.root = w.root and r.id = w.id for update
     ) r`,
    [keys.map(({ root }) => root), keys.map(({ id }) => id)],
  )
  if (asleep.length === 0) return 0
  const waiters = await sql.query<RowKey>(
    `delete from wait where ctid = any(array(
       select w.ctid from jsonb_to_recordset($1::jsonb) k(root text, id int), ${waitersSql('k')} w))
     returning root, id`,
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

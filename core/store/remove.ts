import { CoreError } from '../errors.ts'
import type { Caller } from './caller.ts'
import type { Sql } from './database.ts'
import { renewEdges, startsThrough } from './edges.ts'
import { hold } from './hold.ts'
import { dropKeys } from './keys.ts'
import { dueAsChange } from './priority.ts'
import { reap } from './reap.ts'
import { rowKeyText, type RecordRow, type RowKey } from './row.ts'
import type { WriteContext } from './save/draft.ts'
import { countDeletedLinks } from './save/service-instance-link.ts'
import { stopWaiting, wakeDispatchers, wakeWaiters } from './wake.ts'
import { isWatched, settledStates, wakeWatchers } from './watch.ts'

/**
 * The record and everything that links to it, transitively, locked. Somebody may have linked another record to one
 * of them just before it was locked, so it looks again until it finds nothing but what it holds. Each is looked up by
 * itself, as waits are; see wake.ts.
 */
const lockDoomed = async (sql: Sql, key: RowKey): Promise<readonly RowKey[]> => {
  const held = new Set<string>()
  for (;;) {
    const doomed = await sql.query<RowKey>(
      `with recursive doomed as (
         select $1::text as root, $2::int as id
         union
         select l.source_root, l.source_id
         from doomed d, lateral (
           select l.source_root, l.source_id from link l
           where l.target_root = d.root and l.target_id = d.id and not l.many
           order by l.field offset 0
         ) l
       )
       select r.root, r.id
       from (select root, id from doomed order by root, id) d, lateral (
         select r.root, r.id from record r
         where r.root = d.root and r.id = d.id and not r.deleted
         for update
       ) r`,
      [key.root, key.id],
    )
    if (doomed.every((row) => held.has(rowKeyText(row)))) return doomed
    for (const row of doomed) held.add(rowKeyText(row))
  }
}

/** Whom the policy lets delete users, and the sites they belong to, it lets not get rid of administrators. */
const guardAdministrators = async (
  sql: Sql,
  { isAdmin }: Caller,
  doomed: readonly RowKey[],
): Promise<void> => {
  if (isAdmin) return
  const [user] = await sql.query<RowKey>(
    `select r.root, r.id from record r join jsonb_to_recordset($1::jsonb) k(root text, id int)
       on r.root = k.root and r.id = k.id
     where r.root = 'User' and r.fields @> '{"is_admin": true}' order by r.id limit 1`,
    [JSON.stringify(doomed)],
  )
  if (user === undefined) return
  throw new CoreError(
    'PERMISSION_DENIED',
    `Only an administrator may delete User ${user.id}, who is one`,
  )
}

/** A record that was deleted just now, and whether a function waits for it. */
type Deleted = RowKey & Pick<RecordRow, 'deleted' | 'pending'> & { readonly watched: boolean }

const tellWatchers = async (sql: Sql, deleted: readonly Deleted[], now: number): Promise<void> => {
  const watched = deleted.filter((row) => row.watched)
  await wakeWatchers(
    sql,
    watched.map((row) => ({ ...row, states: row.pending ? ['changed'] : settledStates(row) })),
    now,
  )
}

/**
 * Soft-deletes a live record and, as XOS does, everything that links to it, transitively; then lets go what
 * needs no delete step and no policy. The caller has checked that the record is live, and may be deleted. Throws PERMISSION_DENIED
 * where an administrator would go with it who is not the caller's to delete.
 *
 * @param now microseconds since 1970
 */
export const softDelete = async (
  { sql, schema, caller }: Pick<WriteContext, 'sql' | 'schema' | 'caller'>,
  key: RowKey,
  now: number,
): Promise<void> => {
  const doomed = await lockDoomed(sql, key)
  await guardAdministrators(sql, caller, doomed)
  const starts = await startsThrough(sql, doomed)
  const deleted = await sql.query<Deleted>(
    `update record r
     set deleted = true, enacted = null, policed = null, revision = nextval('revision'),
         next_run = $2, parked = false, attempts = 0, failures = 0, traces = $3
     from jsonb_to_recordset($1::jsonb) k(root text, id int)
     where r.root = k.root and r.id = k.id and not r.deleted
     returning r.root, r.id, r.deleted, r.pending, ${isWatched('r')} as watched`,
    [JSON.stringify(doomed), dueAsChange(now), caller.traceparent ?? null],
  )
  await dropKeys(sql, deleted)
  await renewEdges(sql, starts)
  const counted = await countDeletedLinks(sql, deleted, now)
  await stopWaiting(sql, [...deleted, ...counted])
  // Nobody is synced after what is deleted, though its delete step may still be to come.
  await wakeWaiters(sql, deleted)
  await tellWatchers(sql, deleted, now)
  await hold(sql, schema, deleted, now)
  await reap(sql, deleted)
  await wakeDispatchers(sql)
}

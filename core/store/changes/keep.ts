import type { Database, Sql } from '../database.ts'

/** How much of the past is kept. */
export type Retention = {
  /** Changes, at most, and how old they become. */
  readonly changes: number
  readonly changesMs: number
  /** How old entries of the audit become. */
  readonly auditMs: number
}

/** Removed in one transaction, so that nobody waits long. */
const removedAtOnce = 1000

/**
 * Makes the log's state where there is none. Where no other core can use the database, nobody else publishes. The
 * caller holds the lock of the schema.
 */
export const startLog = async (sql: Sql, now: number, isExclusive: boolean): Promise<void> => {
  await sql.query(
    `insert into change_log (epoch, pruned) values ($1, 0) on conflict (one) do nothing`,
    [now],
  )
  if (isExclusive) await sql.query(`update publisher set owner = null`)
}

/** Forgets all changes, and makes every position so far one of another log: after records came from elsewhere. */
export const restartLog = async (sql: Sql, now: number): Promise<void> => {
  await sql.query(`delete from change`)
  await sql.query(
    `insert into change_log (epoch, pruned) select $1, last_value from revision
     on conflict (one) do update
     set epoch = greatest(change_log.epoch + 1, excluded.epoch), pruned = excluded.pruned`,
    [now],
  )
}

const pruneChanges = async (sql: Sql, until: number, before: number): Promise<number> => {
  const [state] = await sql.query(`select from change_log for update skip locked`)
  if (state === undefined) return 0
  const [removed] = await sql.query<{ count: number }>(
    `with oldest as materialized (
       select revision, at from change order by revision limit ${removedAtOnce}
     ),
     gone as (
       delete from change
       where revision <= (select max(revision) from oldest where revision <= $1 or at < $2)
       returning revision
     ),
     noted as (
       update change_log set pruned = greatest(pruned, (select max(revision) from gone))
       where exists (select from gone)
     )
     select count(*)::int as count from gone`,
    [until, before],
  )
  return removed?.count ?? 0
}

const pruneAudit = async (sql: Sql, before: number): Promise<number> => {
  const removed = await sql.query(
    `delete from audit
     where at < $1 and revision in (
       select revision from audit order by revision limit ${removedAtOnce} for update skip locked)
     returning revision`,
    [before],
  )
  return removed.length
}

/**
 * Removes what is older than it may become, in small steps, and what has run out.
 *
 * @param now microseconds since 1970
 */
export const keepWithin = async (
  database: Database,
  { changes, changesMs, auditMs }: Retention,
  now: number,
): Promise<void> => {
  const [first] = await database.query<{ revision: number }>(
    `select revision from change order by revision desc offset $1 limit 1`,
    [changes],
  )
  const steps = [
    (sql: Sql) => pruneChanges(sql, first?.revision ?? 0, now - changesMs * 1000),
    (sql: Sql) => pruneAudit(sql, now - auditMs * 1000),
  ]
  for (const step of steps) {
    for (;;) if ((await database.transaction(step)) < removedAtOnce) break
  }
  await database.query(`delete from token where expires <= $1`, [now])
  await database.query(`delete from session where expires_at <= $1`, [now / 1000])
}

import { leaseMs, type Leased, type StepKind, type Want } from '#contract'
import type { Sql } from './database.ts'
import { endDeliveryLeases, leaseDeliveries } from './deliveries/lease.ts'
import { workOf, type DueCall, type LeaseContext, type LeasedRow } from './leased-work.ts'
import { blockersSql, park, parkForPolicies, waitsForPolicy } from './park.ts'
import { leasePolicies, nextPolicySql } from './policies/lease.ts'
import { reap } from './reap.ts'
import { giveTurnsOf, nextTurnSql } from './resync.ts'
import { stampOf, type RecordRow, type RowKey } from './row.ts'
import { wakeDispatchers } from './wake.ts'

/** Notes that the dispatcher lives, and ends the leases of those that have been silent too long. */
export const touchDispatcher = async (
  { sql, now }: Pick<LeaseContext, 'sql' | 'now'>,
  name: string,
): Promise<void> => {
  const silent = await sql.query<{ name: string }>(
    `with alive as (
       insert into dispatcher (name, expires) values ($1, $2)
       on conflict (name) do update set expires = excluded.expires
     )
     delete from dispatcher where expires <= $3 and name <> $1 returning name`,
    [name, now + leaseMs * 1000, now],
  )
  if (silent.length > 0) {
    await endLeases(
      sql,
      silent.map((dispatcher) => dispatcher.name),
    )
  }
}

/**
 * Gives back every record and delivery that the dispatchers hold, or that anybody holds; with tokens, those that were
 * leased with one of them. Late reports will be refused. Records that only their lease kept go.
 */
export const endLeases = async (
  sql: Sql,
  dispatchers?: readonly string[],
  tokens?: readonly number[],
): Promise<void> => {
  const freed = await sql.query<RowKey & Pick<RecordRow, 'deleted' | 'pending'>>(
    `update record set lease_owner = null, lease_token = null
     where lease_owner is not null and ($1::text[] is null or lease_owner = any($1))
       and ($2::bigint[] is null or lease_token = any($2))
     returning root, id, deleted, pending`,
    [dispatchers ?? null, tokens ?? null],
  )
  const hadDeliveries = await endDeliveryLeases(sql, dispatchers, tokens)
  if (freed.length === 0 && !hadDeliveries) return
  await reap(
    sql,
    freed.filter(({ deleted, pending }) => deleted && !pending),
  )
  await wakeDispatchers(sql)
}

/** A core that died may have made leases that their dispatcher never heard of, and so never reports on. */
const endUnheard = async (sql: Sql, dispatcher: string, held: readonly number[]): Promise<void> => {
  const unheard = await sql.query<{ token: number }>(
    `select lease_token as token from record
     where lease_owner = $1 and not lease_token = any($2::bigint[])
     union
     select lease_token from delivery
     where lease_owner = $1 and not lease_token = any($2::bigint[])`,
    [dispatcher, held],
  )
  if (unheard.length === 0) return
  await endLeases(
    sql,
    [dispatcher],
    unheard.map(({ token }) => token),
  )
}

/** A due record: leased, or blocked and without an owner. */
type Candidate = LeasedRow & {
  readonly lease_owner: string | null
  readonly waits_for_policy: boolean
}

/**
 * Takes due records at once. Each is marked: `backend_need_delete` before the first sync, so that a
 * delete is called if and only if a sync was ever attempted, and the lease that fences the report.
 *
 * A mark is on disk before its function is called. A lease without one is not waited for, which halves the time from
 * change to call: should the machine of the database fail in that moment, the record is leased once more.
 *
 * A function of the database, because its plan is then made once a connection, and planning it takes several
 * times as long as running it.
 */
export const leaseFunction = `
  create or replace function lease_due(wants jsonb, due_at bigint, owner text)
  returns setof public.record
  language plpgsql as $$
  #variable_conflict use_column
  declare
    due_roots text[];
    due_ids int[];
    marks boolean;
  begin
    -- A statement of its own: the next one sees the links of what is locked now as they stay until the commit.
    with locked as materialized (
      select r.root, r.id, r.marks
      from jsonb_to_recordset(wants) want(model text, "limit" int)
        join step s on s.model = want.model
        cross join lateral (
          select c.root, c.id, not (c.backend_need_delete or c.deleted) as marks from record c
          where c.leaf = want.model and c.pending and not c.parked and c.lease_owner is null
            and c.next_run <= due_at
          order by c.next_run
          limit want."limit"
          for update skip locked
        ) r
    )
    select array_agg(l.root), array_agg(l.id), coalesce(bool_or(l.marks), false)
    into due_roots, due_ids, marks from locked l;
    if not marks then
      perform set_config('synchronous_commit', 'off', true);
    end if;
    if due_roots is null then
      return;
    end if;

    return query
    with due as materialized (
      select r.root, r.id, r.deleted, ${waitsForPolicy('r')} as waits_for_policy
      from unnest(due_roots, due_ids) k(root, id) join record r on r.root = k.root and r.id = k.id
    ),
    held as materialized (
      select distinct root, id from (${blockersSql('due')}) pair
      union
      select root, id from due where waits_for_policy
    ),
    token as (select nextval('revision') as value),
    taken as (
      update record r
      set lease_owner = owner, lease_token = token.value, policy_leased = false,
          backend_need_delete = r.backend_need_delete or not r.deleted,
          need_delete_by_lease = not (r.backend_need_delete or r.deleted),
          attempts = r.attempts + 1, calls = r.calls + 1
      from due d, token
      where r.root = d.root and r.id = d.id
        and not exists (select from held h where h.root = d.root and h.id = d.id)
      returning r.*
    )
    select * from taken
    union all
    select r.* from held h join record r on r.root = h.root and r.id = h.id;
  end $$`

const take = (
  { sql, now }: LeaseContext,
  dispatcher: string,
  wants: readonly Want[],
): Promise<Candidate[]> =>
  sql.query<Candidate>(
    `select d.*, s.include, d.lease_owner is null and ${waitsForPolicy('d')} as waits_for_policy
     from lease_due($1::jsonb, $2, $3) d join step s on s.model = d.leaf`,
    [JSON.stringify(wants), now, dispatcher],
  )

/** When something is to be done without anybody asking for it, in microseconds since 1970; null for never. */
type Next = {
  /** A record of the models is due, or another dispatcher's silence is. */
  readonly due: number | null
  /** Records have their turn to be synced again. */
  readonly turn: number | null
}

const nextOf = async (
  { sql }: LeaseContext,
  dispatcher: string,
  models: readonly string[],
  policies: readonly string[],
): Promise<Next> => {
  const [next] = await sql.query<Next>(
    `select least(
       (select min(first.next_run)
        from unnest($1::text[]) model
          cross join lateral (
            select r.next_run from record r
            where r.leaf = model and r.pending and not r.parked and r.lease_owner is null
              and r.next_run is not null and exists (select from step s where s.model = model)
            order by r.next_run limit 1
          ) first),
       ${nextPolicySql('$3::text[]')},
       (select min(expires) from dispatcher where name <> $2)
     ) as due, ${nextTurnSql('$1')} as turn`,
    [models, dispatcher, policies],
  )
  return next ?? { due: null, turn: null }
}

/** Turns that have come and cannot be given yet are asked for again after a while, in microseconds. */
const turnPause = 1_000_000

const earlier = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other)

/** Milliseconds until something is to be done; undefined for never. */
const msUntil = ({ due, turn }: Next, now: number): number | undefined => {
  const given = turn === null ? null : Math.max(turn, now + turnPause)
  const moments = [due, given].filter((at) => at !== null)
  return moments.length === 0
    ? undefined
    : Math.max(0, Math.ceil((Math.min(...moments) - now) / 1000))
}

const callOf = (row: Candidate): DueCall => ({
  operation: row.deleted ? 'delete' : 'sync',
  stamp: stampOf(row),
  attempt: row.attempts,
  call: row.calls,
  failures: row.failures,
  due: row.next_run,
  previous: { code: row.backend_code, text: row.backend_status },
})

const wantsOf = (kind: StepKind, wants: readonly Want[]): readonly Want[] =>
  wants.filter((want) => (want.kind ?? 'sync') === kind)

const modelsOf = (wants: readonly Want[]): readonly string[] => wants.map(({ model }) => model)

const keysOf = (rows: readonly RowKey[]): readonly RowKey[] =>
  rows.map(({ root, id }) => ({ root, id }))

/** Puts aside what is due and has to wait. */
const parkBlocked = async (sql: Sql, blocked: readonly Candidate[]): Promise<void> => {
  const forPolicies = blocked.filter((row) => row.waits_for_policy)
  const forRecords = blocked.filter((row) => !row.waits_for_policy)
  if (forPolicies.length > 0) await parkForPolicies(sql, forPolicies)
  if (forRecords.length > 0) await park(sql, keysOf(forRecords))
}

/** One lease: takes what is due and unblocked, parks what is due and has to wait. */
export const lease = async (
  context: LeaseContext,
  dispatcher: string,
  wants: readonly Want[],
  held?: readonly number[],
): Promise<Leased> => {
  await touchDispatcher(context, dispatcher)
  if (held !== undefined) await endUnheard(context.sql, dispatcher, held)
  const syncs = wantsOf('sync', wants)
  const policies = wantsOf('policy', wants)
  // Policies first: what they write a step need not be called for twice.
  const policed = await leasePolicies(context, dispatcher, policies)
  const candidates = await take(context, dispatcher, syncs)
  if (policed.marked) await context.sql.query(`set local synchronous_commit to default`)
  await parkBlocked(
    context.sql,
    candidates.filter(({ lease_owner }) => lease_owner === null),
  )
  const synced = await workOf(
    context,
    candidates.filter(({ lease_owner }) => lease_owner !== null),
    callOf,
  )
  const delivered = await leaseDeliveries(context, dispatcher, wants)
  const work = [...policed.work, ...synced, ...delivered.work]
  const models = modelsOf(syncs)
  const next = await nextOf(context, dispatcher, models, modelsOf(policies))
  if (next.turn !== null && next.turn <= context.now) await giveTurnsOf(context, models)
  const nextDueMs = msUntil({ ...next, due: earlier(next.due, delivered.due) }, context.now)
  return nextDueMs === undefined ? { work } : { work, nextDueMs }
}

import {
  stepKindOf,
  type AwaitedState,
  type RecordReport,
  type Report,
  type WaitingOn,
} from '#contract'
import type { Schema } from '#xproto'
import type { Sql } from './database.ts'
import type { RecordRow, RowKey } from './row.ts'

export type WatchContext = {
  readonly sql: Sql
  readonly schema: Schema
  /** Microseconds since 1970. */
  readonly now: number
}

/** SQL that is true while a function waits for this record. Each is looked up by itself, as waits are; see wake.ts. */
export const isWatched = (record: string): string => `exists (
    select from watch w where w.on_root = ${record}.root and w.on_id = ${record}.id
    order by w.root, w.id offset 0)`

/** A record, and what it has come to. */
export type Reached = RowKey & { readonly states: readonly AwaitedState[] }

/** What a record that stopped being pending has come to. */
export const settledStates = ({ deleted }: Pick<RecordRow, 'deleted'>): readonly AwaitedState[] => [
  deleted ? 'deleted' : 'synced',
  'changed',
]

/**
 * Lets run now what waits for these records to come to these states. One that is just being reported, or written, is
 * passed over: a report looks by itself at what it waits for. Answers how many run.
 */
export const wakeWatchers = async (
  sql: Sql,
  reached: readonly Reached[],
  now: number,
): Promise<number> => {
  const events = reached.flatMap(({ root, id, states }) =>
    states.map((state) => ({ root, id, state })),
  )
  if (events.length === 0) return 0
  const woken = await sql.query(
    `with heard as (
       select r.root, r.id, w.is_policy, w.call, r.calls, r.policy_calls,
              r.pending and r.next_run > $4 as is_step_late, r.policy_pending and r.policy_run > $4 as is_policy_late
       from unnest($1::text[], $2::int[], $3::text[]) k(root, id, state), lateral (
         select w.root, w.id, w.call, w.is_policy from watch w
         where w.on_root = k.root and w.on_id = k.id and w.state = k.state
         order by w.root, w.id offset 0
       ) w, lateral (
         select * from record r where r.root = w.root and r.id = w.id for update skip locked
       ) r
     ),
     ended as (
       delete from watch w using heard h
       where w.root = h.root and w.id = h.id and w.is_policy = h.is_policy
     ),
     due as (
       select root, id,
              bool_or(not is_policy and calls = call and is_step_late) as runs_step,
              bool_or(is_policy and policy_calls = call and is_policy_late) as runs_policy
       from heard
       group by root, id
     )
     update record r
     set next_run = case when d.runs_step then $4 else r.next_run end,
         policy_run = case when d.runs_policy then $4 else r.policy_run end
     from due d
     where r.root = d.root and r.id = d.id and (d.runs_step or d.runs_policy)
     returning r.id`,
    [
      events.map(({ root }) => root),
      events.map(({ id }) => id),
      events.map(({ state }) => state),
      now,
    ],
  )
  return woken.length
}

/** A record whose function was called, and what it said. */
export type Watcher = RowKey & { readonly calls: number; readonly report: RecordReport }

/** Whose function waits: the step of the record, or its policy. */
type Waiter = RowKey & { readonly is_policy: boolean }

type Watch = Waiter & {
  readonly call: number
  readonly on: RowKey
  readonly state: AwaitedState
  readonly token: number
  /** When the call began, microseconds since 1970. */
  readonly began: number
}

const waitingOnOf = ({ outcome }: Report): WaitingOn | undefined =>
  outcome.kind === 'in-progress' || outcome.kind === 'deferred' ? outcome.waitingOn : undefined

/** What names no model that there is, or the record itself, is no watch. */
const watchOf = (
  { schema, now }: WatchContext,
  { root, id, calls, report }: Watcher,
): Watch | undefined => {
  const waitingOn = waitingOnOf(report)
  if (waitingOn === undefined) return undefined
  const onRoot = schema.model(waitingOn.model)?.root
  if (onRoot === undefined || (onRoot === root && waitingOn.id === id)) return undefined
  const began = now - Math.ceil(report.durationMs * 1000)
  const on = { root: onRoot, id: waitingOn.id }
  const is_policy = stepKindOf(report.operation) === 'policy'
  return {
    root,
    id,
    is_policy,
    call: calls,
    on,
    state: waitingOn.state,
    token: report.token,
    began,
  }
}

/**
 * Those of the watches whose record came to its state since it was leased. The token of a lease and the revisions of
 * records are drawn from one sequence, so this does not depend on clocks. A record that somebody else writes just now is
 * passed over. One that is gone may have gone during the first call; a second one has seen that it is.
 */
const reachedMeanwhile = (sql: Sql, watches: readonly Watch[]): Promise<Waiter[]> =>
  sql.query<Waiter>(
    `select k.root, k.id, k.is_policy
     from unnest($1::text[], $2::int[], $3::text[], $4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::boolean[])
         k(root, id, on_root, on_id, state, token, began, is_policy)
       join record r on r.root = k.root and r.id = k.id
       left join lateral (
         select b.revision > k.token as moved, b.pending, b.deleted,
                greatest(b.updated, b.changed_by_step, b.changed_by_policy) as version
         from record b where b.root = k.on_root and b.id = k.on_id for share skip locked
       ) b on true
     where case k.state
       when 'synced' then b.moved and not b.pending and not b.deleted
       when 'deleted' then b.moved and not b.pending and b.deleted or b.moved is null
         and case when k.is_policy then r.policy_attempts else r.attempts end = 1
       else b.moved and (not b.pending or b.version > k.began)
     end`,
    [
      watches.map(({ root }) => root),
      watches.map(({ id }) => id),
      watches.map(({ on }) => on.root),
      watches.map(({ on }) => on.id),
      watches.map(({ state }) => state),
      watches.map(({ token }) => token),
      watches.map(({ began }) => began),
      watches.map(({ is_policy }) => is_policy),
    ],
  )

const runNow = async ({ sql, now }: WatchContext, waiters: readonly Waiter[]): Promise<void> => {
  if (waiters.length === 0) return
  await sql.query(
    `update record r
     set next_run = case when k.is_policy then r.next_run else least(r.next_run, $4) end,
         policy_run = case when k.is_policy then least(r.policy_run, $4) else r.policy_run end
     from unnest($1::text[], $2::int[], $3::boolean[]) k(root, id, is_policy)
     where r.root = k.root and r.id = k.id
       and case when k.is_policy then r.policy_run else r.next_run end > $4`,
    [
      waiters.map(({ root }) => root),
      waiters.map(({ id }) => id),
      waiters.map(({ is_policy }) => is_policy),
      now,
    ],
  )
}

const remember = async (sql: Sql, watches: readonly Watch[]): Promise<void> => {
  await sql.query(
    `insert into watch (root, id, call, on_root, on_id, state, is_policy)
     select * from unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::int[], $6::text[], $7::boolean[])
     on conflict (root, id, is_policy) do update
     set call = excluded.call, on_root = excluded.on_root, on_id = excluded.on_id, state = excluded.state`,
    [
      watches.map(({ root }) => root),
      watches.map(({ id }) => id),
      watches.map(({ call }) => call),
      watches.map(({ on }) => on.root),
      watches.map(({ on }) => on.id),
      watches.map(({ state }) => state),
      watches.map(({ is_policy }) => is_policy),
    ],
  )
}

/**
 * Notes what functions that were just reported on wait for. What came to its state during the call lets the record run
 * at once; what had come to it before does not, or the function would be called again and again.
 */
export const watch = async (context: WatchContext, watchers: readonly Watcher[]): Promise<void> => {
  const watches = watchers.flatMap((watcher) => watchOf(context, watcher) ?? [])
  if (watches.length === 0) return
  await runNow(context, await reachedMeanwhile(context.sql, watches))
  await remember(context.sql, watches)
}

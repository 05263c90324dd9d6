import type { Model, Schema } from '#xproto'
import type { Access } from '../access-port.ts'
import type { Sql } from '../database.ts'
import { isAttemptOf } from '../history.ts'
import { blockersSql, waitsForPolicy } from '../park.ts'
import { modelNamed, notFound } from '../read.ts'
import { isHeld } from '../reap.ts'
import { rowKeyText, type RecordRow, type RowKey } from '../row.ts'
import { explanationOf, type Explanation, type Facts, type Neighbour } from './explanation.ts'

type FactsRow = RowKey & Omit<Facts, 'waitsFor' | 'linkedFrom'>
type NeighbourRow = RowKey & {
  readonly other: Pick<Neighbour, 'model' | 'id'>
  /** The whole of it; null of those that are only named. */
  readonly told: RecordRow | null
}

export type ExplainContext = {
  readonly sql: Sql
  readonly schema: Schema
  /** Microseconds since 1970. */
  readonly now: number
}

/** Somebody asks, and hears nothing of records that he may not read but that they are there. */
export type AskingContext = ExplainContext & { readonly access: Pick<Access, 'mayRead'> }

/** How many neighbours of a record are told of; more are named. */
const mostTold = 20

const leavesOf = (schema: Schema, model: Model): readonly string[] =>
  schema.descendants(model.name).map(({ name }) => name)

/** SQL of the last attempt of a step, or of a policy. */
const lastAttemptSql = (kind: 'sync' | 'policy'): string => `
  lateral (
    select t.outcome, t.status as outcome_status, t.at as outcome_at, t.trace_id from attempt t
    where t.root = r.root and t.id = r.id and ${isAttemptOf(kind, 't')} order by t.number desc limit 1)`

/** SQL of what a step, or a policy, said it waits for. */
const waitingOnSql = (kind: 'sync' | 'policy'): string => `
  lateral (
    select jsonb_build_object('model', b.leaf, 'id', b.id, 'state', w.state) as waiting_on
    from watch w join record b on b.root = w.on_root and b.id = w.on_id
    where w.root = r.root and w.id = r.id
      and ${kind === 'policy' ? 'w.is_policy and w.call = r.policy_calls' : 'not w.is_policy and w.call = r.calls'})`

const factsOf = ({ sql, now }: ExplainContext, keys: string): Promise<FactsRow[]> =>
  sql.query<FactsRow>(
    `select r.root, r.id, r.leaf as model, r.fields ->> 'name' as name, r.deleted, r.pending, r.parked,
            r.enacted, r.no_sync, r.lazy_blocked,
            (r.enacted is null or r.enacted < greatest(r.updated, r.changed_by_policy)) as changed,
            ${isHeld('r')} as held_for_policies, r.backend_need_delete_policy, r.backend_need_reap,
            r.backend_code as code, r.backend_status as status,
            r.next_run, r.attempts, r.failures, r.lease_owner, r.policy_leased, s.step, s.synchronizer,
            ${waitsForPolicy('r')} as waits_for_policy, q.policy,
            a.outcome, a.outcome_status, a.outcome_at, a.trace_id, o.waiting_on,
            (select count(*)::int from dispatcher d where d.expires > $2) as dispatchers
     from jsonb_to_recordset($1::jsonb) k(root text, id int)
       join record r on r.root = k.root and r.id = k.id
       left join step s on s.model = r.leaf
       left join ${lastAttemptSql('sync')} a on true
       left join ${waitingOnSql('sync')} o on true
       left join lateral (
         select jsonb_build_object(
             'step', p.step, 'synchronizer', p.synchronizer, 'pending', r.policy_pending,
             'next_run', r.policy_run, 'attempts', r.policy_attempts, 'failures', r.policy_failures,
             'code', coalesce(r.policy_code, 0), 'status', coalesce(r.policy_status, ''),
             'outcome', pa.outcome, 'outcome_status', pa.outcome_status, 'outcome_at', pa.outcome_at,
             'trace_id', pa.trace_id, 'waiting_on', po.waiting_on) as policy
         from policy p
           left join ${lastAttemptSql('policy')} pa on true
           left join ${waitingOnSql('policy')} po on true
         where p.model = r.leaf) q on true
     order by r.root, r.id`,
    [keys, now],
  )

/** @param pairs SQL of `root, id, on_root, on_id` of the records by `keys` and their neighbours, as `$1` */
const neighboursOf = async (
  { sql, schema, access }: AskingContext,
  pairs: string,
  keys: string,
): Promise<ReadonlyMap<string, readonly Neighbour[]>> => {
  const rows = await sql.query<NeighbourRow>(
    `select p.root, p.id, jsonb_build_object('model', b.leaf, 'id', b.id) as other,
            case when row_number() over (partition by p.root, p.id order by b.root, b.id) <= ${mostTold}
              then to_jsonb(b) end as told
     from (${pairs}) p join record b on b.root = p.on_root and b.id = p.on_id
     order by b.root, b.id`,
    [keys],
  )
  const grouped = new Map<string, Neighbour[]>()
  for (const { other, told, ...key } of rows) {
    const isTold = told !== null && (await access.mayRead(modelNamed(schema, other.model), told))
    const state = isTold ? { code: told.backend_code, status: told.backend_status } : {}
    const found = grouped.get(rowKeyText(key)) ?? []
    found.push({ ...other, ...state })
    grouped.set(rowKeyText(key), found)
  }
  return grouped
}

const blockersOf = (context: AskingContext, keys: string) =>
  neighboursOf(
    context,
    `with due as (
       select r.* from record r join jsonb_to_recordset($1::jsonb) k(root text, id int)
         on r.root = k.root and r.id = k.id
       where r.pending
     )
     ${blockersSql('due')}`,
    keys,
  )

const linkersOf = (context: AskingContext, keys: string) =>
  neighboursOf(
    context,
    `select distinct k.root, k.id, l.source_root as on_root, l.source_id as on_id
     from jsonb_to_recordset($1::jsonb) k(root text, id int)
       join record r on r.root = k.root and r.id = k.id and r.deleted
       join link l on l.target_root = k.root and l.target_id = k.id and not l.many
     where (l.source_root, l.source_id) <> (k.root, k.id)`,
    keys,
  )

/** Why records are not synced, by root and id; those that are gone are left out. */
export const explainKeys = async (
  context: AskingContext,
  rows: readonly RowKey[],
): Promise<readonly Explanation[]> => {
  const keys = JSON.stringify(rows.map(({ root, id }) => ({ root, id })))
  const facts = await factsOf(context, keys)
  const blockers = await blockersOf(context, keys)
  const linkers = await linkersOf(context, keys)
  return facts.map((row) => {
    const [waitsFor = [], linkedFrom = []] = [blockers, linkers].map((found) =>
      found.get(rowKeyText(row)),
    )
    return explanationOf({ ...row, waitsFor, linkedFrom }, context.now)
  })
}

/** Why one record is not synced. Throws NOT_FOUND. */
export const explain = async (
  context: AskingContext,
  modelName: string,
  id: number,
): Promise<Explanation> => {
  const model = modelNamed(context.schema, modelName)
  const [explanation] = await explainKeys(context, [{ root: model.root, id }])
  const isOne =
    explanation !== undefined && leavesOf(context.schema, model).includes(explanation.model)
  if (isOne) return explanation
  throw notFound(modelName, id)
}

/** Why records of a model are not synced, at most `limit` of those that are not, by id. */
export const explainModel = async (
  context: AskingContext,
  modelName: string,
  limit: number,
): Promise<readonly Explanation[]> => {
  const { sql, schema } = context
  const model = modelNamed(schema, modelName)
  const rows = await sql.query<RowKey>(
    `select root, id from record r
     where root = $1 and leaf = any($2)
       and (pending or deleted or enacted is null or enacted < greatest(updated, changed_by_policy)
         or policy_pending and exists (select from policy p where p.model = leaf))
     order by id limit $3`,
    [model.root, leavesOf(schema, model), limit],
  )
  return explainKeys(context, rows)
}

import { CoreError } from '../../errors.ts'
import type { Sql } from '../database.ts'
import { dueAsChange } from '../priority.ts'
import type { RowKey } from '../row.ts'
import { isId } from '../validate.ts'
import { valueIn, type Draft } from './draft.ts'

const subscribers = [
  'subscriber_service_id',
  'subscriber_service_instance_id',
  'subscriber_network_id',
]
const endpoints = ['provider_service_instance_id', ...subscribers]

/** Whether another live link joins the same ends. Until the transaction ends nobody else joins them. */
const hasTwin = async ({ context, model, before }: Draft, ends: readonly (number | null)[]) => {
  await context.sql.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [
    JSON.stringify([model.root, ...ends]),
  ])
  const same = endpoints.map(
    (name, index) => `(r.fields ->> '${name}')::int is not distinct from $${index + 3}`,
  )
  const twins = await context.sql.query(
    `select from link l join record r on r.root = l.source_root and r.id = l.source_id
     where l.source_root = $1 and l.field = 'provider_service_instance'
       and l.target_root = 'ServiceInstance' and l.target_id = $3
       and r.id <> $2 and not r.deleted and ${same.join(' and ')}
     limit 1`,
    [model.root, before?.id ?? 0, ...ends],
  )
  return twins.length > 0
}

const isMoved = (draft: Draft): boolean =>
  endpoints.some((name) => valueIn(draft, name) !== (draft.before?.fields[name] ?? null))

/** A link has one subscriber at most, and no twin. */
export const prepareServiceInstanceLink = async (draft: Draft): Promise<void> => {
  if (!isMoved(draft)) return
  const given = subscribers.filter((name) => valueIn(draft, name) !== null)
  if (given.length > 1) {
    throw new CoreError(
      'CONFLICTING_FIELD',
      `A ServiceInstanceLink has one subscriber, got ${given.join(', ')}`,
      Object.fromEntries(given.map((name) => [name, 'only one of them may be set'])),
    )
  }
  const ends = endpoints.map((name) => valueIn(draft, name))
  // What is no id at all is refused with the other values.
  const areIds = ends.every((end) => end === null || isId(end))
  if (areIds && (await hasTwin(draft, ends))) {
    throw new CoreError('VALIDATION', 'There is a ServiceInstanceLink between these two already')
  }
}

/**
 * Counts, on the live instances that links which are deleted now led to, that one is gone: their steps and policies
 * see by it that something changed. Answers the instances, which are new versions and due.
 *
 * @param now microseconds since 1970
 */
export const countDeletedLinks = async (
  sql: Sql,
  deleted: readonly RowKey[],
  now: number,
): Promise<readonly RowKey[]> => {
  const links = deleted.filter(({ root }) => root === 'ServiceInstanceLink')
  if (links.length === 0) return []
  // The lock first, so that the update after it counts on from what others have counted until now.
  await sql.query(
    `select from record r
     where r.root = 'ServiceInstance' and not r.deleted and exists (${leadsHere})
     order by r.id
     for update of r`,
    [links.map(({ id }) => id)],
  )
  return sql.query<RowKey>(
    `update record r
     set fields = r.fields || jsonb_build_object('link_deleted_count',
           coalesce((r.fields ->> 'link_deleted_count')::bigint, 0) + gone.count),
         updated = greatest($2, 1 + greatest(r.updated, r.enacted, r.policed, r.changed_by_step, r.changed_by_policy)),
         revision = nextval('revision'), next_run = $3, parked = false, attempts = 0, failures = 0,
         traces = null
     from (${countsOfLinks}) gone
     where r.root = 'ServiceInstance' and r.id = gone.id and not r.deleted
     returning r.root, r.id`,
    [links.map(({ id }) => id), now, dueAsChange(now)],
  )
}

const linksThatAreGone = `
  from link l
  where l.source_root = 'ServiceInstanceLink' and l.source_id = any($1)
    and l.field = 'provider_service_instance' and l.target_root = 'ServiceInstance'`
const leadsHere = `select ${linksThatAreGone} and l.target_id = r.id`
const countsOfLinks = `select l.target_id as id, count(*)::int as count ${linksThatAreGone} group by l.target_id`

import {
  encodeEvent,
  pullEventType,
  type Delivery,
  type Fields,
  type Want,
  type Work,
} from '#contract'
import type { Sql } from '../database.ts'
import { stepText, type DeliveryRow } from './row.ts'

export type DeliveryContext = {
  readonly sql: Sql
  /** Microseconds since 1970. */
  readonly now: number
}

/** A step whose events, or whose turns, a dispatcher will take. */
type StepWant = {
  readonly synchronizer: string
  readonly step: string
  readonly kind: string
  readonly limit: number
}

const stepWants = (wants: readonly Want[]): readonly StepWant[] =>
  wants.flatMap(({ model, limit, kind = 'sync' }) => {
    if (kind !== 'event' && kind !== 'pull') return []
    const [synchronizer = '', step = ''] = model.split('/')
    return [{ synchronizer, step, kind, limit }]
  })

const listed = (wants: readonly StepWant[]): readonly unknown[] => [
  wants.map(({ synchronizer }) => synchronizer),
  wants.map(({ step }) => step),
  wants.map(({ kind }) => kind),
  wants.map(({ limit }) => limit),
]

/** SQL of the wants of {@link listed} whose steps are there, as `k`. */
const knownWants = `
  (select w.* from unnest($1::text[], $2::text[], $3::text[], $4::int[]) w(synchronizer, step, kind, most)
   where exists (select from event_step s where s.synchronizer = w.synchronizer and s.step = w.step)
     or exists (select from pull_step s where s.synchronizer = w.synchronizer and s.step = w.step)) k`

/** SQL of what may be leased of a want. */
const readyOfWant = `
  from delivery c
  where c.synchronizer = k.synchronizer and c.step = k.step and c.kind = k.kind
    and c.state = 'ready' and not c.parked and c.lease_owner is null`

const take = (
  { sql, now }: DeliveryContext,
  dispatcher: string,
  wants: readonly StepWant[],
): Promise<DeliveryRow[]> =>
  sql.query<DeliveryRow>(
    `with due as materialized (
       select first.place
       from ${knownWants}
         cross join lateral (
           select c.place ${readyOfWant} and c.next_run <= $5
           order by c.next_run, c.place limit k.most
           for update of c skip locked
         ) first
     ),
     token as (select nextval('revision') as value)
     update delivery d
     set lease_owner = $6, lease_token = token.value, attempts = d.attempts + 1, calls = d.calls + 1
     from token
     where d.place = any(array(select place from due))
     returning d.*`,
    [...listed(wants), now, dispatcher],
  )

const nextOf = async (
  { sql }: DeliveryContext,
  wants: readonly StepWant[],
): Promise<number | null> => {
  const [next] = await sql.query<{ due: number | null }>(
    `select min(first.next_run) as due
     from ${knownWants}
       cross join lateral (
         select c.next_run ${readyOfWant} order by c.next_run limit 1
       ) first`,
    listed(wants),
  )
  return next?.due ?? null
}

/** Names the turn: the same for every call until one succeeds. */
const pullEvent = ({ synchronizer, step, received }: DeliveryRow): string =>
  encodeEvent(
    {
      id: `${step}@${received}`,
      source: `/synchronizers/${synchronizer}`,
      type: pullEventType,
      subject: step,
      time: new Date(received / 1000).toISOString(),
      extensions: {},
    },
    'structured',
  ).body

const deliveryOf = (row: DeliveryRow): Delivery => ({
  operation: row.kind,
  event: JSON.parse(row.event ?? pullEvent(row)) as Fields,
  stamp: row.received,
  attempt: row.attempts,
  ...(row.calls > 1 ? { previous: { code: row.code, text: row.status } } : {}),
})

const workOf = (row: DeliveryRow): Work => ({
  key: { model: stepText(row), id: row.place },
  operation: row.kind,
  token: Number(row.lease_token),
  failures: row.failures,
  due: row.next_run,
  change: deliveryOf(row),
})

/** Work of event and pull steps. `due`: when more of it is, in microseconds since 1970; null for never. */
type LeasedDeliveries = { readonly work: readonly Work[]; readonly due: number | null }

/** Takes events and turns that are due, the oldest first; of each line one at a time. */
export const leaseDeliveries = async (
  context: DeliveryContext,
  dispatcher: string,
  given: readonly Want[],
): Promise<LeasedDeliveries> => {
  const wants = stepWants(given)
  if (wants.length === 0) return { work: [], due: null }
  const rows = await take(context, dispatcher, wants)
  const inOrder = rows.toSorted((a, b) => a.next_run - b.next_run || a.place - b.place)
  return { work: inOrder.map(workOf), due: await nextOf(context, wants) }
}

/**
 * Gives back what the dispatchers hold, or anybody holds; with tokens, what was leased with one of them. Answers whether
 * there was any.
 */
export const endDeliveryLeases = async (
  sql: Sql,
  dispatchers: readonly string[] | undefined,
  tokens: readonly number[] | undefined,
): Promise<boolean> => {
  const freed = await sql.query(
    `update delivery set lease_owner = null, lease_token = null
     where lease_owner is not null and ($1::text[] is null or lease_owner = any($1))
       and ($2::bigint[] is null or lease_token = any($2))
     returning place`,
    [dispatchers ?? null, tokens ?? null],
  )
  return freed.length > 0
}

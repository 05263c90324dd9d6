import type { Clock } from '#contract'
import type { Figures } from '../metrics/metrics.ts'
import type { Database } from './database.ts'
import { countDeliveries } from './deliveries/count.ts'
import { isAttemptOf } from './history.ts'
import { waitsForPolicy } from './park.ts'

/** Counting looks at every pending record, so it is not done more often than this. */
const keptMs = 10_000

/**
 * SQL of what came of the last call of a record that could be called now; it is not looked for where it does not matter.
 *
 * @param free SQL that is true for such a record
 */
const outcomeSql = (kind: 'sync' | 'policy', free: string): string => `
  lateral (
    select t.outcome from attempt t
    where t.root = r.root and t.id = r.id and ${isAttemptOf(kind, 't')} and r.lease_owner is null and ${free}
    order by t.number desc limit 1)`

/**
 * A record waits for its function when its last call was answered by nobody who could do it. Others behind the same
 * gate were not called and are ready, for all the core knows.
 *
 * @param now microseconds since 1970
 */
const countWork = (database: Database, now: number): Promise<Figures['work'][number][]> =>
  database.query(
    `select r.leaf as model,
            case when r.lease_owner is not null then 'running'
              when r.parked then case when ${waitsForPolicy('r')} then 'waiting-for-policy' else 'waiting-for-records' end
              when r.next_run is null then 'refused'
              when r.next_run > $1 then 'backing-off'
              when a.outcome like 'target-%' then 'waiting-for-function'
              else 'ready' end as reason,
            count(*)::int as records,
            count(*) filter (where r.backend_code = 2)::int as failing
     from record r join step s on s.model = r.leaf
       left join ${outcomeSql('sync', 'r.calls > 0 and r.next_run <= $1 and not r.parked')} a on true
     where r.pending group by 1, 2 order by 1, 2`,
    [now],
  )

/** @param now microseconds since 1970 */
const countPolicies = (database: Database, now: number): Promise<Figures['policies'][number][]> =>
  database.query(
    `select r.leaf as model,
            case when r.lease_owner is not null then 'running'
              when r.policy_run is null then 'refused'
              when r.policy_run > $1 then 'backing-off'
              when a.outcome like 'target-%' then 'waiting-for-function'
              else 'ready' end as reason,
            count(*)::int as records
     from record r join policy p on p.model = r.leaf
       left join ${outcomeSql('policy', 'r.policy_calls > 0 and r.policy_run <= $1')} a on true
     where r.policy_pending group by 1, 2 order by 1, 2`,
    [now],
  )

/** Asks for the figures of a database; the counts are at most 10 s old. */
export const createFigures = (
  database: Database,
  clock: Pick<Clock, 'now'>,
): (() => Promise<Figures>) => {
  let work: Promise<Figures['work']> = Promise.resolve([])
  let policies: Promise<Figures['policies']> = Promise.resolve([])
  let deliveries: Promise<Figures['deliveries']> = Promise.resolve([])
  let countedAt = -Infinity

  return async () => {
    if (clock.now() >= countedAt + keptMs) {
      countedAt = clock.now()
      work = countWork(database, countedAt * 1000)
      policies = countPolicies(database, countedAt * 1000)
      deliveries = countDeliveries(database, countedAt * 1000)
      Promise.all([work, policies, deliveries]).catch(() => {
        countedAt = -Infinity
      })
    }
    const { open, idle, waiting } = database.connections?.() ?? {}
    return {
      work: await work,
      policies: await policies,
      deliveries: await deliveries,
      connections: open === undefined || idle === undefined ? undefined : { open, idle },
      waiting: waiting ?? 0,
    }
  }
}

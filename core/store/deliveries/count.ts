import type { Figures } from '../../metrics/metrics.ts'
import type { Database } from '../database.ts'

/**
 * Events for each step by what keeps them, those for steps that are gone too; none for a step that has none.
 *
 * @param now microseconds since 1970
 */
export const countDeliveries = (
  database: Database,
  now: number,
): Promise<Figures['deliveries'][number][]> =>
  database.query(
    `select synchronizer || '/' || step as step,
            case when d.state = 'dead' then 'dead'
              when d.lease_owner is not null then 'running'
              when d.parked then 'waiting-for-event'
              when d.next_run > $1 then 'backing-off'
              else 'ready' end as state,
            count(d.place)::int as events
     from event_step e
       full join (
         select * from delivery where state in ('ready', 'dead') and kind = 'event'
       ) d using (synchronizer, step)
     group by 1, 2 order by 1, 2`,
    [now],
  )

import type { Clock } from '#contract'
import type { Figures } from '../metrics/metrics.ts'
import type { Database } from './database.ts'

/** Counting looks at every pending record, so it is not done more often than this. */
const keptMs = 10_000

const countWork = (database: Database): Promise<Figures['work'][number][]> =>
  database.query(
    `select r.leaf as model,
            count(*) filter (where not r.parked and r.lease_owner is null)::int as ready,
            count(*) filter (where r.parked)::int as parked,
            count(*) filter (where r.lease_owner is not null)::int as leased,
            count(*) filter (where r.backend_code = 2)::int as failing
     from record r join step s on s.model = r.leaf
     where r.pending group by r.leaf order by r.leaf`,
  )

/** Asks for the figures of a database; the counts are at most 10 s old. */
export const createFigures = (
  database: Database,
  clock: Pick<Clock, 'now'>,
): (() => Promise<Figures>) => {
  let work: Promise<Figures['work']> = Promise.resolve([])
  let countedAt = -Infinity

  return async () => {
    if (clock.now() >= countedAt + keptMs) {
      countedAt = clock.now()
      work = countWork(database)
      work.catch(() => {
        countedAt = -Infinity
      })
    }
    const { open, idle, waiting } = database.connections?.() ?? {}
    return {
      work: await work,
      connections: open === undefined || idle === undefined ? undefined : { open, idle },
      waiting: waiting ?? 0,
    }
  }
}

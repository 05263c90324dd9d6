import { reachedBy, type WorkSource } from '#contract'
import type { Metrics } from './metrics.ts'

/** The same source of work, whose leases and reports are counted. */
export const measuredWork = (work: WorkSource, metrics: Metrics): WorkSource => ({
  ...work,
  async lease(dispatcher, wants, held) {
    const leased = await work.lease(dispatcher, wants, held)
    for (const { key } of leased.work) metrics.leased(key.model)
    return leased
  },
  async report(dispatcher, reports) {
    const refused = await work.report(dispatcher, reports)
    const late = new Set(refused.map(({ token, key }) => `${token} ${key.model}/${key.id}`))
    for (const one of reports) {
      const { key, token, durationMs } = one
      const outcome = reachedBy(one)
      if (outcome === undefined || late.has(`${token} ${key.model}/${key.id}`)) continue
      metrics.reported(key.model, outcome, durationMs / 1000)
    }
    metrics.refused(refused.length)
    return refused
  },
})

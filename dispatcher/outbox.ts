import type { Clock, Refused, Report, WorkSource } from '#contract'
import type { Log } from './options.ts'
import { reportPauseMs } from './report-pause.ts'
import type { SourceHealth } from './source-health.ts'
import type { Traces } from './traces.ts'

/** Bounds one transaction of the core, and one message to it. */
const largestBatch = 500

/** Reports that the core has not yet taken. */
export type Outbox = {
  /** Those under way included. */
  readonly size: number
  readonly sending: boolean
  /** Of the leases that they are on. */
  tokens(): readonly number[]
  add(report: Report): void
  /**
   * Sends what has gathered, as one batch. Does nothing while a batch is under way or the core is left alone; nor for
   * a while after a batch, when more is to come.
   */
  flush(moreToCome: boolean): void
  /** When a batch that waits for more is sent at the latest. */
  nextMs(): number | undefined
}

export type OutboxOptions = {
  readonly name: string
  readonly source: WorkSource
  readonly health: SourceHealth
  readonly clock: Clock
  readonly log: Log
  readonly traces: Traces
  /** The core took these, but for the refused among them. */
  readonly sent: (reports: readonly Report[], refused: readonly Refused[]) => void
  readonly failed: (error: unknown) => void
}

export const createOutbox = ({
  name,
  source,
  health,
  clock,
  log,
  traces,
  sent,
  failed,
}: OutboxOptions): Outbox => {
  let gathered: Report[] = []
  let batch: readonly Report[] = []
  let pauseEndMs = 0

  const send = async (): Promise<void> => {
    const startedMs = clock.now()
    const taken = traces.reporting(batch)
    try {
      const refused = await source.report(name, batch)
      taken(refused.length)
      const reports = batch
      batch = []
      pauseEndMs = clock.now() + reportPauseMs(clock.now() - startedMs)
      for (const { key } of refused) {
        log.info({ model_name: key.model, pk: key.id }, 'report came too late')
      }
      sent(reports, refused)
    } catch (error) {
      taken(undefined)
      gathered = [...batch, ...gathered]
      batch = []
      failed(error)
    }
  }

  return {
    get size() {
      return gathered.length + batch.length
    },

    get sending() {
      return batch.length > 0
    },

    tokens: () => [...batch, ...gathered].map(({ token }) => token),

    nextMs: () => (gathered.length > 0 ? pauseEndMs : undefined),

    add(report) {
      gathered.push(report)
    },

    flush(moreToCome) {
      if (batch.length > 0 || gathered.length === 0 || health.retryMs() !== undefined) return
      const isFull = gathered.length >= largestBatch
      if (moreToCome && !isFull && clock.now() < pauseEndMs) return
      batch = gathered.slice(0, largestBatch)
      gathered = gathered.slice(largestBatch)
      void send()
    },
  }
}

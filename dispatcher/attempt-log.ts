import type { Operation, Outcome, Work } from '#contract'
import type { Log } from './options.ts'

const messages = {
  sync: { before: 'Syncing object', after: 'Synced object' },
  delete: { before: 'Deleting object', after: 'Deleted object' },
} as const satisfies Record<Operation, { before: string; after: string }>

/**
 * The line that follows an attempt. That nobody was there is told once, by the gate of the target; the
 * record's own line stays quiet.
 */
const logOutcome = (log: Log, fields: object, operation: Operation, outcome: Outcome): void => {
  switch (outcome.kind) {
    case 'synced':
      log.info({ ...fields, note: outcome.note }, messages[operation].after)
      return
    case 'in-progress':
      log.info({ ...fields, reason: outcome.text }, 'sync step in progress')
      return
    case 'deferred':
      log.info({ ...fields, reason: outcome.text }, 'sync step deferred')
      return
    case 'target-busy':
    case 'target-down':
    case 'target-misconfigured':
      log.info({ ...fields, reason: outcome.text }, 'sync step not reached')
      return
    case 'failed':
      log.error({ ...fields, error: outcome.text, retry: outcome.retry }, 'sync step failed!')
  }
}

/** Tells of the attempts on records, in the words and field names of XOS. */
export const createAttemptLog = (log: Log, synchronizer: string) => ({
  before({ key, operation }: Work): void {
    log.info(
      { model_name: key.model, pk: key.id, synchronizer_name: synchronizer },
      messages[operation].before,
    )
  },

  after({ key, operation }: Work, outcome: Outcome, durationMs: number): void {
    const fields = {
      model_name: key.model,
      pk: key.id,
      synchronizer_name: synchronizer,
      duration_ms: durationMs,
    }
    logOutcome(log, fields, operation, outcome)
  },
})

export type AttemptLog = ReturnType<typeof createAttemptLog>

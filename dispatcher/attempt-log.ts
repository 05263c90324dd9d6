import {
  kindNames,
  stepKindOf,
  traceIdsOf,
  type AnyOperation,
  type Outcome,
  type Work,
} from '#contract'
import { eventIdOf } from './event-of.ts'
import type { Log } from './options.ts'

const messages = {
  sync: { before: 'Syncing object', after: 'Synced object' },
  delete: { before: 'Deleting object', after: 'Deleted object' },
  policy_create: { before: 'Policing object', after: 'Policed object' },
  policy_update: { before: 'Policing object', after: 'Policed object' },
  policy_delete: { before: 'Policing object', after: 'Policed object' },
  event: { before: 'Handling event', after: 'Handled event' },
  pull: { before: 'Pulling', after: 'Pulled' },
} as const satisfies Record<AnyOperation, { before: string; after: string }>

/**
 * The line that follows an attempt. That nobody was there is told once, by the gate of the target; the
 * record's own line stays quiet.
 */
const logOutcome = (log: Log, fields: object, operation: AnyOperation, outcome: Outcome): void => {
  const what = kindNames[stepKindOf(operation)].one
  switch (outcome.kind) {
    case 'synced':
      log.info({ ...fields, note: outcome.note }, messages[operation].after)
      return
    case 'in-progress':
      log.info({ ...fields, reason: outcome.text }, `${what} in progress`)
      return
    case 'deferred':
      log.info({ ...fields, reason: outcome.text }, `${what} deferred`)
      return
    case 'target-busy':
    case 'target-down':
    case 'target-misconfigured':
      log.info({ ...fields, reason: outcome.text }, `${what} not reached`)
      return
    case 'failed':
      log.error({ ...fields, error: outcome.text, retry: outcome.retry }, `${what} failed!`)
  }
}

export type CallFacts = { readonly durationMs: number; readonly traceparent: string }

/** Tells of each attempt on a record in one line once it is over, in the words and field names of XOS. */
export const createAttemptLog = (log: Log, synchronizer: string) => ({
  before({ key, operation }: Work): void {
    log.debug(
      { model_name: key.model, pk: key.id, synchronizer_name: synchronizer },
      messages[operation].before,
    )
  },

  after(
    { key, operation, change }: Work,
    outcome: Outcome,
    { durationMs, traceparent }: CallFacts,
  ): void {
    const { traceId, spanId } = traceIdsOf(traceparent)
    const fields = {
      model_name: key.model,
      pk: key.id,
      synchronizer_name: synchronizer,
      attempt: change.attempt,
      outcome: outcome.kind,
      duration_ms: durationMs,
      event_id: eventIdOf(change),
      trace_id: traceId,
      span_id: spanId,
    }
    logOutcome(log, fields, operation, outcome)
  },
})

export type AttemptLog = ReturnType<typeof createAttemptLog>

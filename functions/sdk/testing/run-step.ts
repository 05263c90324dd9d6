import type { Fields, Outcome } from '#contract'
import type { AnyPolicy, AnySyncStep } from '../any-step.ts'
import { runChange, runPolicy as runPolicyOn } from '../run-change.ts'
import { recordedContext, type CallOptions, type LogLine } from './call-options.ts'
import { sentChange } from './sent-change.ts'

type RecordOptions = CallOptions & {
  /**
   * Related records by link name: fields for a link to one, a list for a reverse set, null for a link to nothing; best
   * made with `record`.
   * Objects among the fields are related records in turn: `{ owner: { hello_from: 'Jhon Snow', site: { name: 'x' } } }`.
   * Links the step includes and the test leaves out are null.
   */
  readonly expanded?: Fields
}

export type RunOptions = RecordOptions & {
  /** @default 'sync' */
  readonly operation?: 'sync' | 'delete'
}

export type PolicyOptions = RecordOptions & {
  /** @default 'create' */
  readonly operation?: 'create' | 'update' | 'delete'
}

/** What came of a call. */
export type Run = {
  /** What the dispatcher would make of it. */
  readonly outcome: Outcome
  readonly logs: readonly LogLine[]
}

export type StepRun = Run & {
  /** What the step returned, if it returned anything. */
  readonly feedback: Fields | undefined
}

/**
 * Calls `sync_record` (or `delete_record`) of the step for a record. The record makes the same way as in production,
 * through the event on the wire, so the step sees exactly what it will see when it is called. Never rejects because of
 * what the step does: that is in the outcome.
 *
 * @example
 * const { outcome, logs } = await runStep(new ColorStep(), { name: 'red' }, { expanded: { page: { width: 3 } } })
 */
export const runStep = async (
  step: AnySyncStep,
  record: Fields,
  options: RunOptions = {},
): Promise<StepRun> => {
  const { operation = 'sync', expanded = {} } = options
  const change = sentChange(step, operation, record, expanded)
  const { context, logs } = recordedContext(options)
  const outcome = await runChange(step, Object.assign(context, { change }))
  const feedback = outcome.kind === 'synced' ? outcome.feedback : undefined
  return { outcome, feedback, logs }
}

/**
 * Calls `handle_create` of the policy for a record, or the method that `operation` says. As {@link runStep} else.
 *
 * @example
 * const created: unknown[] = []
 * const client = { create: async (model, values) => created.push({ model, ...values }) }
 * expectSynced(await runPolicy(pagePolicy, { name: 'start' }, { client }))
 */
export const runPolicy = async (
  policy: AnyPolicy,
  record: Fields,
  options: PolicyOptions = {},
): Promise<Run> => {
  const { operation = 'create', expanded = {} } = options
  const change = sentChange(policy, `policy_${operation}`, record, expanded)
  const { context, logs } = recordedContext(options)
  return { outcome: await runPolicyOn(policy, Object.assign(context, { change })), logs }
}

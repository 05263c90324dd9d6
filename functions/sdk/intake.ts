import {
  changeEventType,
  deadlineOf,
  decodeChanges,
  decodeEvents,
  recordOperations,
  stepKindOf,
  type Change,
  type ChangeEvent,
  type CloudEvent,
  type Fields,
  type IncomingHeaders,
} from '#contract'
import {
  isEventStep,
  isPullStep,
  isSyncStep,
  type AnyEventStep,
  type AnyPolicy,
  type AnyPullStep,
  type AnyStep,
  type AnySyncStep,
} from './any-step.ts'
import { notForRecords, wrongModel, wrongOperation } from './refusals.ts'
import type { Reply } from './reply.ts'
import { runChange, runPolicy } from './run-change.ts'
import { runEvent, runPull } from './run-delivery.ts'
import type { StepOutcome } from './step-outcome.ts'
import type { CallContext } from './step.ts'

/** An event, and when nobody waits for its answer any more. */
export type Arrived = { readonly event: CloudEvent; readonly deadline?: number }

/** How a step takes what is sent to it. */
export type Intake<Sent extends Arrived, About extends object> = {
  /** Throws ContractError when it is nothing for such a step. */
  readonly read: (headers: IncomingHeaders, body: Uint8Array) => Sent | readonly Sent[]
  /** The answer to what is for another step. */
  readonly refusalOf: (sent: Sent) => Reply | undefined
  /** What the step is told about it. */
  readonly aboutOf: (sent: Sent) => About
  /** The fields by which the log names it. */
  readonly loggedOf: (sent: Sent) => Fields
  readonly run: (context: CallContext & About) => Promise<StepOutcome>
}

type AboutRecord = { readonly change: Change }

const recordIntake = (step: AnySyncStep | AnyPolicy): Intake<ChangeEvent, AboutRecord> => {
  const kind = isSyncStep(step) ? 'sync' : 'policy'
  return {
    read: decodeChanges,
    refusalOf({ change: { model, operation } }) {
      if (stepKindOf(operation) !== kind) return wrongOperation(kind, operation)
      return model === step.observes ? undefined : wrongModel(step.observes, model)
    },
    aboutOf: ({ change }) => ({ change }),
    loggedOf: ({ change, event }) => ({
      model_name: change.model,
      pk: change.record['id'],
      event_id: event.id,
    }),
    run: isSyncStep(step)
      ? (context) => runChange(step, context)
      : (context) => runPolicy(step, context),
  }
}

type AboutEvent = { readonly event: CloudEvent }

const changeTypes: ReadonlySet<string> = new Set(recordOperations.map(changeEventType))

const isList = (events: CloudEvent | readonly CloudEvent[]): events is readonly CloudEvent[] =>
  Array.isArray(events)

const arrivedOf = (event: CloudEvent): Arrived => {
  const deadline = deadlineOf(event)
  return deadline === undefined ? { event } : { event, deadline }
}

const eventIntake = (step: AnyEventStep | AnyPullStep): Intake<Arrived, AboutEvent> => ({
  read(headers, body) {
    const events = decodeEvents(headers, body)
    return isList(events) ? events.map(arrivedOf) : arrivedOf(events)
  },
  refusalOf: ({ event: { type } }) => (changeTypes.has(type) ? notForRecords(type) : undefined),
  aboutOf: ({ event }) => ({ event }),
  loggedOf: ({ event: { id, type } }) => ({ event_type: type, event_id: id }),
  run: isEventStep(step)
    ? (context) => runEvent(step, context)
    : (context) => runPull(step, context),
})

/** Calls back with the intake of the step. */
export const withIntake = <T>(
  step: AnyStep,
  use: <Sent extends Arrived, About extends object>(intake: Intake<Sent, About>) => T,
): T => (isEventStep(step) || isPullStep(step) ? use(eventIntake(step)) : use(recordIntake(step)))

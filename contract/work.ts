import type { Change, Delivery } from './change.ts'
import type { Completion } from './completion.ts'
import type { CoreAccess } from './core-access.ts'
import type { Key } from './key.ts'
import type { AnyOperation, Operation, PolicyOperation, StepKind } from './operation.ts'
import type { Outcome } from './outcome.ts'

/** One xproto file of a service, as text. */
export type ModelFile = { readonly filename: string; readonly contents: string }

/** A step as the core needs to know it. */
export type RegisteredStep = {
  /** Name of the function: the step's file name without its ending, a DNS label. */
  readonly step: string
  /** The leaf model it observes. */
  readonly model: string
  /** Paths of related records that travel with each change: `owner`, `a.b.c`, one set of records on the way. */
  readonly include: readonly string[]
  /** Each synced record of the model is synced again about once in so many milliseconds; absent for never. */
  readonly resyncMs?: number
  /** It is not called for a version of a record that the policy of the model has not dealt with. */
  readonly afterPolicy?: boolean
  /** Wire names of the fields that it reads: an edit of none of them does not call it. None: all that there are. */
  readonly fields?: readonly string[]
}

/** A policy as the core needs to know it: it is told of the records of one model, and writes others. */
export type RegisteredPolicy = {
  /** As of a step. */
  readonly step: string
  /** The leaf model it observes. */
  readonly model: string
  /** As of a step. */
  readonly include: readonly string[]
  /** What it has a method for; the rest counts as done without a call. */
  readonly operations: readonly PolicyOperation[]
}

/** Which events an event step is sent; an entry is a whole value, or the beginning of one and `*`. No entries: any. */
export type EventFilter = {
  /** Its `type` is one of these. */
  readonly types?: readonly string[]
  /** Its `source` is one of these. */
  readonly sources?: readonly string[]
  /** It came over one of these topics of Kafka: what follows the `#` in its `source`. */
  readonly topics?: readonly string[]
}

export type RegisteredEventStep = EventFilter & {
  /** As of a step. */
  readonly step: string
  /** After so many failures in a row an event is put aside as a dead letter; absent: 20. */
  readonly maxAttempts?: number
}

export type RegisteredPullStep = {
  /** As of a step. */
  readonly step: string
  /** Milliseconds from the end of one call to the next. */
  readonly everyMs: number
}

/** Records of a model that wait for those of another one, as if they linked to them. */
export type Dependency = {
  readonly model: string
  /** The model whose records they wait for. */
  readonly on: string
  /** Links and reverse sets that lead there, joined by dots: `slice.network`; empty: a link of the model itself. */
  readonly path: string
}

/** What a synchronizer brings to the core when it starts: its models and its steps. */
export type Registration = {
  readonly name: string
  readonly version: string
  readonly models: readonly ModelFile[]
  readonly steps: readonly RegisteredStep[]
  readonly requiredModels: readonly string[]
  /** Whom its records wait for beside what they link to. */
  readonly dependencies?: readonly Dependency[]
  readonly policies?: readonly RegisteredPolicy[]
  readonly eventSteps?: readonly RegisteredEventStep[]
  readonly pullSteps?: readonly RegisteredPullStep[]
  /** Names of steps that have not said yet what they are: what was registered in their name stays as it is. */
  readonly awaited?: readonly string[]
}

/** How much of one kind of work a dispatcher will take now. */
export type Want = {
  /** Of event steps and pull steps, which have none, `SYNCHRONIZER/STEP`. */
  readonly model: string
  readonly limit: number
  /** Absent: sync. */
  readonly kind?: StepKind
}

/** How long a dispatcher may be silent before its records are given to others, in milliseconds. */
export const leaseMs = 10_000

/** The right of one dispatcher to run one record, or one delivery, for a while. */
export type Work = {
  /** Of a delivery: `SYNCHRONIZER/STEP` as its model, and its number. */
  readonly key: Key
  readonly operation: AnyOperation
  /** Fences the report: a report with another token than the record's is refused. */
  readonly token: number
  /** Failures in a row for this version of the record; the base of the back-off. */
  readonly failures: number
  /** Since when it counts as due, in microseconds since 1970: what has been longer is called first. Absent: unknown. */
  readonly due?: number
  /** What its function receives. */
  readonly change: Change | Delivery
  /** Absent where functions cannot reach the core. */
  readonly completion?: Completion
  /** What its function may do in the core; absent where it may do nothing, or cannot reach it. */
  readonly access?: CoreAccess
  /** Traceparents of the writes that it brings about, the newest last, as far as they had one. */
  readonly traces?: readonly string[]
}

export type Leased = {
  readonly work: readonly Work[]
  /** Milliseconds until the next record of the wanted models is due; absent when none is. */
  readonly nextDueMs?: number
}

/**
 * What happened to one leased record or delivery. `released`: it was not called, and is given back unchanged. `skipped`:
 * it was not called, because its step is not for it; it counts as done.
 */
export type Report = {
  readonly key: Key
  readonly operation: AnyOperation
  readonly token: number
  readonly stamp: number
  readonly outcome: Outcome | { readonly kind: 'released' } | { readonly kind: 'skipped' }
  /** Milliseconds until the next attempt; absent when only a change brings the record back. */
  readonly retryInMs?: number
  /** Milliseconds the call took. */
  readonly durationMs: number
  /** That of the call, as its function got it; absent when there was none. */
  readonly traceparent?: string
}

/** A report on a record. */
export type RecordReport = Report & { readonly operation: Operation }

export const isRecordReport = (report: Report): report is RecordReport =>
  report.operation !== 'event' && report.operation !== 'pull'

const isSkipped = (outcome: Report['outcome']): outcome is { readonly kind: 'skipped' } =>
  outcome.kind === 'skipped'

/** What came of a report's work; undefined when nothing was done and nothing counts. */
export const reachedBy = ({ outcome }: Pick<Report, 'outcome'>): Outcome | undefined => {
  if (outcome.kind === 'released') return undefined
  return isSkipped(outcome) ? { kind: 'synced' } : outcome
}

/** A report that came too late: its lease had ended. Nothing was written for it. */
export type Refused = { readonly key: Key; readonly token: number }

/**
 * What a dispatcher sees of the core: a function call within one process, a gRPC stream between two.
 * All methods reject when the core cannot be reached.
 */
export type WorkSource = {
  /**
   * Brings models and steps. Idempotent. Answers what may be meant otherwise, as sentences. Rejects with the mistakes
   * when the models do not compile.
   */
  register(registration: Registration): Promise<readonly string[]>
  /**
   * Takes due records. A dispatcher that never heard of before is known from now on. With `held`, it holds leases with
   * those tokens only: all others that it was given end, because it never heard of them.
   */
  lease(dispatcher: string, wants: readonly Want[], held?: readonly number[]): Promise<Leased>
  /** Writes outcomes; all of one call in one transaction. Answers those that were refused. */
  report(dispatcher: string, reports: readonly Report[]): Promise<readonly Refused[]>
  /** Prolongs all leases of the dispatcher. */
  heartbeat(dispatcher: string): Promise<void>
  /**
   * Ends all leases of the dispatcher; what was not reported is taken by others at once. With tokens, only the leases
   * that have one of them: who speaks for the dispatcher elsewhere keeps what was leased there.
   */
  leave(dispatcher: string, tokens?: readonly number[]): Promise<void>
  /** Calls the listener whenever something may have become due. Answers how to stop listening. */
  onWake(listener: () => void): () => void
}

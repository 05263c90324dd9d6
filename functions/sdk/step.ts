import type { Change, Fields, Filter } from '#contract'
import type { CoreClient } from './client.ts'
import type { Log } from './log.ts'

/**
 * A record as its step sees it, read only. `leaf_model` is the record as its most derived type, which it always
 * is here already; it stands for the XOS idiom `o.owner.leaf_model.hello_from`.
 */
export type RecordOf<Own extends object> = Readonly<Own> & {
  readonly id: number
  readonly leaf_model: RecordOf<Own>
}

/** A record whose fields are not typed. */
export type AnyRecord = {
  readonly id: number
  readonly leaf_model: AnyRecord
  readonly [field: string]: unknown
}

/** What every call is told beside what it is for. */
export type CallContext<Client = CoreClient> = {
  /** Lines carry the record's model and id, or the event's type and id. */
  readonly log: Log
  /** Fires when the deadline of the call has passed or the caller has gone: nobody will hear the answer. */
  readonly signal: AbortSignal
  /**
   * Where the call is completed after an `InProgressException`: POST `{"status": "synced"}`, once. Undefined where
   * functions do not reach the core.
   */
  readonly completionUrl: string | undefined
  /** Reads and writes records, as far as the step may. Using it throws where functions do not reach the core. */
  readonly client: Client
}

export type StepContext<Client = CoreClient> = CallContext<Client> & {
  /** What was sent, with operation, stamp, attempt and the outcome of the attempt before. */
  readonly change: Change
}

/** A method that returns nothing has the type void, which is not undefined to the compiler. */
export type Nothing = ReturnType<() => void>

export type MaybeLater<T> = T | Promise<T>

/** Nothing, or values for feedback fields of the record, written together with its success. */
export type StepResult = MaybeLater<Nothing | Fields>

/**
 * Brings the records of one model into being and takes them away again.
 *
 * Returning means done. Throw `DeferredException` for "not yet", `InProgressException` for "begun",
 * `TerminalException` for "never"; any other error is a failure that is tried again. Calls repeat after crashes and lost answers, so both methods must be idempotent.
 */
export type Step<R = AnyRecord, Client = CoreClient> = {
  /** The leaf model whose records the step takes care of. */
  readonly observes: string
  /** Related records it reads: `owner`, `owner.site`; reverse sets such as `ports`. */
  readonly include?: readonly string[] | undefined
  /** The records it is for: paths to fields, and the values that they must have; see {@link Filter}. Without it: all. */
  readonly filter?: Filter | undefined
  /** It is called for what the policy of the model has dealt with, and not before. */
  readonly after_policy?: boolean | undefined
  /** The fields that it reads: an edit of none of them does not call it. Without a list: all. */
  readonly fields?: readonly string[] | undefined
  sync_record(o: R, context: StepContext<Client>): StepResult
  delete_record(o: R, context: StepContext<Client>): StepResult
}

/**
 * The base class of the tutorial's steps; an object of the shape of {@link Step} does as well. `include` is not
 * declared here, so that a step which has one need not write `override`.
 */
export abstract class SyncStep<R = AnyRecord, Client = CoreClient> implements Step<R, Client> {
  abstract readonly observes: string
  abstract sync_record(o: R, context: StepContext<Client>): StepResult
  abstract delete_record(o: R, context: StepContext<Client>): StepResult
}

import type { CloudEvent, DeliveryOperation, Fields } from '#contract'
import type { Caller } from '../caller.ts'
import type { DeliveryState } from './row.ts'

/** What became of events: each is stored once for each step that wants it. */
export type Acceptance = {
  readonly stored: number
  /** Had been stored before. */
  readonly repeated: number
  /** Events that no step wants. */
  readonly unwanted: number
}

/** One event for one step, or a pull step; without the event. Times in microseconds since 1970. */
export type StoredDelivery = {
  readonly id: number
  /** `SYNCHRONIZER/STEP`. */
  readonly step: string
  readonly kind: DeliveryOperation
  readonly state: DeliveryState
  /** Attributes of the event; empty of pulls. */
  readonly source: string
  readonly eventId: string
  readonly type: string
  readonly received: number
  /** When its step is called again; of those that are ready. */
  readonly nextRun?: number
  /** When it was done or given up; of a pull, when it succeeded last. */
  readonly ended?: number
  /** Failures in a row. */
  readonly failures: number
  /** Calls ever made. */
  readonly calls: number
  readonly code: number
  readonly status: string
}

export type DeliveryQuestion = {
  readonly state?: DeliveryState
  /** `SYNCHRONIZER/STEP`, or the name of the step alone. */
  readonly step?: string
  /** At most so many, 1 to 1000; the oldest first. */
  readonly limit: number
  /** Only those behind the one with this id. */
  readonly after?: number
}

/**
 * Events for steps, and what became of them. All but `accept` and `prune` throw PERMISSION_DENIED unless an
 * administrator asks.
 */
export type Deliveries = {
  /** Once it resolves no event of them is lost. All or none of them are taken. */
  accept(events: readonly CloudEvent[]): Promise<Acceptance>
  list(caller: Caller, question: DeliveryQuestion): Promise<readonly StoredDelivery[]>
  /** With the event, in the JSON format of CloudEvents, unless it is dealt with. Throws NOT_FOUND. */
  get(caller: Caller, id: number): Promise<StoredDelivery & { readonly event?: Fields }>
  /** Lets its step be called now, as if it had never failed. Throws NOT_FOUND, VALIDATION when it is done. */
  retry(caller: Caller, id: number): Promise<void>
  /** Lets nobody be called for it any more. Throws NOT_FOUND, VALIDATION when it is done or a pull, IN_PROGRESS while it runs. */
  discard(caller: Caller, id: number): Promise<void>
  /** Forgets what is older than it may become. Answers how many dead letters were lost by it. */
  prune(): Promise<number>
}

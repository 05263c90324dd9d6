import type { Fields } from './change.ts'
import type { WaitingOn } from './waiting-on.ts'

/** When a record is called for again: after a delay, or as soon as another record comes to a state. */
type Again = { readonly retryAfterMs?: number; readonly waitingOn?: WaitingOn }

/** What came of calling a function (design: the answer table). Texts are for people, at most 1024 characters. */
export type Outcome =
  /** Done. On a delete: the thing is gone and the record may go. */
  | { readonly kind: 'synced'; readonly feedback?: Fields; readonly note?: string }
  /** Accepted, not done: asked again later. */
  | ({ readonly kind: 'in-progress'; readonly text: string } & Again)
  /** Not yet: asked again later; not counted as a failure. */
  | ({ readonly kind: 'deferred'; readonly text: string } & Again)
  /** The function is busy: the target pauses, the record keeps its attempts. */
  | { readonly kind: 'target-busy'; readonly text: string; readonly retryAfterMs?: number }
  /** Nobody answered for the function: the target's breaker opens, the record keeps its attempts. */
  | { readonly kind: 'target-down'; readonly text: string }
  /** The function cannot be called as it is set up: as target-down, and somebody has to repair it. */
  | { readonly kind: 'target-misconfigured'; readonly text: string }
  /** The step failed. Without `retry` only a change of the record, or a person, brings it back. */
  | { readonly kind: 'failed'; readonly text: string; readonly retry: boolean }

export type OutcomeKind = Outcome['kind']

import type { Key, Operation, Outcome } from '#contract'

/** The call of a function that whoever shows its right may complete, once. */
export type CompletionRight = {
  readonly key: Key
  readonly operation: Operation
  /** The version of the record that was sent. */
  readonly stamp: number
  /** The number of the call among those for its record, and the token of its lease. */
  readonly call: number
  readonly token: number
  /** When it was leased and until when it may be completed, milliseconds since 1970. */
  readonly leasedAt: number
  readonly expiresAt: number
}

/** Calls that are completed after their functions answered 202. */
export type Completions = {
  /**
   * What the text of a right stands for. Throws PERMISSION_DENIED when no core of this database has given it out, GONE
   * when it has expired.
   */
  read(text: string): Promise<CompletionRight>
  /**
   * Writes what came of the call as if its function had just answered so. Throws ALREADY_COMPLETED, and GONE when the
   * record is gone or a later call was made for it.
   */
  complete(right: CompletionRight, outcome: Outcome): Promise<void>
}

/** What makes completions possible: where functions reach this core, and how long calls wait for them. */
export type CompletionOptions = {
  /** Where texts of rights are appended to; undefined: functions do not reach this core. */
  readonly address: () => string | undefined
  readonly timeoutMs: number
}

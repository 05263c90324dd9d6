import type { Fields } from '#contract'

/** `deleted` is the soft delete, after which the record still waits for its delete step; `purged` is its end. */
export type ChangeKind = 'created' | 'updated' | 'deleted' | 'purged'

/** What became of one record by one write. */
export type RecordChange = {
  /** Names this change for ever, and is the place to go on from after it. */
  readonly position: string
  readonly kind: ChangeKind
  /** The leaf model of the record. */
  readonly model: string
  readonly id: number
  /** Of the record, as the write left it. Those of one record grow. */
  readonly revision: number
  /** Microseconds since 1970. */
  readonly at: number
  /** Names of fields, links without `_id`. All of them for a record that came or went. */
  readonly changedFields: readonly string[]
  /**
   * The record as the write left it, in wire form, with null for what is null. Links to many are as they are now.
   * Without reverse sets and passwords.
   */
  readonly object: Fields
}

export type ChangesAfter = {
  /** A position, or a revision of a record as its ETag has it; undefined for the oldest change that is kept. */
  readonly after: string | undefined
  /** Only records of these models, and of those that derive from them; undefined for all. */
  readonly models?: readonly string[]
  /** At most so many; 1 to 1000. */
  readonly limit: number
}

export type Changes = {
  readonly changes: readonly RecordChange[]
  /** Where to go on. Moves on over what the question left out, too. */
  readonly position: string
  /** True when there are more to ask for at once. */
  readonly more: boolean
  /** True when younger ones wait for a transaction that goes on, of whose end nobody may tell: ask again soon. */
  readonly unsettled: boolean
}

/**
 * What happened to records, in an order in which the changes of each record follow each other, from wherever one
 * left off. Nothing that was committed is passed over, and nothing comes twice.
 */
export type ChangeLog = {
  /**
   * Throws GONE when the position is too old, or of a log that was begun anew (then list anew), and INVALID_FIELD
   * when it is none.
   */
  changes(question: ChangesAfter): Promise<Changes>
  /** The place after everything that has happened. Ask for it before listing, and watch from there. */
  position(): Promise<string>
}

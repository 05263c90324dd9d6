/** Where time comes from. The real one is made in `cli/`; tests turn theirs by hand. */
export type Clock = {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once after `ms`, however many; answers how to cancel. Never calls back synchronously. */
  after(ms: number, callback: () => void): () => void
}

/** A number from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number

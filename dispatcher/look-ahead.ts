/** A lease is asked for at least so much work in advance, so that calls do not wait for the next one. */
const leastHorizonMs = 100

/** Work that is held longer grows old, and others could have done it. */
const mostHorizonMs = 1_000

/** So many times the time it takes a lease is worked on what it brings: then leases are a small part of the whole. */
const horizonForLease = 8

/** What the last lease and the time since then showed. */
export type Pace = {
  readonly finished: number
  readonly elapsedMs: number
  /** How long the last lease took. */
  readonly leaseMs: number
}

/**
 * How many records to hold in advance of those that run: what the target gets done in the time a lease should last
 * for. So a fast target, and a slow core, are leased to in large lots; a slow target does not keep records from other
 * dispatchers.
 */
export const lookAhead = (
  { finished, elapsedMs, leaseMs }: Pace,
  { least, most }: { readonly least: number; readonly most: number },
): number => {
  const horizonMs = Math.min(mostHorizonMs, Math.max(leastHorizonMs, horizonForLease * leaseMs))
  // A clock may count whole milliseconds only.
  const wanted = Math.ceil((finished * horizonMs) / Math.max(1, elapsedMs))
  return Math.min(most, Math.max(least, wanted))
}

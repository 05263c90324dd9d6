/** A lease is asked for this much work in advance, so that calls never wait for it. */
const horizonMs = 100

/**
 * How many records to hold in advance of those that run: what the target gets done in a tenth of a second, measured
 * since the last lease. So a fast target is leased to in large lots, and a slow one does not keep records from
 * other dispatchers, nor see them grow old.
 */
export const lookAhead = (
  finished: number,
  elapsedMs: number,
  { least, most }: { readonly least: number; readonly most: number },
): number => {
  // A clock may count whole milliseconds only.
  const wanted = Math.ceil((finished * horizonMs) / Math.max(1, elapsedMs))
  return Math.min(most, Math.max(least, wanted))
}

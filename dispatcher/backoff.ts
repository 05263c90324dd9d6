import type { Random } from '#contract'

export type Backoff = { readonly firstMs: number; readonly capMs: number }

/** Beyond these every first delay but zero is at its cap; zero times infinity would be no number. */
const mostDoublings = 64

/**
 * Milliseconds to wait after the given number of failures in a row, the latest one counted (so from 1 up).
 *
 * Full jitter: evenly spread between nothing and a ceiling that doubles with each failure up to the cap, so that
 * those who failed together do not come back together. Never less than half of `firstMs`, nor more than the
 * cap: a lucky draw must not become a call at once.
 */
export const backoffMs = (
  failures: number,
  { firstMs, capMs }: Backoff,
  random: Random,
): number => {
  const ceiling = Math.min(capMs, firstMs * 2 ** Math.min(failures, mostDoublings))
  const floor = Math.min(capMs, firstMs / 2)
  return Math.max(floor, random() * ceiling)
}

/** The given time, at most a fifth shorter or longer. */
export const jitteredMs = (ms: number, random: Random): number => ms * (0.8 + 0.4 * random())

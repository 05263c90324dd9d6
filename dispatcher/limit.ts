/**
 * How many calls a target gets at once, by what it showed it can bear: at most its `concurrency`, which it also starts
 * with.
 *
 * Halved when it says that it is busy or does not answer in time, then one more for each full round of answers that
 * came about as fast as the fastest used to: the additive increase and multiplicative decrease of TCP.
 */
export type Limit = {
  /** Fractions are steps towards the next call. */
  readonly allowed: number
  /** Smoothed milliseconds of the latest calls. */
  readonly recentMs: number
  /** The least that `recentMs` was; it rises slowly, so that a target that became slower for good is not held back. */
  readonly usualMs: number
}

/** What one call showed. */
export type Shown = {
  readonly durationMs: number
  /** It is busy, or there was no answer before the deadline. */
  readonly overloaded: boolean
  /** The call began before the limit was last halved: it was made under the old one. */
  readonly stale: boolean
}

/** A call counts for so much in the smoothed time. */
const weight = 0.1
const usualRise = 1.001
/** Growing stops while calls take longer than so many times the usual. */
const tolerance = 2
/** Differences below that are noise of the machine. */
const leastMs = 5

export const startLimit = (concurrency: number): Limit => ({
  allowed: concurrency,
  recentMs: 0,
  usualMs: 0,
})

/** Calls that may be under way, 1 at least. */
export const placesOf = ({ allowed }: Limit): number => Math.max(1, Math.floor(allowed))

/** The limit after a call ended, whatever its outcome was otherwise. */
export const limitAfter = (limit: Limit, shown: Shown, concurrency: number): Limit => {
  if (shown.overloaded) {
    return shown.stale ? limit : { ...limit, allowed: Math.max(1, placesOf(limit) / 2) }
  }
  const { durationMs } = shown
  const isFirst = limit.usualMs === 0
  const recentMs = isFirst
    ? Math.max(leastMs, durationMs)
    : limit.recentMs + weight * (durationMs - limit.recentMs)
  const usualMs = isFirst
    ? recentMs
    : Math.max(leastMs, Math.min(recentMs, limit.usualMs * usualRise))
  const holds = recentMs <= tolerance * usualMs
  const grown = holds ? limit.allowed + 1 / placesOf(limit) : limit.allowed
  return { allowed: Math.min(concurrency, grown), recentMs, usualMs }
}

/** A function has to be asked again within so long. */
export const longestRetryAfterMs = 3_600_000

const httpDate = /^[A-Z][a-z]+, \d{2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * Milliseconds to wait as a `Retry-After` header has it: whole seconds or an HTTP date, at most one hour
 * (RFC 9110, 10.2.3). Undefined when there is none, or none that can be read.
 */
export const retryAfterMs = (value: string | undefined, now: number): number | undefined => {
  const text = value?.trim() ?? ''
  if (/^\d{1,15}$/.test(text)) return Math.min(Number(text) * 1000, longestRetryAfterMs)
  if (!httpDate.test(text)) return undefined
  const until = Date.parse(text)
  if (Number.isNaN(until)) return undefined
  return Math.min(Math.max(0, until - now), longestRetryAfterMs)
}

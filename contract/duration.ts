/** A duration as people write it: `500ms`, `5s`, `2m`, `1.5h`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h'}`

const unitMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
])

/** A day: what is longer is a slip, and timers end at 24.8 days. */
const longestMs = 24 * 3_600_000

const fromShort = (text: string): number | undefined => {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? []
  const factor = unitMs.get(unit ?? '')
  return factor === undefined ? undefined : Number(amount) * factor
}

const fromIso = (text: string): number | undefined => {
  const number = String.raw`(\d{1,9}(?:\.\d{1,3})?)`
  const pattern = new RegExp(`^PT(?=\\d)(?:${number}H)?(?:${number}M)?(?:${number}S)?$`)
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [hours = '0', minutes = '0', seconds = '0'] = match.slice(1)
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000
}

/**
 * Reads a duration: `500ms`, `5s`, `2m`, `1h`, ISO 8601 `PT1M30S`, or a number of seconds. Answers whole
 * milliseconds, at most a day; undefined when it is none of these.
 */
export const durationMs = (value: string | number): number | undefined => {
  const ms = typeof value === 'number' ? value * 1_000 : (fromShort(value) ?? fromIso(value))
  if (ms === undefined || !(ms >= 0 && ms <= longestMs)) return undefined
  return Math.round(ms)
}

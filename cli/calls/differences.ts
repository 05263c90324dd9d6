import { isDeepStrictEqual } from 'node:util'
import { keyText, type Outcome } from '#contract'

/** Something that an answer says otherwise than a recorded one; undefined where one says nothing of it. */
export type Difference = {
  /** `outcome`, `text`, `note`, `retry`, `retry_after`, `waiting_on`, or `feedback.` and a field. */
  readonly what: string
  readonly recorded: unknown
  readonly now: unknown
}

type Facts = Readonly<Record<string, unknown>>

const againFacts = (outcome: Outcome): Facts => {
  const seconds = 'retryAfterMs' in outcome ? { retry_after: outcome.retryAfterMs / 1000 } : {}
  if (!('waitingOn' in outcome)) return seconds
  const { waitingOn } = outcome
  return { ...seconds, waiting_on: `${keyText(waitingOn)} ${waitingOn.state}` }
}

/** All that an outcome says, each by a name. */
const factsOf = (outcome: Outcome): Facts => {
  const { kind } = outcome
  if (kind === 'synced') {
    const { note, feedback = {} } = outcome
    const fields = Object.entries(feedback).map(
      ([name, value]) => [`feedback.${name}`, value] as const,
    )
    return { outcome: kind, ...(note === undefined ? {} : { note }), ...Object.fromEntries(fields) }
  }
  const retry = kind === 'failed' ? { retry: outcome.retry } : {}
  return { outcome: kind, text: outcome.text, ...retry, ...againFacts(outcome) }
}

/** What differs between two outcomes, but for what is ignored: names as in {@link Difference}, `feedback` for all of it. */
export const differencesBetween = (
  recorded: Outcome,
  now: Outcome,
  ignored: ReadonlySet<string>,
): readonly Difference[] => {
  const [before, after] = [factsOf(recorded), factsOf(now)]
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names
    .filter((name) => !ignored.has(name) && !ignored.has(name.split('.', 1)[0] ?? ''))
    .filter((name) => !isDeepStrictEqual(before[name], after[name]))
    .map((what) => ({ what, recorded: before[what], now: after[what] }))
}

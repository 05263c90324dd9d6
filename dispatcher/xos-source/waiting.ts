import { cutText, waitingStatus, type Status } from '#contract'
import { textOfError } from '../text-of-error.ts'
import { eachAtOnce } from './at-once.ts'
import { observedOf } from './known.ts'
import type { Desk } from './lease.ts'
import type { Entry, Pending } from './pending.ts'

/** Longest circle that is looked for; a longer one still waits, but is not named. */
const maxCircle = 32

/** The records that wait for each other, beginning and ending with this one; undefined when they do not. */
const circleOf = (pending: Pending, start: Entry): readonly Entry[] | undefined => {
  const seen = new Set([start])
  let ways: readonly (readonly Entry[])[] = [[start]]
  for (let length = 0; length < maxCircle && ways.length > 0; length += 1) {
    const longer: (readonly Entry[])[] = []
    for (const way of ways) {
      for (const next of pending.blockers(way.at(-1) ?? start)) {
        if (next === start) return [...way, start]
        if (seen.has(next)) continue
        seen.add(next)
        longer.push([...way, next])
      }
    }
    ways = longer
  }
  return undefined
}

const nameOf = ({ seen: { key } }: Entry): string => `${key.model} ${key.id}`

/** What a record says while it waits; undefined when it waits for nothing. */
const waitingOf = (pending: Pending, entry: Entry): Status | undefined => {
  const [blocker] = pending.blockers(entry)
  if (blocker === undefined) return undefined
  const circle = circleOf(pending, entry)
  if (circle === undefined) {
    return waitingStatus(entry.seen.status, blocker.seen.key, blocker.seen.status.text)
  }
  const names = circle.map(nameOf).join(' -> ')
  const text = `These wait for each other, change a link to break the circle: ${names}`
  return { code: 2, text: cutText(text) }
}

/** Each is a write: the others are told of at the next poll. */
const mostTold = 500

/** Writes on records that are due what they wait for. Answers whether there was something to write. */
export const tellWaiting = async ({ known, service, log }: Desk): Promise<boolean> => {
  const { pending } = known
  const at = service()
  const isWaiting = (entry: Entry): boolean => known.isDue(entry) && known.isSure(entry)
  const news = [...pending.all()].flatMap((entry) => {
    const status = isWaiting(entry) ? waitingOf(pending, entry) : undefined
    const { code, text } = entry.seen.status
    if (status === undefined || (status.code === code && status.text === text)) return []
    return [{ entry, status }]
  })
  await eachAtOnce(news.slice(0, mostTold), async ({ entry, status }) => {
    if (!isWaiting(entry)) return
    const { key } = entry.seen
    // Nobody takes it meanwhile: what its call brings would be written over.
    entry.owner = 'waiting'
    try {
      const observed = observedOf(at, key.model)
      const values = { backend_status: status.text, backend_code: status.code }
      known.note(observed, key, await at.records.update(observed.model, key.id, values))
    } catch (error) {
      const fields = { model_name: key.model, pk: key.id, error: textOfError(error) }
      log.warn(fields, 'core does not take what a record waits for')
    }
    entry.owner = undefined
  })
  return news.length > 0
}

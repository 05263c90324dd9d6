import type { Clock, Fields, Key, Operation } from '#contract'
import { RemoteSourceError } from '../remote-connection.ts'
import {
  createPending,
  seenOf,
  type Entry,
  type Pending,
  type Seen,
  type Sighting,
} from './pending.ts'
import type { Observed, Service } from './service.ts'

/** What is known of the records of a core, and whether they may be worked on. */
export type Known = {
  readonly pending: Pending
  /** Asks the core for all that is to be done. What a core of XOS cannot tell of by itself is found so. */
  look(service: Service): Promise<void>
  /** True when something was first seen by the last look: what it depends on may be newer than that look. */
  readonly isUnsure: boolean
  /** Takes note of how a record is now. Answers what is to be done with it, if something is. */
  note(observed: Observed, key: Key, fields: Fields | undefined): Seen | undefined
  /** Nobody works on it, and its time has come. */
  isDue(entry: Entry): boolean
  /** All that it depends on is known. */
  isSure(entry: Entry): boolean
  /** It waits for no other record, as far as is known, and all that is needed is known. */
  isFree(entry: Entry): boolean
}

export const observedOf = ({ models }: Service, model: string): Observed => {
  const found = models.get(model)
  if (found !== undefined) return found
  throw new RemoteSourceError('VALIDATION', `No step of this dispatcher observes ${model}`)
}

/** `onUnsure` is called when a look would tell whether a record may be worked on. */
export const createKnown = (clock: Pick<Clock, 'now'>, onUnsure: () => void): Known => {
  const pending = createPending()
  let begun = 0
  let ended = 0

  const sighting = (): Sighting => ({ now: clock.now(), round: begun })

  /** A record is written after what it links to, and deleted with what links to it: a look begun later sees that. */
  const isSure = ({ seen, seenIn }: Entry): boolean =>
    seenIn < ended || (seen.operation === 'sync' && seen.links.length === 0)

  /** Who is being worked on is told of when that ends. */
  const merge = ({ model }: Observed, operation: Operation, rows: readonly Fields[]): void => {
    const found = new Set<number>()
    for (const fields of rows) {
      const seen = seenOf(model, fields)
      if (seen === undefined) continue
      found.add(seen.key.id)
      if (pending.get(seen.key)?.owner === undefined) pending.put(seen, sighting())
    }
    for (const { seen, owner } of [...pending.of(model.name)]) {
      const isOver = seen.operation === operation && !found.has(seen.key.id)
      if (isOver && owner === undefined) pending.drop(seen.key)
    }
  }

  const dropUnobserved = ({ models }: Service): void => {
    for (const { seen, owner } of [...pending.all()]) {
      if (owner === undefined && !models.has(seen.key.model)) pending.drop(seen.key)
    }
  }

  return {
    pending,

    async look(service) {
      const { models, records } = service
      begun += 1
      dropUnobserved(service)
      for (const one of models.values())
        merge(one, 'sync', await records.filter(one.model, 'dirty'))
      for (const one of models.values())
        merge(one, 'delete', await records.filter(one.model, 'deleted'))
      ended = begun
    },

    get isUnsure() {
      return ![...pending.all()].every(isSure)
    },

    note({ model }, key, fields) {
      const seen = fields && seenOf(model, fields)
      if (seen === undefined) pending.drop(key)
      else if (!isSure(pending.put(seen, sighting()))) onUnsure()
      return seen
    },

    isDue: ({ owner, dueMs }) => owner === undefined && dueMs <= clock.now(),

    isSure,

    isFree: (entry) => isSure(entry) && pending.blockers(entry).length === 0,
  }
}

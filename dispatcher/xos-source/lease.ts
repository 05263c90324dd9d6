import type { Change, Clock, Fields, Leased, Operation, Random, Want, Work } from '#contract'
import { backoffMs, type Backoff } from '../backoff.ts'
import type { Log } from '../options.ts'
import { RemoteSourceError } from '../remote-connection.ts'
import { textOfError } from '../text-of-error.ts'
import { eachAtOnce } from './at-once.ts'
import { createExpander, ownFields, type Expander } from './expand.ts'
import { observedOf, type Known } from './known.ts'
import type { Entry } from './pending.ts'
import type { Service } from './service.ts'

/** A record in the hands of a dispatcher. */
export type Held = {
  readonly entry: Entry
  readonly owner: string
  readonly operation: Operation
  /** The record as its function gets it. */
  readonly fields: Fields
  /** Its newest stamp then, in seconds as the core has it. */
  readonly version: number
  /** Only this lease asked for a delete step. */
  readonly isMarkedHere: boolean
}

/** What leasing and reporting work on. */
export type Desk = {
  /** Throws UNAVAILABLE while the core cannot be reached. */
  readonly service: () => Service
  readonly known: Known
  /** By token. */
  readonly held: Map<number, Held>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export const isOutage = (error: unknown): boolean =>
  error instanceof RemoteSourceError && error.code === 'UNAVAILABLE'

export const isGone = (error: unknown): boolean =>
  error instanceof RemoteSourceError && error.code === 'NOT_FOUND'

const refusedBackoff: Backoff = { firstMs: 1_000, capMs: 600_000 }

/** One record that the core does not let us read or write must not hold up the others. */
export const leaveAlone = ({ clock, random, log }: Desk, entry: Entry, error: unknown): void => {
  const { model, id } = entry.seen.key
  log.warn({ model_name: model, pk: id, error: textOfError(error) }, 'core refuses a record')
  entry.failures += 1
  entry.dueMs = clock.now() + backoffMs(entry.failures, refusedBackoff, random)
}

/** Takes back that a delete step is asked for: no function saw the record. */
export const unmark = async ({ service, known }: Desk, { seen: { key } }: Entry): Promise<void> => {
  const at = service()
  const observed = observedOf(at, key.model)
  const values = { backend_need_delete: false }
  known.note(observed, key, await at.records.update(observed.model, key.id, values))
}

const readMarked = async ({ service }: Desk, { seen }: Entry): Promise<Fields | undefined> => {
  const { key, operation, isMarked } = seen
  const at = service()
  const { model } = observedOf(at, key.model)
  if (operation === 'delete' || isMarked) return at.records.get(model, key.id)
  return at.records.update(model, key.id, { backend_need_delete: true })
}

const previousOf = (fields: Fields): NonNullable<Change['previous']> => {
  const text = fields['backend_status']
  return { code: Number(fields['backend_code']), text: typeof text === 'string' ? text : '' }
}

const microseconds = (seconds: number): number => Math.round(seconds * 1e6)

export const createLease = (desk: Desk) => {
  const { known, held, clock, service } = desk
  let lastToken = 0

  /** Reads the record anew, for it may be another by now; undefined when it is not to be worked on after all. */
  const begin = async (
    entry: Entry,
    owner: string,
    expander: Expander,
  ): Promise<Work | undefined> => {
    const { key, operation, isMarked } = entry.seen
    const isMarkedHere = operation === 'sync' && !isMarked
    const observed = observedOf(service(), key.model)
    const fields = await readMarked(desk, entry)
    const seen = known.note(observed, key, fields)
    if (fields === undefined) return undefined
    if (seen?.operation !== operation || !known.isFree(entry)) {
      if (isMarkedHere) await unmark(desk, entry)
      return undefined
    }
    const expanded = await expander
      .expand(observed.model, fields, observed.step.include)
      .catch(async (error: unknown) => {
        if (isMarkedHere) await unmark(desk, entry)
        throw error
      })
    const change = {
      operation,
      model: key.model,
      record: ownFields(observed.model, fields),
      expanded,
      stamp: microseconds(seen.version),
      attempt: entry.attempts + 1,
      ...(isMarkedHere ? {} : { previous: previousOf(fields) }),
    }
    lastToken += 1
    entry.attempts += 1
    held.set(lastToken, { entry, owner, operation, fields, version: seen.version, isMarkedHere })
    return { key, operation, token: lastToken, failures: entry.failures, change }
  }

  const take = ({ model, limit }: Want, owner: string): readonly Entry[] => {
    const taken: Entry[] = []
    for (const entry of known.pending.of(model)) {
      if (taken.length >= limit) break
      if (!known.isDue(entry) || !known.isFree(entry)) continue
      entry.owner = owner
      taken.push(entry)
    }
    return taken
  }

  const nextDue = (wants: readonly Want[]): Pick<Leased, 'nextDueMs'> => {
    const now = clock.now()
    let earliest = Infinity
    for (const { model } of wants) {
      for (const { owner, dueMs } of known.pending.of(model)) {
        if (owner === undefined && dueMs > now) earliest = Math.min(earliest, dueMs)
      }
    }
    return earliest === Infinity ? {} : { nextDueMs: earliest - now }
  }

  /** Takes due records that wait for no others. */
  return async (dispatcher: string, wants: readonly Want[]): Promise<Leased> => {
    const { api, records } = service()
    const expander = createExpander(api, records)
    const outages: unknown[] = []
    const taken = wants.flatMap((want) => take(want, dispatcher))
    const begun = await eachAtOnce(taken, async (entry) => {
      try {
        const work = await begin(entry, dispatcher, expander)
        if (work === undefined) entry.owner = undefined
        return work
      } catch (error) {
        entry.owner = undefined
        if (isGone(error)) known.pending.drop(entry.seen.key)
        else if (isOutage(error)) outages.push(error)
        else leaveAlone(desk, entry, error)
        return undefined
      }
    })
    const work = begun.filter((one) => one !== undefined)
    // What was taken is worked on: an outage that left something is told of by the next request.
    if (outages.length > 0 && work.length === 0) throw outages[0]
    // In the place of those that were not to be worked on, others may be due.
    return work.length < taken.length ? { work, nextDueMs: 0 } : { work, ...nextDue(wants) }
  }
}

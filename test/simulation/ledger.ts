import { keyText, type Change, type Fields, type Refused, type Report, type Work } from '#contract'
import { modelNamed, type LinkField } from './models.ts'
import { recordChange } from '../support/record-change.ts'

/** How long a dispatcher may be silent before its leases end, as `core/store/lease.ts` has it. */
const leaseMs = 10_000

/** What a record must be by now, from what was asked of the core and what it answered. */
type Entry = {
  readonly key: string
  readonly model: string
  readonly id: number
  value: number
  /** Records that it links to, by key; many or one. */
  links: readonly { readonly to: string; readonly isMany: boolean }[]
  /** The version that the last write made, microseconds. */
  stamp: number
  /** The version that was synced last; undefined: none, or it was deleted since. */
  enacted: number | undefined
  reading: number | undefined
  isDeleted: boolean
  /** A sync was leased, and not given back without a call. */
  needsDelete: boolean
  /** Its delete succeeded, or there was nothing to delete. */
  isGone: boolean
  /** What failed so that only a person brings it back. */
  isStopped: boolean
  lease: Lease | undefined
  /** Leases of this version that count as attempts, and answers that failed. */
  attempts: number
  failures: number
}

type Lease = {
  readonly key: string
  readonly token: number
  readonly owner: string
  /** Nobody had asked for a delete before this lease did. */
  readonly asksDelete: boolean
  isCalled: boolean
  isEnded: boolean
}

/** A row of the core's table at the end. */
export type EndRow = {
  readonly leaf: string
  readonly id: number
  readonly value: number
  readonly reading: number | null
  readonly deleted: boolean
  readonly pending: boolean
  readonly parked: boolean
  readonly leased: boolean
  readonly code: number
}

export type Ledger = ReturnType<typeof createLedger>

/** The version that a function would be sent, microseconds. */
const stampIn = (fields: Fields): number =>
  Math.round(Math.max(Number(fields['updated']), Number(fields['changed_by_policy'] ?? 0)) * 1e6)

const idsOf = (fields: Fields, { name, isMany }: LinkField): readonly number[] => {
  const value = fields[isMany ? `${name}_ids` : `${name}_id`]
  if (Array.isArray(value)) return value.map(Number)
  return typeof value === 'number' ? [value] : []
}

const linksIn = (model: string, fields: Fields): Entry['links'] =>
  modelNamed(model).links.flatMap((link) =>
    idsOf(fields, link).map((id) => ({
      to: rootKey(link.model, id),
      isMany: link.isMany,
    })),
  )

/** Only `reading` may be fed back: with anything else the core takes a success for a failure for good. */
const judged = (outcome: Report['outcome']): Report['outcome'] =>
  outcome.kind === 'synced' &&
  Object.keys(outcome.feedback ?? {}).some((name) => name !== 'reading')
    ? { kind: 'failed', text: 'wrong feedback', retry: false }
    : outcome

/** Records of models that derive from one another share their ids. */
const rootKey = (model: string, id: number): string =>
  keyText({ model: modelNamed(model).root, id })

/**
 * Keeps, beside the core and knowing nothing of how it works, what every record must be like after each answer of
 * the core, and notes each answer that breaks one of the invariants of design section 8.
 */
export const createLedger = (breach: (text: string) => void) => {
  const entries = new Map<string, Entry>()
  const heard = new Map<string, number>()
  const leaseOf = new WeakMap<Change, Lease>()
  /** Calls that the functions have and whose answer the dispatcher has not. */
  const underWay = new Map<Change, string>()

  const isPending = (entry: Entry): boolean => {
    if (entry.isGone || !modelNamed(entry.model).isObserved) return false
    if (entry.isDeleted) return entry.needsDelete
    return entry.enacted === undefined || entry.enacted < entry.stamp
  }

  const entryOf = (model: string, id: number): Entry | undefined => entries.get(rootKey(model, id))

  const linkingTo = (key: string): Entry[] =>
    [...entries.values()].filter(
      (entry) => !entry.isGone && entry.key !== key && entry.links.some(({ to }) => to === key),
    )

  /** What it has to wait for now: of its targets those to be synced, or of its dependents those to be deleted. */
  const blockersOf = (entry: Entry): Entry[] => {
    if (entry.isDeleted) {
      return linkingTo(entry.key).filter((other) => other.isDeleted && isPending(other))
    }
    return entry.links.flatMap(({ to }) => {
      const target = entries.get(to)
      if (target === undefined || target === entry || target.isDeleted) return []
      return isPending(target) ? [target] : []
    })
  }

  const endLease = (entry: Entry): void => {
    if (entry.lease !== undefined) entry.lease.isEnded = true
    entry.lease = undefined
  }

  /** What needs no delete, or has had it, goes as soon as nothing is left that has to link to it. */
  const letGo = (): void => {
    for (let wentSome = true; wentSome;) {
      wentSome = false
      for (const entry of entries.values()) {
        if (entry.isGone || !entry.isDeleted || entry.needsDelete || entry.lease !== undefined)
          continue
        const isHeld = linkingTo(entry.key).some(({ links }) =>
          links.some(({ to, isMany }) => to === entry.key && !isMany),
        )
        if (isHeld) continue
        entry.isGone = true
        wentSome = true
      }
    }
  }

  const endLeases = (ends: (lease: Lease) => boolean): void => {
    for (const entry of entries.values()) {
      if (entry.lease !== undefined && ends(entry.lease)) endLease(entry)
    }
    letGo()
  }

  /** The core heard of a dispatcher, and so notices those that it has not heard of for too long. */
  const touched = (owner: string, coreMs: number): void => {
    heard.set(owner, coreMs + leaseMs)
    const silent = [...heard].filter(([, until]) => until <= coreMs).map(([name]) => name)
    for (const name of silent) heard.delete(name)
    if (silent.length > 0) endLeases(({ owner: by }) => silent.includes(by))
  }

  const newVersion = (entry: Entry): void => {
    entry.attempts = 0
    entry.failures = 0
    entry.isStopped = false
  }

  const wrote = (model: string, fields: Fields): void => {
    const id = Number(fields['id'])
    const key = rootKey(model, id)
    const stamp = stampIn(fields)
    const known = entries.get(key)
    const entry: Entry = known ?? {
      key,
      model,
      id,
      value: 0,
      links: [],
      stamp: 0,
      enacted: undefined,
      reading: undefined,
      isDeleted: false,
      needsDelete: false,
      isGone: false,
      isStopped: false,
      lease: undefined,
      attempts: 0,
      failures: 0,
    }
    entries.set(key, entry)
    if (known !== undefined && stamp <= known.stamp) {
      breach(`${key} was written, but looks no newer than before`)
    }
    entry.value = Number(fields['value'])
    entry.links = linksIn(model, fields)
    entry.stamp = stamp
    newVersion(entry)
  }

  /** A synchronizer wrote a status, which is no new version. */
  const wroteStatus = (model: string, fields: Fields): void => {
    const entry = entryOf(model, Number(fields['id']))
    if (entry === undefined || stampIn(fields) === entry.stamp) return
    breach(`a status write made a new version of ${entry.key}`)
  }

  const removed = (model: string, id: number): void => {
    const doomed: Entry[] = []
    const add = (entry: Entry | undefined): void => {
      if (entry === undefined || entry.isDeleted || doomed.includes(entry)) return
      doomed.push(entry)
      for (const other of linkingTo(entry.key)) {
        if (other.links.some(({ to, isMany }) => to === entry.key && !isMany)) add(other)
      }
    }
    add(entryOf(model, id))
    for (const entry of doomed) {
      entry.isDeleted = true
      entry.enacted = undefined
      newVersion(entry)
    }
    letGo()
  }

  const checkLeased = (entry: Entry, work: Work): void => {
    const { key } = entry
    const { operation, failures, change } = work
    if (entry.lease !== undefined) breach(`${key} was leased to two at once`)
    if (operation === 'delete' && !(entry.isDeleted && entry.needsDelete)) {
      breach(`${key} was to be deleted, which nobody asked for or without a sync before`)
    }
    if (operation === 'sync' && entry.isDeleted) breach(`${key} was to be synced when deleted`)
    if (!isPending(entry)) breach(`${key} was leased although it is as it should be`)
    if (change.stamp !== entry.stamp) breach(`${key} has a version that nobody wrote`)
    if (recordChange(change).record['value'] !== entry.value)
      breach(`${key} was sent without its last write`)
    for (const other of blockersOf(entry)) breach(`${key} went ahead of ${other.key}`)
    if (failures > entry.failures) breach(`${key} has ${failures} failures, but had fewer`)
    if (change.attempt > entry.attempts + 1) {
      breach(`${key} is at attempt ${change.attempt}, but had fewer that count`)
    }
  }

  const leased = (owner: string, coreMs: number, work: readonly Work[]): void => {
    touched(owner, coreMs)
    for (const one of work) {
      const entry = entryOf(one.key.model, one.key.id)
      if (entry === undefined || entry.isGone) {
        breach(`${keyText(one.key)} was leased, but is gone`)
        continue
      }
      checkLeased(entry, one)
    }
    // All of one lease are looked at before any is taken: what is leased together must not depend on each other.
    for (const one of work) {
      const entry = entryOf(one.key.model, one.key.id)
      if (entry === undefined) continue
      const asksDelete = !entry.needsDelete && one.operation === 'sync'
      const { key } = entry
      const lease = { key, token: one.token, owner, asksDelete, isCalled: false, isEnded: false }
      entry.lease = lease
      entry.needsDelete = true
      entry.attempts += 1
      leaseOf.set(recordChange(one.change), lease)
    }
  }

  const accept = (entry: Entry, lease: Lease, { operation, stamp, ...given }: Report): void => {
    const outcome = judged(given.outcome)
    const isOfThisVersion = stamp === entry.stamp && (operation === 'delete') === entry.isDeleted
    endLease(entry)
    if (outcome.kind === 'released') {
      if (lease.asksDelete) entry.needsDelete = false
      if (lease.isCalled) breach(`${entry.key} was given back although it was called`)
    }
    if (outcome.kind === 'released' || outcome.kind.startsWith('target-')) {
      if (isOfThisVersion) entry.attempts -= 1
    }
    if (outcome.kind === 'failed' && isOfThisVersion) {
      entry.failures += 1
      entry.isStopped = !outcome.retry
    }
    if (outcome.kind !== 'synced') return
    if (operation === 'delete') {
      entry.needsDelete = false
      return
    }
    const reading = outcome.feedback?.['reading']
    if (typeof reading === 'number') entry.reading = reading
    if (entry.isDeleted) return
    entry.enacted = stamp
    if (isOfThisVersion) entry.failures = 0
  }

  const reported = (reports: readonly Report[], refused: readonly Refused[]): void => {
    for (const one of reports) {
      const entry = entryOf(one.key.model, one.key.id)
      const lease = entry?.lease?.token === one.token ? entry.lease : undefined
      const isRefused = refused.some(
        ({ key, token }) => token === one.token && keyText(key) === keyText(one.key),
      )
      if (lease === undefined && !isRefused) {
        breach(`a late report on ${keyText(one.key)} was taken`)
      }
      if (lease === undefined || entry === undefined) continue
      if (isRefused) breach(`a report on ${entry.key} was refused though its lease goes on`)
      accept(entry, lease, one)
    }
    letGo()
  }

  const called = (change: Change): void => {
    const lease = leaseOf.get(change)
    if (lease === undefined) {
      breach('a function was called without a lease')
      return
    }
    if (lease.isCalled) breach(`${lease.key} was called twice on one lease`)
    lease.isCalled = true
    for (const [other, key] of underWay) {
      if (key !== lease.key || lease.isEnded || leaseOf.get(other)?.isEnded === true) continue
      breach(`${key} was called twice at once`)
    }
    underWay.set(change, lease.key)
  }

  const checkEnd = (rows: readonly EndRow[], backend: ReadonlyMap<string, number>): void => {
    const found = new Map(rows.map((row) => [rootKey(row.leaf, row.id), row]))
    const isObserved = (entry: Entry): boolean => modelNamed(entry.model).isObserved
    for (const entry of entries.values()) {
      const { key } = entry
      const row = found.get(key)
      found.delete(key)
      if (entry.isGone) {
        if (row !== undefined) breach(`${key} was deleted, but its row stays`)
        if (backend.has(key)) breach(`${key} is gone, but its function was never told`)
      } else if (row === undefined) breach(`${key} went without a reason`)
      else if (row.value !== entry.value) breach(`the last write of ${key} was lost`)
      else if (!isObserved(entry)) continue
      else if (row.pending || row.parked || row.leased || row.code !== 1) {
        breach(`${key} is not synced at the end: ${JSON.stringify(row)}`)
      } else if (backend.get(key) !== entry.value) {
        breach(`the function of ${key} never got its last write`)
      } else if ((row.reading ?? undefined) !== entry.reading) {
        breach(`the feedback on ${key} was lost`)
      }
    }
    for (const key of found.keys()) breach(`${key} is there though nobody wrote it`)
  }

  const live = (): Entry[] =>
    [...entries.values()].filter(({ isDeleted, isGone }) => !isDeleted && !isGone)

  /** Pending records but those of the given model, and those that wait for one of them. */
  const pendingBeside = (model: string): Entry[] => {
    const isHeldUp = (entry: Entry, seen: readonly Entry[] = []): boolean =>
      entry.model === model ||
      blockersOf(entry).some((other) => !seen.includes(other) && isHeldUp(other, [...seen, entry]))
    return [...entries.values()].filter((entry) => isPending(entry) && !isHeldUp(entry))
  }

  return {
    wrote,
    wroteStatus,
    removed,
    leased,
    reported,
    touched,
    /** A dispatcher took its leave; with tokens, only of the leases that have one of them. */
    left(owner: string, tokens?: readonly number[]): void {
      if (tokens === undefined) heard.delete(owner)
      endLeases(
        (lease) => lease.owner === owner && (tokens === undefined || tokens.includes(lease.token)),
      )
    },
    /** A dispatcher holds no leases but those that have one of the tokens. */
    holds(owner: string, tokens: readonly number[]): void {
      endLeases((lease) => lease.owner === owner && !tokens.includes(lease.token))
    },
    /** A core found at its start that it is the only one, so nobody can hold a lease. */
    startedAlone(): void {
      heard.clear()
      endLeases(() => true)
    },
    called,
    /** The dispatcher has its answer, or no longer waits for one. */
    answered(change: Change): void {
      underWay.delete(change)
    },
    retried(model: string, id: number): void {
      const entry = entryOf(model, id)
      if (entry !== undefined && entry.lease === undefined) newVersion(entry)
    },
    live,
    /** What nothing but a person brings back. */
    stopped: (): readonly { readonly model: string; readonly id: number }[] =>
      [...entries.values()].filter((entry) => entry.isStopped && isPending(entry)),
    pendingBeside,
    isQuiet: (): boolean =>
      [...entries.values()].every((entry) => !isPending(entry) && entry.lease === undefined),
    checkEnd,
  }
}

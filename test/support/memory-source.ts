import {
  keyText,
  type Clock,
  type Fields,
  type Key,
  type Leased,
  type Operation,
  type Report,
  type Want,
  type Work,
  type WorkSource,
} from '#contract'

type Lease = { readonly owner: string; readonly token: number }

type Entry = {
  readonly key: Key
  fields: Fields
  operation: Operation
  updated: number
  enacted: number
  /** Infinity: only a change brings it back. */
  dueMs: number
  failures: number
  attempts: number
  lease: Lease | undefined
}

type RequestName = 'lease' | 'report' | 'heartbeat' | 'leave'

export type MemorySource = WorkSource & {
  /** @param dueMs since when it counts as due; now, unless it is said */
  write(key: Key, fields?: Fields, dueMs?: number): void
  remove(key: Key): void
  /** What was reported for the record, oldest first; `released` included. */
  reports(key: Key): readonly Report[]
  outcomes(key: Key): readonly Report['outcome']['kind'][]
  isSynced(key: Key): boolean
  /** The dispatcher that holds the record now. */
  owner(key: Key): string | undefined
  /** All requests so far, with what they asked or brought. */
  readonly requests: readonly { readonly name: RequestName; readonly count: number }[]
  /** From now on requests reject, until it is undefined again. */
  setOutage(error: Error | undefined): void
  /** Requests wait for what this answers before they act, and again before they return. */
  setDelay(delay: (name: RequestName) => Promise<void>): void
  /** How many listen for wakes. */
  listenerCount(): number
  /** Ends the lease, as if it had run out. */
  expireLease(key: Key): void
}

/** A core in memory: it stands for the port as a dispatcher sees it, for nothing else. */
export const createMemorySource = (clock: Clock): MemorySource => {
  const entries = new Map<string, Entry>()
  const reported = new Map<string, Report[]>()
  const requests: { name: RequestName; count: number }[] = []
  const listeners = new Set<() => void>()
  let outage: Error | undefined
  let delay: (name: RequestName) => Promise<void> = () => Promise.resolve()
  let lastStamp = 0
  let lastToken = 0

  const wake = (): void => {
    for (const listener of [...listeners]) listener()
  }

  const request = async <T>(name: RequestName, count: number, act: () => T): Promise<T> => {
    requests.push({ name, count })
    await delay(name)
    if (outage !== undefined) throw outage
    const answer = act()
    await delay(name)
    return answer
  }

  const change = (key: Key, operation: Operation, fields: Fields, dueMs: number): void => {
    lastStamp += 1
    const before = entries.get(keyText(key))
    entries.set(keyText(key), {
      key,
      fields,
      operation,
      updated: lastStamp,
      enacted: before?.enacted ?? 0,
      dueMs,
      failures: 0,
      attempts: 0,
      lease: before?.lease,
    })
    wake()
  }

  const isPending = ({ enacted, updated }: Entry): boolean => enacted < updated

  const take = (entry: Entry, owner: string): Work => {
    lastToken += 1
    entry.lease = { owner, token: lastToken }
    entry.attempts += 1
    const { key, operation, failures, fields, updated, attempts } = entry
    const record = { ...fields, id: key.id }
    return {
      key,
      operation,
      token: lastToken,
      failures,
      due: entry.dueMs * 1000,
      change: {
        operation,
        model: key.model,
        record,
        expanded: {},
        stamp: updated,
        attempt: attempts,
      },
    }
  }

  const lease = (owner: string, wants: readonly Want[], held?: readonly number[]): Leased => {
    const now = clock.now()
    for (const entry of entries.values()) {
      if (entry.lease?.owner === owner && held?.includes(entry.lease.token) === false)
        entry.lease = undefined
    }
    const work: Work[] = []
    let nextDueMs = Infinity
    for (const { model, limit } of wants) {
      let left = limit
      const inLine = [...entries.values()].sort((some, other) => some.dueMs - other.dueMs)
      for (const entry of inLine) {
        if (entry.key.model !== model || !isPending(entry) || entry.lease !== undefined) continue
        if (entry.dueMs > now) nextDueMs = Math.min(nextDueMs, entry.dueMs - now)
        else if (left > 0) {
          left -= 1
          work.push(take(entry, owner))
        }
      }
    }
    return nextDueMs === Infinity ? { work } : { work, nextDueMs }
  }

  /** Wakes only for what the one who reports cannot know: as few wakes as a source may give. */
  const settle = (entry: Entry, report: Report): void => {
    entry.lease = undefined
    const { outcome, stamp, retryInMs } = report
    if (outcome.kind === 'synced' || outcome.kind === 'skipped') entry.enacted = stamp
    // It was given back, or changed meanwhile and starts anew.
    if (outcome.kind === 'released' || entry.updated > stamp) {
      wake()
      return
    }
    if (outcome.kind === 'failed') entry.failures += 1
    entry.dueMs = retryInMs === undefined ? Infinity : clock.now() + retryInMs
    if (outcome.kind === 'synced' && report.operation === 'delete') {
      entries.delete(keyText(entry.key))
    }
  }

  const report = (reports: readonly Report[]) =>
    reports.filter((one) => {
      const entry = entries.get(keyText(one.key))
      if (entry?.lease?.token !== one.token) return true
      const earlier = reported.get(keyText(one.key)) ?? []
      reported.set(keyText(one.key), [...earlier, one])
      settle(entry, one)
      return false
    })

  const reportsOf = (key: Key): readonly Report[] => reported.get(keyText(key)) ?? []

  return {
    register: () => Promise.resolve([]),

    lease: (owner, wants, held) => request('lease', wants.length, () => lease(owner, wants, held)),

    report: (_owner, reports) => request('report', reports.length, () => report(reports)),

    heartbeat: () => request('heartbeat', 0, () => undefined),

    leave: (owner) =>
      request('leave', 0, () => {
        for (const entry of entries.values()) {
          if (entry.lease?.owner === owner) entry.lease = undefined
        }
        wake()
      }),

    onWake(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },

    write: (key, fields = {}, dueMs = clock.now()) => change(key, 'sync', fields, dueMs),
    remove: (key) => change(key, 'delete', entries.get(keyText(key))?.fields ?? {}, clock.now()),
    reports: reportsOf,
    outcomes: (key) => reportsOf(key).map(({ outcome }) => outcome.kind),

    isSynced(key) {
      const entry = entries.get(keyText(key))
      return entry === undefined || !isPending(entry)
    },

    listenerCount: () => listeners.size,

    owner: (key) => entries.get(keyText(key))?.lease?.owner,
    requests,

    setOutage(error) {
      outage = error
    },

    setDelay(next) {
      delay = next
    },

    expireLease(key) {
      const entry = entries.get(keyText(key))
      if (entry !== undefined) entry.lease = undefined
      wake()
    },
  }
}

import { keyText, type Change, type ExpandedRecord, type Outcome, type WorkSource } from '#contract'
import { createDispatcher, type Target } from '#dispatcher'
import { asAdministrator, type TestStore } from '../support/store.ts'

/** Boxes stand on shelves, shelves in racks: three models, each with a step, each depending on the one before. */
export const shelfModels = `
option name = "shelves";
option app_label = "shelves";

message Rack (XOSBase) {
  required int32 value = 1 [default = 0];
}
message Shelf (XOSBase) {
  required int32 value = 1 [default = 0];
  required manytoone rack->Rack:shelves = 2:1001;
}
message Box (XOSBase) {
  required int32 value = 1 [default = 0];
  required manytoone shelf->Shelf:boxes = 2:1001;
}
`

export const modelNames = ['Rack', 'Shelf', 'Box'] as const

export const shelfSteps = [
  { step: 'rack', model: 'Rack', include: ['shelves'] },
  { step: 'shelf', model: 'Shelf', include: ['rack', 'boxes'] },
  { step: 'box', model: 'Box', include: ['shelf'] },
]

/** What may happen, in any order. `pick` chooses among what there is at that moment. */
export type Action =
  | { readonly kind: 'create'; readonly model: (typeof modelNames)[number]; readonly pick: number }
  | { readonly kind: 'edit'; readonly pick: number; readonly value: number }
  | { readonly kind: 'delete'; readonly pick: number }
  | { readonly kind: 'answer'; readonly pick: number; readonly outcome: Outcome }
  | { readonly kind: 'wait'; readonly ms: number }
  /** The dispatcher stops taking part, as a process does that is paused or killed; another one starts. */
  | { readonly kind: 'replace' }

type Call = {
  readonly change: Change
  readonly by: Participant
  answer(outcome: Outcome): void
}

type Participant = { isGone: boolean; readonly stop: AbortController }

const parents: Readonly<Record<string, string | undefined>> = { Shelf: 'rack', Box: 'shelf' }
const children: Readonly<Record<string, string | undefined>> = { Rack: 'shelves', Shelf: 'boxes' }

/** A delete that fails for good waits for a person, whom these schedules do not have. */
const answerFor = ({ operation }: Change, outcome: Outcome): Outcome =>
  operation === 'delete' && outcome.kind === 'failed' ? { ...outcome, retry: true } : outcome

/** Over all worlds: one that takes its leave after its world has ended must not end the leases of a namesake. */
let participants = 0

/**
 * The source as a dispatcher sees it that may be gone: it takes no more, but its late reports still arrive.
 * `track` hears of every request that is under way.
 */
const throughParticipant = (
  source: WorkSource,
  by: Participant,
  track: <T>(request: Promise<T>) => Promise<T>,
): WorkSource => {
  const never = new Promise<never>(() => undefined)
  return {
    ...source,
    lease: (name, wants) => (by.isGone ? never : track(source.lease(name, wants))),
    report: (name, reports) => track(source.report(name, reports)),
    heartbeat: (name) => (by.isGone ? never : track(source.heartbeat(name))),
    leave: (name) => (by.isGone ? never : track(source.leave(name))),
  }
}

/**
 * Runs the real store and the real dispatcher under the manual clock, with functions whose answers the schedule
 * decides, and notes every breach of the invariants of design section 8.
 */
export const createWorld = (under: TestStore) => {
  const breaches: string[] = []
  const inFlight = new Set<Call>()
  /** What the functions brought into being: the value each record's step saw last. */
  const backend = new Map<string, number>()
  const everSynced = new Set<string>()
  const everDeleted = new Set<string>()
  let calls = 0
  let current: Participant | undefined

  let requests = 0
  const track = <T>(request: Promise<T>): Promise<T> => {
    requests += 1
    return request.finally(() => {
      requests -= 1
    })
  }

  const breach = (text: string): void => {
    breaches.push(text)
  }

  const checkDependencies = ({ operation, model, record, expanded }: Change): void => {
    const name = `${model}/${String(record['id'])}`
    if (operation === 'sync') {
      const link = parents[model]
      const parent = link === undefined ? undefined : expanded[link]
      if (parent === undefined || parent === null || !('record' in parent)) return
      const { enacted, updated } = parent.record
      if (Number(enacted ?? 0) >= Number(updated)) return
      breach(`${name} was called before the ${parent.model} it depends on was synced`)
      return
    }
    const set = children[model]
    const dependents = set === undefined ? [] : expanded[set]
    if (!Array.isArray(dependents)) return
    const alive = (dependents as readonly ExpandedRecord[]).filter(
      ({ record: child }) =>
        child['backend_need_delete'] === true && child['backend_need_reap'] !== true,
    )
    if (alive.length > 0) breach(`${name} was deleted before what depends on it`)
  }

  const receive = (change: Change, by: Participant): void => {
    const key = keyText({ model: change.model, id: Number(change.record['id']) })
    for (const other of inFlight) {
      if (keyText({ model: other.change.model, id: Number(other.change.record['id']) }) !== key)
        continue
      // Only a lost dispatcher and its successor may overlap, and then the lost one's answer is refused.
      if (!other.by.isGone && !by.isGone) breach(`${key} was called twice at once`)
    }
    checkDependencies(change)
    if (change.operation === 'sync') {
      everSynced.add(key)
      backend.set(key, Number(change.record['value']))
    } else {
      if (!everSynced.has(key)) breach(`${key} was deleted, but never synced`)
      everDeleted.add(key)
      backend.delete(key)
    }
  }

  const start = (): void => {
    participants += 1
    const by: Participant = { isGone: false, stop: new AbortController() }
    const targets = shelfSteps.map(({ step, model }): Target => ({
      step,
      model,
      url: 'http://127.0.0.1:1/',
      timeoutMs: 30_000,
      concurrency: 2,
      deferredDelayMs: 5_000,
      retry: { firstMs: 1_000, capMs: 600_000 },
    }))
    const nothing = (): void => undefined
    const dispatcher = createDispatcher({
      name: `dispatcher-${participants}`,
      synchronizer: 'shelves',
      source: throughParticipant(under.work, by, track),
      targets,
      call: (_target, change) =>
        new Promise((resolve) => {
          calls += 1
          receive(change, by)
          const call: Call = {
            change,
            by,
            answer(outcome) {
              inFlight.delete(call)
              resolve(outcome)
            },
          }
          inFlight.add(call)
        }),
      clock: under.clock,
      random: () => 0.5,
      log: { info: nothing, warn: nothing, error: nothing },
    })
    current = by
    void dispatcher.run(by.stop.signal)
  }

  // Not the dispatcher's `settled`: a call that nobody has answered yet keeps it busy for ever.
  const rest = async (): Promise<void> => {
    do await under.clock.advance(0)
    while (requests > 0)
  }

  /** Time passes no faster than the store can answer: a heartbeat that is due is written before the next one. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 500) {
      await under.clock.advance(Math.min(left, 500))
      await rest()
    }
  }

  const liveKeys = async () => {
    const rows = await under.database.query<{ leaf: string; id: number }>(
      `select leaf, id from record where root = any($1) and not deleted order by root, id`,
      [[...modelNames]],
    )
    return rows
  }

  const picked = <T>(from: readonly T[], pick: number): T | undefined => from[pick % from.length]

  const perform = async (action: Action): Promise<void> => {
    switch (action.kind) {
      case 'create': {
        const link = parents[action.model]
        const fields: Record<string, unknown> = { value: action.pick }
        if (link !== undefined) {
          const model = action.model === 'Box' ? 'Shelf' : 'Rack'
          const parent = picked(await asAdministrator(under.store).list(model), action.pick)
          if (parent === undefined) return
          fields[`${link}_id`] = parent['id']
        }
        await asAdministrator(under.store).create(action.model, fields)
        return
      }
      case 'edit':
      case 'delete': {
        const row = picked(await liveKeys(), action.pick)
        if (row === undefined) return
        if (action.kind === 'delete') await asAdministrator(under.store).remove(row.leaf, row.id)
        else await asAdministrator(under.store).update(row.leaf, row.id, { value: action.value })
        return
      }
      case 'answer': {
        const call = picked([...inFlight], action.pick)
        call?.answer(answerFor(call.change, action.outcome))
        return
      }
      case 'wait':
        await pass(action.ms)
        return
      case 'replace':
        if (current !== undefined) current.isGone = true
        start()
        return
    }
  }

  const pendingCount = async (): Promise<number> => {
    const [row] = await under.database.query<{ count: number }>(
      `select count(*)::int as count from record where root = any($1) and pending`,
      [[...modelNames]],
    )
    return row?.count ?? 0
  }

  /** What failed for good waits for an edit, so it gets one; an edit that was never tried must not need another. */
  const touchFailed = async (): Promise<void> => {
    const rows = await under.database.query<{ leaf: string; id: number }>(
      `select leaf, id from record where pending and not deleted and next_run is null and attempts > 0`,
    )
    for (const { leaf, id } of rows) await asAdministrator(under.store).update(leaf, id, {})
  }

  /** Milliseconds until something is due by itself, or a lost dispatcher is given up. */
  const untilNextDue = async (): Promise<number> => {
    const [row] = await under.database.query<{ due: number | null }>(
      `select min(due) as due from (
         select next_run as due from record where root = any($1) and pending and lease_owner is null
         union all
         select expires from dispatcher
       ) moments where due > $2`,
      [[...modelNames], under.clock.now() * 1000],
    )
    return row?.due == null ? 30_000 : Math.ceil(row.due / 1000) - under.clock.now()
  }

  /** From now on every function answers at once and well, and time passes. */
  const stopFaults = async (): Promise<void> => {
    for (let round = 0; round < 200; round += 1) {
      for (const call of [...inFlight]) call.answer({ kind: 'synced' })
      await rest()
      if (inFlight.size > 0) continue
      await touchFailed()
      if ((await pendingCount()) === 0) return
      await pass(await untilNextDue())
    }
    breach('records stay pending although nothing fails any more')
  }

  const checkEnd = async (): Promise<void> => {
    const rows = await under.database.query<{
      leaf: string
      id: number
      value: number
      deleted: boolean
      code: number
      synced: boolean
    }>(
      `select leaf, id, (fields ->> 'value')::int as value, deleted, backend_code as code,
              enacted >= updated as synced
       from record where root = any($1)`,
      [[...modelNames]],
    )
    for (const row of rows) {
      const key = keyText({ model: row.leaf, id: row.id })
      if (row.deleted) breach(`${key} was deleted and did not go`)
      else if (!row.synced || row.code !== 1) breach(`${key} is not synced at the end`)
      else if (backend.get(key) !== row.value) breach(`the last write of ${key} was lost`)
      backend.delete(key)
    }
    for (const key of backend.keys()) breach(`${key} is gone, but its function was never told`)
    const before = calls
    // Longer than a safety scan takes to come round.
    await pass(31_000)
    await rest()
    if (calls !== before) breach('a function was called although no record had changed')
  }

  const run = async (actions: readonly Action[]): Promise<readonly string[]> => {
    start()
    for (const model of modelNames) await perform({ kind: 'create', model, pick: 0 })
    for (const action of actions) {
      await perform(action)
      await rest()
    }
    await stopFaults()
    await checkEnd()
    current?.stop.abort()
    await rest()
    return breaches
  }

  return { run }
}

import { keyText } from '#contract'
import type { Call } from './calls.ts'
import { household, type Thing } from './farmers.ts'
import type { Life } from './lives.ts'

/** A record as it is at the end. */
export type Row = {
  readonly leaf: string
  readonly id: number
  readonly value: number
  readonly pending: boolean
  readonly backend_code: number
}

/** All that is known of a storm once it is over. */
export type Seen = {
  readonly farms: readonly Thing[]
  readonly rows: readonly Row[]
  readonly calls: readonly Call[]
  readonly cores: readonly Life[]
  readonly dispatchers: readonly Life[]
  readonly functions: readonly Life[]
}

const nameOf = ({ model, id }: Thing): string => keyText({ model, id })

const bySubject = (calls: readonly Call[]): ReadonlyMap<string, readonly Call[]> => {
  const found = new Map<string, Call[]>()
  for (const call of calls) {
    const before = found.get(call.subject)
    if (before === undefined) found.set(call.subject, [call])
    else before.push(call)
  }
  return found
}

const isDone = ({ status }: Call): boolean => status === 204

const lastDone = ({ writes }: Thing): number =>
  writes.findLastIndex(({ doneMs }) => doneMs !== undefined)

const lostOf = (thing: Thing, row: Row | undefined, calls: readonly Call[]): string | undefined => {
  const ended = (operation: Call['operation']): readonly Call[] =>
    calls.filter((call) => call.operation === operation && isDone(call))
  if (row === undefined) {
    if (thing.removal === undefined) return 'is gone, though nobody removed it'
    if (calls.length === 0 || ended('delete').length > 0) return undefined
    return 'is gone, though its function was called and never deleted it'
  }
  if (thing.removal?.doneMs !== undefined) return 'was removed, and is there'
  if (row.pending || row.backend_code !== 1) return 'is not synced'
  if (row.value < lastDone(thing)) return `has ${row.value}, after ${lastDone(thing)} was written`
  if (ended('sync').some(({ value }) => value === row.value)) return undefined
  return `is synced, though its function never saw ${row.value}`
}

/** What was lost, in words. */
export const lost = ({ farms, rows, calls }: Seen): readonly string[] => {
  const rowOf = new Map(rows.map((row) => [keyText({ model: row.leaf, id: row.id }), row]))
  const callsOf = bySubject(calls)
  return farms.flatMap(household).flatMap((thing) => {
    const name = nameOf(thing)
    const text = lostOf(thing, rowOf.get(name), callsOf.get(name) ?? [])
    return text === undefined ? [] : [`${name} ${text}`]
  })
}

/**
 * Which value its home must have been synced with before this call: the last that was done when what the call brings
 * was sent, for the call was leased after that.
 */
const neededOf = (home: Thing, thing: Thing, { value }: Call): number => {
  const sentMs = thing.writes[value]?.sentMs ?? 0
  return home.writes.findLastIndex(({ doneMs }) => doneMs !== undefined && doneMs < sentMs)
}

const hadEnded = (
  calls: readonly Call[],
  beforeMs: number,
  operation: Call['operation'],
  least = 0,
): boolean =>
  calls.some(
    (call) =>
      call.operation === operation &&
      isDone(call) &&
      call.value >= least &&
      (call.answeredMs ?? Infinity) < beforeMs,
  )

/** Calls that came before those that they had to wait for. */
export const tooEarly = ({ farms, calls }: Seen): readonly string[] => {
  const callsOf = bySubject(calls)
  const of = (thing: Thing): readonly Call[] => callsOf.get(nameOf(thing)) ?? []

  const earlySync = (thing: Thing, call: Call): readonly string[] => {
    const { home } = thing
    if (home === undefined) return []
    const needed = neededOf(home, thing, call)
    if (hadEnded(of(home), call.begunMs, 'sync', needed)) return []
    return [`${nameOf(thing)} was synced before ${nameOf(home)} was with ${needed}`]
  }

  const earlyDelete = ({ inhabitants, ...thing }: Thing, { begunMs }: Call): readonly string[] =>
    inhabitants
      .filter((one) => of(one).some((call) => call.operation === 'sync' && call.begunMs < begunMs))
      .filter((one) => !hadEnded(of(one), begunMs, 'delete'))
      .map((one) => `${keyText(thing)} was deleted before ${nameOf(one)}`)

  return farms.flatMap(household).flatMap((thing) =>
    of(thing).flatMap((call) => {
      const early = call.operation === 'sync' ? earlySync : earlyDelete
      return early(thing, call)
    }),
  )
}

/** A call, and one that came for the same record before it was over, or brought the same again after it was done. */
type Doubled = { readonly first: Call; readonly again: Call }

const wasKilledBefore = (life: Life | undefined, ms: number): boolean =>
  life?.killedMs !== undefined && life.killedMs < ms

/** Whether it stood still at some time between. */
const stoodStill = (life: Life | undefined, afterMs: number, beforeMs: number): boolean =>
  life?.stills.some(({ fromMs, toMs }) => toMs > afterMs && fromMs < beforeMs) === true

/** When a call ended: with its answer, else with its function. */
const endOf = (call: Call, functions: ReadonlyMap<string, Life>): number =>
  call.answeredMs ?? functions.get(call.life)?.killedMs ?? Infinity

const named = (lives: readonly Life[]): ReadonlyMap<string, Life> =>
  new Map(lives.map((life) => [life.name, life]))

const doubled = ({ calls, functions }: Seen): readonly Doubled[] => {
  const lives = named(functions)
  return [...bySubject(calls).values()].flatMap((ofOne) =>
    ofOne.flatMap((first, n) =>
      ofOne
        .slice(n + 1)
        .filter(
          (again) =>
            again.begunMs < endOf(first, lives) || (again.event === first.event && isDone(first)),
        )
        .map((again) => ({ first, again })),
    ),
  )
}

/** A dispatcher learns so soon that its core was killed or its leases have ended, and begins no more calls by them. */
const noticeMs = 2_000

const textOf = ({ first, again }: Doubled): string =>
  `${again.event} at ${again.begunMs} by ${again.by}, after ${first.event} at ${first.begunMs} by ${first.by}`

/**
 * Doubled calls although nobody was killed, or stood still, who held the lease of one of them or could have told of the
 * end of the first.
 */
export const unexplained = (seen: Seen): readonly string[] => {
  const dispatchers = named(seen.dispatchers)
  const functions = named(seen.functions)
  const isExplained = ({ first, again }: Doubled): boolean => {
    const coreWasKilled = seen.cores.some(
      ({ killedMs = Infinity }) => killedMs > first.begunMs - noticeMs && killedMs < again.begunMs,
    )
    const answerWasLost = !first.isSent && wasKilledBefore(functions.get(first.life), again.begunMs)
    const [before, after] = [dispatchers.get(first.by), dispatchers.get(again.by)]
    return (
      coreWasKilled ||
      answerWasLost ||
      wasKilledBefore(before, again.begunMs) ||
      stoodStill(before, first.begunMs, again.begunMs) ||
      stoodStill(after, again.begunMs - noticeMs, again.begunMs)
    )
  }
  return doubled(seen)
    .filter((one) => !isExplained(one))
    .map(textOf)
}

/** Subjects of which the dispatcher was told that its report came too late. */
const refusedTo = ({ program }: Life): ReadonlySet<string> =>
  new Set(
    program.lines
      .filter((line) => line.includes('"msg":"report came too late"'))
      .map((line) => {
        const { model_name: model, pk: id } = JSON.parse(line) as { model_name: string; pk: number }
        return keyText({ model, id })
      }),
  )

/** Doubled calls of dispatchers that were never killed, of which both were reported and neither report was refused. */
export const unrefused = (seen: Seen): readonly string[] => {
  const living = seen.dispatchers.filter(({ killedMs }) => killedMs === undefined)
  const refused = new Map(living.map((life) => [life.name, refusedTo(life)]))
  const isRefused = ({ by, subject }: Call): boolean | undefined => refused.get(by)?.has(subject)
  return doubled(seen)
    .filter(({ first, again }) => first.isSent && again.isSent)
    .filter(({ first, again }) => isRefused(first) === false && isRefused(again) === false)
    .map(textOf)
}

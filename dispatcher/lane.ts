import {
  isDelivery,
  matchesFilter,
  type Clock,
  type Outcome,
  type Random,
  type Report,
  type Work,
} from '#contract'
import type { AttemptLog } from './attempt-log.ts'
import { createDeadlines } from './deadlines.ts'
import { gateAfter, openGate, passes, type Gate } from './gate.ts'
import { logGateChange } from './gate-log.ts'
import { limitAfter, placesOf, startLimit } from './limit.ts'
import { lookAhead } from './look-ahead.ts'
import { givenUp, nextAttemptMs } from './next-attempt.ts'
import type { Call, Log, Observer, Target, TargetState } from './options.ts'
import { textOfError } from './text-of-error.ts'
import type { CallTrace, Traces } from './traces.ts'

/**
 * One target and the work that was leased for it: what waits for a free place, and what runs.
 *
 * A lane never leases by itself. It says how much it wants, is given work, and hands each record back as
 * exactly one report (see `finished`), except for calls that are cut off by `abandon`.
 */
export type Lane = {
  readonly target: Target
  /** Records that are leased and not yet handed back. */
  readonly held: number
  /** Of the leases that they are held by. */
  tokens(): readonly number[]
  state(): TargetState
  /** Something may have become due. */
  wake(): void
  /** A record becomes due at that time. */
  expect(atMs: number): void
  /** As `wake`, when a record is due by now. */
  wakeIfDue(now: number): void
  /** How many records it would take now. */
  wants(now: number): number
  /** A lease of that many begins: what wakes the lane from here on counts for the next one. */
  leasing(limit: number, now: number): void
  /** A lease ended. `dueMs`: when the next record is due, if the source said so. */
  leased(work: readonly Work[], dueMs: number | undefined): void
  /** Gives back all that has not begun. */
  release(): void
  /** Takes nothing more, and gives back all that has not begun. */
  close(): void
  /** Cuts off all that runs, and forgets it. */
  abandon(): void
  /** When time alone will make the lane want something, if it will. */
  nextMs(): number | undefined
}

export type LaneOptions = {
  readonly target: Target
  readonly call: Call
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly attemptLog: AttemptLog
  readonly observer: Observer
  readonly traces: Traces
  readonly leaseAhead: number
  /**
   * True while nobody else can have what is held. A process that stood still, or cannot reach the core, may have lost it
   * without hearing so.
   */
  readonly isKept: () => boolean
  /** Takes what has become of one record. */
  readonly finished: (report: Report) => void
}

/** What a wake told of is asked for that often while there is other work to do. */
const urgentEveryMs = 25

const oldestFirst = (some: Work, other: Work): number =>
  some.due === undefined || other.due === undefined ? 0 : some.due - other.due

type Running = {
  readonly work: Work
  readonly startedMs: number
  /** Value of `closings` when the call began. */
  readonly closings: number
  /** Value of `halvings` when the call began. */
  readonly halvings: number
  readonly controller: AbortController
  readonly trace: CallTrace
}

const reportOf = (
  { key, operation, token, change }: Work,
  outcome: Report['outcome'],
  durationMs: number,
  retryInMs?: number,
): Report => {
  const report = { key, operation, token, stamp: change.stamp, outcome, durationMs }
  return retryInMs === undefined ? report : { ...report, retryInMs }
}

/** Records that are deleted were the step's when they were made: otherwise there is nothing to delete. */
const isFor = ({ filter }: Target, { change }: Work): boolean =>
  filter === undefined ||
  isDelivery(change) ||
  change.operation === 'delete' ||
  change.operation === 'policy_delete' ||
  matchesFilter(filter, change)

export const createLane = (options: LaneOptions): Lane => {
  const { target, call, clock, random, log, attemptLog, observer, traces, finished, isKept } =
    options
  const leastAhead = Math.min(target.concurrency, options.leaseAhead)
  const deadlines = createDeadlines(clock, target.timeoutMs + (target.gatewayGraceMs ?? 0))
  let gate: Gate = openGate
  // How often the gate went down. A call that began under another count is stale.
  let closings = 0
  let limit = startLimit(target.concurrency)
  // How often the limit was halved.
  let halvings = 0
  // Empty whenever the gate lets nothing pass.
  let ready: Work[] = []
  const running = new Set<Running>()
  // Of calls that have ended. A new one for each call would cost as much as all else a lane does for it.
  const spare: AbortController[] = []
  // Those of `running` that are not stale.
  let fresh = 0
  // True when the source may have more than it gave.
  let hungry = true
  // True when the source may have what goes before that which waits here.
  let woken = false
  let closed = false
  let dueMs: number | undefined
  let asked = 0
  let ahead = leastAhead
  let finishedSinceLease = 0
  let lastLeaseMs = clock.now()
  let leaseTookMs = 0

  const placesAt = (now: number): number => (closed ? 0 : passes(gate, now, placesOf(limit)))

  const moveGate = (outcome: Outcome, stale: boolean): void => {
    const before = gate
    const now = clock.now()
    const { deferredDelayMs } = target
    gate = gateAfter(gate, outcome, { now, random, deferredDelayMs, stale })
    if (gate === before) return
    if (gate.kind === 'down' && before.kind !== 'down') {
      closings += 1
      fresh = 0
    }
    if (gate.kind !== 'open') release()
    logGateChange(log, target, { before, after: gate, outcome, now })
  }

  const moveLimit = (run: Running, outcome: Outcome, durationMs: number): void => {
    // Who was not there shows nothing of what it can bear.
    if (outcome.kind === 'target-down' || outcome.kind === 'target-misconfigured') return
    const overloaded = outcome.kind === 'target-busy' || run.controller.signal.aborted
    const shown = { durationMs, overloaded, stale: run.halvings !== halvings }
    if (overloaded && !shown.stale) halvings += 1
    limit = limitAfter(limit, shown, target.concurrency)
  }

  const release = (): void => {
    const given = ready
    ready = []
    if (given.length > 0) hungry = true
    for (const work of given) finished(reportOf(work, { kind: 'released' }, 0))
  }

  const complete = (run: Running, answered: Outcome): void => {
    // Cut off by `abandon`: whoever takes the record next calls again.
    if (!running.delete(run)) return
    deadlines.end(run.controller)
    if (!run.controller.signal.aborted) spare.push(run.controller)
    const stale = run.closings !== closings
    if (!stale) fresh -= 1
    finishedSinceLease += 1
    const durationMs = clock.now() - run.startedMs
    const { traceparent } = run.trace
    const outcome = givenUp(answered, run.work.failures, target.retry)
    run.trace.ended(outcome)
    attemptLog.after(run.work, outcome, { durationMs, traceparent })
    observer.called(target, outcome, durationMs)
    moveLimit(run, outcome, durationMs)
    moveGate(outcome, stale)
    const retryInMs = nextAttemptMs(outcome, run.work, target, random)
    const report = reportOf(run.work, outcome, durationMs, retryInMs)
    finished({ ...report, traceparent })
    startReady()
  }

  const attempt = async ({ work, controller, trace }: Running): Promise<Outcome> => {
    const { change, completion, access } = work
    const { traceparent } = trace
    const context = {
      traceparent,
      ...(completion === undefined ? {} : { completionUrl: completion.url }),
      ...(access === undefined ? {} : { access }),
    }
    try {
      return await call(target, change, controller.signal, context)
    } catch (error) {
      return { kind: 'failed', text: textOfError(error), retry: true }
    }
  }

  const start = (work: Work): void => {
    const controller = spare.pop() ?? new AbortController()
    const trace = traces.call(target, work)
    const run: Running = { work, startedMs: clock.now(), closings, halvings, controller, trace }
    running.add(run)
    fresh += 1
    deadlines.begin(controller)
    attemptLog.before(work)
    void attempt(run).then((outcome) => complete(run, outcome))
  }

  const mayStart = (): boolean => {
    const places = placesAt(clock.now())
    // Calls from before the gate went down must not keep the probe from its place.
    return gate.kind === 'down' ? fresh < places : running.size < places
  }

  const startReady = (): void => {
    if (!isKept()) release()
    while (ready.length > 0 && mayStart()) {
      const work = ready.shift()
      if (work === undefined) return
      if (isFor(target, work)) start(work)
      else finished(reportOf(work, { kind: 'skipped' }, 0))
    }
  }

  const expect = (atMs: number): void => {
    dueMs = Math.min(dueMs ?? atMs, atMs)
  }

  const room = (now: number): number => {
    const places = placesAt(now)
    if (places === 0) return 0
    if (gate.kind === 'down') return Math.max(0, places - fresh - ready.length)
    // Half of the look-ahead is used up before a lease fills it: one lease for many records.
    if (ready.length <= ahead / 2) return Math.max(0, places - running.size + ahead - ready.length)
    if (!woken || now < lastLeaseMs + urgentEveryMs) return 0
    return Math.min(places, Math.max(0, places + ahead - ready.length))
  }

  const held = (): number => ready.length + running.size

  return {
    target,

    get held() {
      return held()
    },

    tokens: () => [...ready, ...[...running].map(({ work }) => work)].map(({ token }) => token),

    state() {
      const isOver = gate.kind === 'paused' && gate.untilMs <= clock.now()
      return {
        target,
        held: held(),
        active: running.size,
        allowed: placesOf(limit),
        gate: isOver ? 'open' : gate.kind,
      }
    },

    wake() {
      hungry = true
      woken = true
    },

    expect,

    wakeIfDue(now) {
      if (dueMs === undefined || dueMs > now) return
      dueMs = undefined
      hungry = true
    },

    wants: (now) => (hungry ? room(now) : 0),

    leasing(limit, now) {
      asked = limit
      hungry = false
      woken = false
      dueMs = undefined
      ahead = lookAhead(
        { finished: finishedSinceLease, elapsedMs: now - lastLeaseMs, leaseMs: leaseTookMs },
        { least: leastAhead, most: options.leaseAhead },
      )
      finishedSinceLease = 0
      lastLeaseMs = now
    },

    leased(work, nextDueMs) {
      leaseTookMs = clock.now() - lastLeaseMs
      if (nextDueMs !== undefined) expect(nextDueMs)
      if (work.length >= asked) hungry = true
      ready = [...ready, ...work].sort(oldestFirst)
      // The gate may have closed while the lease was under way.
      if (placesAt(clock.now()) === 0) release()
      else startReady()
    },

    release,

    close() {
      closed = true
      release()
    },

    abandon() {
      deadlines.clear()
      const cut = [...running]
      running.clear()
      const reason = new Error('The dispatcher stops')
      for (const { controller, trace } of cut) {
        trace.ended(undefined)
        controller.abort(reason)
      }
    },

    nextMs() {
      if (!hungry) return dueMs
      if (gate.kind !== 'open') return gate.untilMs
      return woken && ready.length > ahead / 2 ? lastLeaseMs + urgentEveryMs : undefined
    },
  }
}

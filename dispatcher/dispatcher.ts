import { leaseMs, stepKindOf, type Leased, type Refused, type Report, type Work } from '#contract'
import { createAlarm } from './alarm.ts'
import { createAttemptLog } from './attempt-log.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createLane, type Lane } from './lane.ts'
import { observeReports } from './observe-reports.ts'
import { laneKey, withDefaults, type DispatcherOptions } from './options.ts'
import { createOutbox } from './outbox.ts'
import { createSourceHealth } from './source-health.ts'
import { textOfError } from './text-of-error.ts'
import { createTraces } from './traces.ts'

/** Every so often it looks for work that nobody told it of. */
const safetyScanMs = 30_000

/** How long the last reports may take after the grace time, and then the farewell. */
const farewellMs = 500

/** With so many reports waiting, the core is behind and gets no more to do. */
const mostUnreported = 1_000

/**
 * For so long after a lease failed it may turn out to have been made, by a core that died or lost its database before it
 * could say so. Longer than a statement may take, and than two safety scans are apart.
 */
const doubtMs = 61_000

/** A source that names a moment which has come is not asked again in a hot loop. */
const leastSleepMs = 1

export type Dispatcher = {
  /**
   * Leases, calls and reports until the signal fires. Then leases nothing more, gives back what has not begun, waits
   * up to `graceMs` for the calls under way, cuts off the rest, and leaves the core. Trouble of the core or of a
   * function never rejects it. Once only.
   */
  run(signal: AbortSignal): Promise<void>
  /**
   * Resolves when nothing is under way and it only waits for time or a wake. Work that the source has not told of
   * does not count.
   */
  settled(): Promise<void>
}

type Watcher = { readonly holds: () => boolean; readonly resolve: () => void }

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/**
 * Takes due records from the source, calls their functions and reports what came of it.
 *
 * All that happens in one turn of the event loop is dealt with together at its end, in `turn`: so outcomes travel
 * in batches, and a storm of wakes is one lease. Between turns nothing polls: one alarm waits for the earliest
 * moment at which time alone changes something.
 *
 * Throws TypeError when an option makes no sense.
 */
export const createDispatcher = (options: DispatcherOptions): Dispatcher => {
  const resolved = withDefaults(options)
  const { name, source, clock, random, log, observer } = resolved
  const health = createSourceHealth(clock, random, log)
  const attemptLog = createAttemptLog(log, resolved.synchronizer)
  const traces = createTraces(resolved)

  let started = false
  let stopping = false
  let leasing = false
  let doubtUntilMs = 0
  // The core gives what is held here to nobody else until then, whatever becomes of this process.
  let keptUntilMs = 0
  let turnScheduled = false
  let scanMs = 0
  // A request of the core may end after the stop; nothing follows from it.
  let over = false
  let watchers: Watcher[] = []

  const schedule = (): void => {
    if (turnScheduled) return
    turnScheduled = true
    setImmediate(turn)
  }

  const keptSince = (askedMs: number): void => {
    keptUntilMs = Math.max(keptUntilMs, askedMs + leaseMs)
  }

  /** Its leases may end meanwhile and others may take the records: what has not begun is not begun any more. */
  const sourceFailed = (error: unknown): void => {
    health.failed(error)
    for (const lane of lanes) lane.release()
    schedule()
  }

  const reportsSent = (reports: readonly Report[], refused: readonly Refused[]): void => {
    health.succeeded()
    const now = clock.now()
    observeReports(observer, reports, refused, now)
    for (const { key, operation, retryInMs } of reports) {
      if (retryInMs !== undefined) laneFor({ key, operation })?.expect(now + retryInMs)
    }
    schedule()
  }

  const outbox = createOutbox({
    name,
    source,
    health,
    clock,
    log,
    traces,
    sent: reportsSent,
    failed: sourceFailed,
  })

  const finished = (report: Report): void => {
    outbox.add(report)
    schedule()
  }

  const isKept = (): boolean => clock.now() < keptUntilMs

  const lanes: readonly Lane[] = resolved.targets.map((target) =>
    createLane({ ...resolved, target, attemptLog, traces, finished, isKept }),
  )
  const laneOf: ReadonlyMap<string, Lane> = new Map(
    lanes.map((lane) => [laneKey(lane.target.kind, lane.target.model), lane]),
  )
  const laneFor = ({ key, operation }: Pick<Work, 'key' | 'operation'>): Lane | undefined =>
    laneOf.get(laneKey(stepKindOf(operation), key.model))

  const beat = async (): Promise<void> => {
    const now = clock.now()
    try {
      await source.heartbeat(name)
      keptSince(now)
    } catch (error) {
      sourceFailed(error)
    }
  }

  const heartbeat = createHeartbeat({
    clock,
    everyMs: resolved.heartbeatMs,
    isNeeded: () => outbox.size > 0 || lanes.some((lane) => lane.held > 0),
    beat,
  })

  const wake = (): void => {
    for (const lane of lanes) lane.wake()
    schedule()
  }

  const heldTokens = (): readonly number[] => [
    ...new Set([...outbox.tokens(), ...lanes.flatMap((lane) => lane.tokens())]),
  ]

  const mayLease = (): boolean => {
    if (leasing || stopping || outbox.size >= mostUnreported) return false
    return health.failing ? health.retryMs() === undefined && outbox.size === 0 : true
  }

  const leaseMore = (): void => {
    if (!mayLease()) return
    const now = clock.now()
    const asked = new Map<Lane, Work[]>()
    const wants = []
    for (const lane of lanes) {
      const limit = lane.wants(now)
      if (limit === 0) continue
      lane.leasing(limit, now)
      asked.set(lane, [])
      const { model, kind = 'sync' } = lane.target
      wants.push({ model, limit, kind })
    }
    if (wants.length === 0) return
    leasing = true
    void source
      .lease(name, wants, now < doubtUntilMs ? heldTokens() : undefined)
      .then(
        (leased) => {
          health.succeeded()
          keptSince(now)
          traces.leased(leased.work, now)
          distribute(leased, asked)
        },
        (error: unknown) => {
          doubtUntilMs = clock.now() + doubtMs
          for (const lane of asked.keys()) lane.wake()
          sourceFailed(error)
        },
      )
      .finally(() => {
        leasing = false
        schedule()
      })
  }

  const distribute = ({ work, nextDueMs }: Leased, asked: ReadonlyMap<Lane, Work[]>): void => {
    for (const one of work) {
      const lane = laneFor(one)
      const share = lane && asked.get(lane)
      if (share === undefined) returnUnasked(one)
      else share.push(one)
    }
    const dueMs =
      nextDueMs === undefined ? undefined : clock.now() + Math.max(leastSleepMs, nextDueMs)
    for (const [lane, share] of asked) {
      if (share.length > 0) observer.leased(lane.target, share.length)
      lane.leased(share, dueMs)
    }
    heartbeat.start()
  }

  const returnUnasked = ({ key, operation, token, change }: Work): void => {
    log.error({ model_name: key.model, pk: key.id }, 'core leased a record that was not asked for')
    const outcome = { kind: 'released' } as const
    finished({ key, operation, token, stamp: change.stamp, outcome, durationMs: 0 })
  }

  const noticeTime = (): void => {
    const now = clock.now()
    for (const lane of lanes) lane.wakeIfDue(now)
    if (now < scanMs) return
    scanMs = now + safetyScanMs
    for (const lane of lanes) lane.wake()
  }

  /** What lies in the past is not waited for: something under way ends first, and is followed by a turn. */
  const nextMoment = (): number => {
    const now = clock.now()
    let earliest = health.retryMs() ?? scanMs
    for (const moment of [outbox.nextMs(), ...lanes.map((lane) => lane.nextMs())]) {
      if (moment !== undefined && moment > now && moment < earliest) earliest = moment
    }
    return earliest
  }

  const alarm = createAlarm(clock, schedule)

  const turn = (): void => {
    turnScheduled = false
    if (over) return
    noticeTime()
    outbox.flush(lanes.some((lane) => lane.held > 0))
    leaseMore()
    alarm.set(nextMoment())
    const waiting = watchers
    watchers = []
    for (const watcher of waiting) {
      if (watcher.holds()) watcher.resolve()
      else watchers.push(watcher)
    }
  }

  /** Resolves at the end of the first turn after which it holds. */
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      if (holds()) resolve()
      else watchers.push({ holds, resolve })
    })

  const within = async (ms: number, work: Promise<void>): Promise<void> => {
    let cancel = (): void => undefined
    const timeout = new Promise<void>((resolve) => {
      cancel = clock.after(ms, resolve)
    })
    await Promise.race([work, timeout])
    cancel()
  }

  const isQuiet = (): boolean =>
    over ||
    (!turnScheduled && !leasing && !outbox.sending && lanes.every((lane) => lane.held === 0))

  const leave = (): Promise<void> =>
    source.leave(name).catch((error: unknown) => {
      log.warn({ error: textOfError(error) }, 'core was not told of the stop')
    })

  const stop = async (): Promise<void> => {
    stopping = true
    for (const lane of lanes) lane.close()
    schedule()
    await within(
      resolved.graceMs,
      until(() => isQuiet() && outbox.size === 0),
    )
    for (const lane of lanes) lane.abandon()
    await within(
      farewellMs,
      until(() => outbox.size === 0),
    )
    await within(farewellMs, leave())
    over = true
    heartbeat.stop()
    alarm.clear()
  }

  return {
    async run(signal) {
      if (started) throw new Error('Expected one run of a dispatcher. Create another one.')
      started = true
      const stopped = observer.started(() => lanes.map((lane) => lane.state()))
      const stopListening = source.onWake(wake)
      scanMs = clock.now() + safetyScanMs
      wake()
      await aborted(signal)
      stopListening()
      await stop()
      stopped()
    },

    settled: () => until(isQuiet),
  }
}

import type { Clock, Leased, Report, WorkSource } from '#contract'
import { createHeldLeases, type HeldLeases } from '../../core/grpc/held-leases.ts'
import { createDispatcher } from '../../dispatcher/dispatcher.ts'
import type { Target } from '../../dispatcher/options.ts'
import type { Backend } from './backend.ts'
import type { CoreProcess } from './cores.ts'
import type { Dice } from './dice.ts'
import type { Ledger } from './ledger.ts'
import { steps } from './models.ts'
import type { Timeline } from './timeline.ts'
import { recordChange } from '../support/record-change.ts'

export type World = {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly ledger: Ledger
  readonly backend: Backend
  /** A core that answers; undefined when none does. */
  readonly someCore: () => CoreProcess | undefined
  /** Milliseconds that a message is under way. */
  readonly travelMs: () => number
  readonly breach: (text: string) => void
}

/** A stream between a dispatcher and a core, as `core/grpc/dispatch-session.ts` serves one. */
type Stream = {
  readonly core: CoreProcess
  readonly held: HeldLeases
  isOpen: boolean
  /** Those who wait for an answer over it, and are to hear that none will come. */
  readonly waiting: Set<(error: Error) => void>
  stopListening(): void
}

/** A dispatcher in a process of its own. */
export type DispatcherProcess = {
  readonly name: string
  readonly isAlive: () => boolean
  readonly isStopping: () => boolean
  kill(): void
  /** Holds up all that it does for a while, as a machine does that is short of memory. */
  pause(ms: number): void
  /** Ends it in good order. */
  stop(): void
  breakStream(): void
  /** The process of that core is gone, and with it the stream to it. */
  lostCore(name: string): void
  /** Sends a report once more that was sent before. */
  repeatReport(): void
}

const targets = steps.map(({ step, model }): Target => ({
  step,
  model,
  url: 'http://127.0.0.1:1/',
  timeoutMs: 4_000,
  concurrency: 2,
  deferredDelayMs: 3_000,
  retry: { firstMs: 500, capMs: 10_000 },
}))

const never = new Promise<never>(() => undefined)
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
const lost = (): Error => new Error('the core cannot be reached')

const byKey = (work: Leased['work']): Leased['work'] =>
  work.toSorted((a, b) =>
    a.key.model === b.key.model ? a.key.id - b.key.id : a.key.model < b.key.model ? -1 : 1,
  )

const reportText = (reports: readonly Report[]): string =>
  reports.map(({ key, outcome }) => `${key.model}/${key.id} ${outcome.kind}`).join(', ')

/** Starts the real dispatcher, connected to some core by a stream that may break. */
export const startDispatcher = (name: string, world: World): DispatcherProcess => {
  const { timeline, dice, ledger, backend, breach } = world
  const controller = new AbortController()
  let isAlive = true
  let isStopping = false
  let pausedUntilMs = 0
  let stream: Stream | undefined
  let isWakeDue = false
  let lastReports: readonly Report[] = []
  const listeners = new Set<() => void>()

  /** Lets the process go on with something, once it is not paused. */
  const deliver = (goOn: () => void): void => {
    if (!isAlive) return
    const leftMs = pausedUntilMs - timeline.now()
    if (leftMs > 0) timeline.after(leftMs, () => deliver(goOn))
    else goOn()
  }

  const wake = (): void => {
    if (isWakeDue) return
    isWakeDue = true
    // Often late, for each wake makes the dispatcher ask the core, and asking is what takes time here.
    const lateMs = dice.chance(0.2) ? 0 : dice.between(0, 1_500)
    timeline.after(world.travelMs() + lateMs, () => {
      isWakeDue = false
      deliver(() => {
        for (const listener of listeners) listener()
      })
    })
  }

  const connect = (): void => {
    if (!isAlive || stream?.isOpen === true) return
    const core = world.someCore()
    if (core === undefined) {
      timeline.after(dice.between(100, 1_000), connect)
      return
    }
    const opened: Stream = {
      core,
      held: createHeldLeases(),
      isOpen: true,
      waiting: new Set(),
      stopListening: core.core.work.onWake(() => {
        if (opened.isOpen) wake()
      }),
    }
    stream = opened
    timeline.note(`${name} connected to ${core.name}`)
    wake()
  }

  const leave = async ({ core, held }: Stream): Promise<void> => {
    const tokens = held.tokens()
    if (!core.isAlive() || tokens.length === 0) return
    const left = await core.perform(({ work }) => work.leave(name, tokens))
    if (left !== undefined) ledger.left(name, tokens)
  }

  const breakStream = (): void => {
    const broken = stream
    if (broken?.isOpen !== true) return
    broken.isOpen = false
    broken.stopListening()
    timeline.note(`${name} lost its stream to ${broken.core.name}`)
    // The core may take longer to notice.
    timeline.after(dice.between(1, 5_000), () => leave(broken))
    timeline.after(dice.between(1, 500), () =>
      deliver(() => {
        for (const reject of broken.waiting) reject(lost())
      }),
    )
    timeline.after(dice.between(100, 3_000), connect)
  }

  /** Asks over the stream; what the core did is noted whether or not the answer arrives. */
  const ask = <T>(
    what: string,
    perform: (core: CoreProcess['core']) => Promise<T>,
    noteDone: (result: T, stream: Stream) => void,
  ): Promise<T> => {
    if (!isAlive) return never
    const over = stream
    if (over?.isOpen !== true) return Promise.reject(lost())
    return new Promise((resolve, reject) => {
      over.waiting.add(reject)
      timeline.after(world.travelMs(), async () => {
        if (!over.isOpen) return
        const performed = await over.core.perform(perform)
        if (performed === undefined) {
          timeline.note(`${over.core.name} died in a ${what} of ${name}`)
          return
        }
        const { result, isHeard } = performed
        noteDone(result, over)
        if (!isHeard) {
          timeline.note(`${over.core.name} died after a ${what} of ${name}`)
          return
        }
        timeline.after(world.travelMs(), () => {
          if (!over.isOpen) return
          deliver(() => {
            over.waiting.delete(reject)
            resolve(result)
          })
        })
      })
    })
  }

  const report = async (reports: readonly Report[]) => {
    lastReports = reports
    return ask(
      'report',
      ({ work }) => work.report(name, reports),
      (refused, { held }) => {
        timeline.note(`${name} reported ${reportText(reports)}; ${refused.length} refused`)
        held.settle(reports)
        ledger.reported(reports, refused)
      },
    )
  }

  const source: WorkSource = {
    register: () => Promise.resolve([]),
    async lease(_name, wants, tokens) {
      return ask(
        'lease',
        async ({ work }) => {
          const leased = await work.lease(name, wants, tokens)
          // The order in which a database finds rows depends on what it held before.
          return { ...leased, work: byKey(leased.work) }
        },
        ({ work }, { core, held }) => {
          const what = work.map(
            ({ key, operation, change }) =>
              `${operation} ${key.model}/${key.id} (${change.attempt})`,
          )
          timeline.note(`${name} leased ${what.join(', ') || 'nothing'}`)
          held.take(work)
          if (tokens !== undefined) ledger.holds(name, tokens)
          ledger.leased(name, timeline.now() + core.clockOffMs, work)
        },
      )
    },
    report: (_name, reports) => report(reports),
    heartbeat: () =>
      ask(
        'heartbeat',
        ({ work }) => work.heartbeat(name),
        (_done, { core }) => ledger.touched(name, timeline.now() + core.clockOffMs),
      ),
    leave: () =>
      ask(
        'leave',
        ({ work }) => work.leave(name),
        () => {
          timeline.note(`${name} left`)
          ledger.left(name)
        },
      ),
    onWake(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }

  const clock: Clock = {
    now: () => timeline.now(),
    after: (ms, callback) => timeline.after(ms, () => deliver(callback)),
  }

  const dispatcher = createDispatcher({
    name,
    synchronizer: 'plant',
    source,
    targets,
    call: (target, given, signal) =>
      new Promise((resolve) => {
        const change = recordChange(given)
        ledger.called(change)
        backend.call(target, change, signal, (outcome) => {
          ledger.answered(change)
          deliver(() => resolve(outcome))
        })
      }),
    clock,
    random: dice.random,
    log: silent,
  })

  const end = (): void => {
    isAlive = false
    breakStream()
  }

  connect()
  dispatcher.run(controller.signal).then(
    () => {
      timeline.note(`${name} stopped`)
      end()
    },
    (error: unknown) => breach(`${name} failed: ${String(error)}`),
  )

  return {
    name,
    isAlive: () => isAlive,
    isStopping: () => isStopping,
    kill() {
      timeline.note(`${name} was killed`)
      end()
    },
    pause(ms) {
      timeline.note(`${name} was paused for ${ms} ms`)
      pausedUntilMs = timeline.now() + ms
    },
    stop() {
      timeline.note(`${name} was told to stop`)
      isStopping = true
      deliver(() => controller.abort())
    },
    breakStream,
    lostCore(core) {
      if (stream?.core.name === core) breakStream()
    },
    repeatReport() {
      const reports = lastReports
      if (reports.length === 0 || stream?.isOpen !== true) return
      report(reports).catch(() => undefined)
    },
  }
}

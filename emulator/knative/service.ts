import { Agent } from 'node:http'
import type { Clock, Random } from '#contract'
import type { Ask, Description } from '../describe.ts'
import type { Log } from '../log.ts'
import { fired } from '../sleep.ts'
import { keepStepProcess, type SpawnStep } from '../step-process.ts'
import { createAutoscaler } from './autoscaler.ts'
import { createMeter } from './meter.ts'
import { createRequestQueue } from './request-queue.ts'
import { createHandle, type Handle } from './serve.ts'
import type { ServingSettings } from './settings.ts'

export type ServiceOptions = {
  readonly step: string
  readonly file: string
  /** What callers must show as bearer token. */
  readonly token: string
  readonly settings: ServingSettings
  readonly spawn: SpawnStep
  readonly ask: Ask
  readonly clock: Clock
  /** Decides which requests the faults hit. */
  readonly random: Random
  readonly log: Log
  /** Called each time a process has become ready that requests go to. */
  readonly onReady: (description: Description) => void
  /** Called each time a process ended by itself. */
  readonly onDeath: () => void
}

/** One step as a Service of Knative: revisions of its file, processes of each, and the requests to them. */
export type Service = {
  readonly handle: Handle
  /** `cold`: no process runs, because nothing is to do. */
  state(): 'starting' | 'ready' | 'cold'
  /** Starts the file as it is now. What runs goes on serving until that is ready, and finishes its calls then. */
  restart(): void
  /** Keeps processes running until the signal fires; resolves when they are gone. */
  run(signal: AbortSignal): Promise<void>
}

type Pod = {
  readonly unwanted: AbortController
  /** Undefined while it is not ready. */
  port: number | undefined
}

type Revision = { readonly name: string; readonly pods: Set<Pod>; hasFailed: boolean }

/** For connections to processes, as Knative's proxies have it: shorter than functions keep them open. */
const idleConnectionMs = 90_000
/** How often the autoscaler looks. */
const tickMs = 2_000

export const createService = (options: ServiceOptions): Service => {
  const { step, settings, clock, log, onReady, onDeath } = options
  const { minScale, maxScale, timeoutMs } = settings
  const queue = createRequestQueue(settings)
  const agent = new Agent({ keepAlive: true, timeout: idleConnectionMs })
  const meter = createMeter(clock)
  const autoscaler = createAutoscaler(settings, clock.now())
  const handle = createHandle({ ...options, queue, agent })
  const stopping = new AbortController()
  /** Those that still finish their calls included. */
  const running = new Set<Promise<void>>()
  let started = 0
  let serving: Revision | undefined
  let upcoming: Revision | undefined

  const retire = (pod: Pod, { pods }: Revision): void => {
    pods.delete(pod)
    pod.unwanted.abort()
  }

  const retireAll = (revision: Revision | undefined): void => {
    for (const pod of revision?.pods ?? []) if (revision) retire(pod, revision)
  }

  /** From now on requests go to the revision that has become ready. */
  const promote = (revision: Revision): void => {
    const former = serving
    serving = revision
    upcoming = undefined
    autoscaler.reset(clock.now())
    for (const { port } of revision.pods) if (port !== undefined) queue.open(port)
    retireAll(former)
  }

  const becameReady = (pod: Pod, revision: Revision, port: number): void => {
    pod.port = port
    if (revision === upcoming) promote(revision)
    else if (revision === serving && revision.pods.has(pod)) queue.open(port)
  }

  const died = (revision: Revision): void => {
    onDeath()
    if (revision !== upcoming || serving === undefined || revision.hasFailed) return
    revision.hasFailed = true
    log.warn(
      { step, revision: revision.name, serving: serving.name },
      'The new revision does not start, the one before goes on serving',
    )
  }

  const startPod = (revision: Revision): void => {
    const pod: Pod = { unwanted: new AbortController(), port: undefined }
    revision.pods.add(pod)
    const run = keepStepProcess(
      {
        ...options,
        revision: revision.name,
        coldStartMs: settings.coldStartMs,
        graceMs: timeoutMs,
        onReady(port, description) {
          becameReady(pod, revision, port)
          if (revision === serving) onReady(description)
        },
        onLeaving(port) {
          pod.port = undefined
          return queue.close(port)
        },
        onDeath: () => died(revision),
      },
      pod.unwanted.signal,
      stopping.signal,
    ).finally(() => running.delete(run))
    running.add(run)
  }

  const loadOf = ({ port }: Pod): number => (port === undefined ? -1 : queue.load(port))

  const scaleTo = (scale: number, revision: Revision): void => {
    const { name, pods } = revision
    const before = pods.size
    if (scale === before) return
    log.info({ step, revision: name, from: before, to: scale }, 'Scaling')
    for (let count = before; count < scale; count += 1) startPod(revision)
    const idlest = [...pods].toSorted((a, b) => loadOf(a) - loadOf(b))
    for (const pod of idlest.slice(0, Math.max(0, before - scale))) retire(pod, revision)
  }

  const wake = (): void => {
    if (serving === undefined || serving.pods.size > 0 || stopping.signal.aborted) return
    autoscaler.reset(clock.now())
    scaleTo(Math.max(1, minScale), serving)
  }

  const restart = (): void => {
    if (stopping.signal.aborted) return
    retireAll(upcoming)
    started += 1
    const name = `${step}-${String(started).padStart(5, '0')}`
    upcoming = { name, pods: new Set(), hasFailed: false }
    for (let count = 0; count < Math.max(1, minScale); count += 1) startPod(upcoming)
  }

  const look = (): void => {
    const concurrency = meter.takeAverage()
    if (serving === undefined) return
    const scale = serving.pods.size
    scaleTo(autoscaler.desired({ nowMs: clock.now(), concurrency, scale }), serving)
  }

  /** Answers how to stop. */
  const lookRegularly = (): (() => void) => {
    let cancel = (): void => undefined
    const lookAgain = (): void => {
      cancel = clock.after(tickMs, () => {
        look()
        lookAgain()
      })
    }
    lookAgain()
    return () => cancel()
  }

  return {
    restart,

    state() {
      if (serving?.pods.size === 0) return 'cold'
      const isReady = [...(serving?.pods ?? [])].some(({ port }) => port !== undefined)
      return isReady ? 'ready' : 'starting'
    },

    async handle(request, response) {
      meter.change(1)
      wake()
      await handle(request, response).finally(() => meter.change(-1))
    },

    async run(signal) {
      restart()
      const stopLooking = minScale === maxScale ? () => undefined : lookRegularly()
      await fired(signal)
      stopLooking()
      stopping.abort()
      await Promise.all(running)
      agent.destroy()
    },
  }
}

import type { Clock, Random, Registration, Tracer, WorkSource } from '#contract'
import { createDispatcher, type Call, type Log, type Observer, type Target } from '#dispatcher'
import type { Description } from './describe.ts'
import type { Project, ProjectStep } from './project.ts'
import { asConfigured, registrationOf, targetOf, type RunningStep } from './registration.ts'
import { SetupError } from './setup-error.ts'
import { sleep } from './sleep.ts'

export type DispatchingOptions = {
  readonly project: Project
  /** Begins the names of the dispatchers; unique among all processes that share the core. */
  readonly name: string
  readonly source: WorkSource
  /** Connections for one dispatcher, closed when it has stopped. */
  readonly openCall: () => { readonly call: Call; close(): Promise<void> }
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Is told what the dispatchers do, to count it. */
  readonly observer: Observer
  /** Is told what they do, to show it in traces; undefined: nobody is. */
  readonly tracer?: Tracer | undefined
  readonly graceMs: number
}

/** A dispatcher for those steps whose functions are known to run; they may become more, or others, meanwhile. */
export type Dispatching = {
  /** Says where a step runs and what it said of itself; what the configuration says counts more. */
  found(step: ProjectStep, url: string, description: Description): void
  /**
   * Registers the steps found so far, and those found later when they are found; dispatches to them.
   *
   * @throws SetupError when two steps observe one model, or the core refuses models, steps or credentials.
   */
  begin(): Promise<void>
  /** Waits for the calls under way, at most `graceMs`, and gives back all leases. */
  stop(): Promise<void>
}

const retryDelayMs = (failures: number): number => Math.min(10_000, 100 * 2 ** failures)

/** An answer of the core, in contrast to no answer: asking again brings the same. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && error.code !== 'UNAVAILABLE'

/** The core says what is wrong with models, steps or credentials in words for the user; answers what it warns of. */
export const registerFirst = async (
  source: WorkSource,
  registration: Registration,
): Promise<readonly string[]> => {
  try {
    return await source.register(registration)
  } catch (error) {
    throw isRefusal(error) ? new SetupError(error.message) : error
  }
}

export const createDispatching = (options: DispatchingOptions): Dispatching => {
  const { project, name, source, openCall, clock, random, log, observer, tracer, graceMs } = options
  const known = new Map<string, RunningStep>()
  /** The dispatcher that runs, and those before it that still finish their calls. */
  const running = new Set<Promise<void>>()
  const warned = new Set<string>()
  const stopping = new AbortController()
  let current = new AbortController()
  let targetsInUse = '[]'
  let started = 0
  let begun = false
  /** Renewals happen one after the other. */
  let latest = Promise.resolve()

  /** In the order of the project, not in that in which the functions came up. */
  const runningSteps = (): readonly RunningStep[] =>
    project.steps.flatMap(({ step }) => known.get(step) ?? [])

  /** The old dispatcher finishes its calls beside the new one: leases keep them apart. */
  const replaceDispatcher = (targets: readonly Target[]): void => {
    current.abort()
    current = new AbortController()
    started += 1
    const http = openCall()
    const dispatcher = createDispatcher({
      name: `${name}.${started}`,
      synchronizer: project.name,
      source,
      targets,
      call: http.call,
      clock,
      random,
      log,
      observer,
      tracer,
      graceMs,
    })
    const run = dispatcher
      .run(AbortSignal.any([current.signal, stopping.signal]))
      .then(() => http.close())
      .finally(() => running.delete(run))
    running.add(run)
  }

  /** Each once, however often the steps are registered again. */
  const warnOf = (warnings: readonly string[]): void => {
    for (const warning of warnings) {
      if (warned.has(warning)) continue
      warned.add(warning)
      log.warn({ warning }, 'Registered with a warning')
    }
  }

  const register = async (): Promise<void> => {
    const steps = runningSteps()
    const warnings = await registerFirst(source, registrationOf(project, steps))
    warnOf(warnings)
    const targets = steps.map((step) => targetOf(project.name, step))
    const text = JSON.stringify(targets)
    if (text === targetsInUse || stopping.signal.aborted) return
    targetsInUse = text
    replaceDispatcher(targets)
  }

  /** Until the core has answered. */
  const registerPatiently = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      try {
        await register()
        return
      } catch (error) {
        if (error instanceof SetupError) throw error
        if (failures === 0) log.warn({ err: error }, 'Cannot register yet')
        await sleep(clock, retryDelayMs(failures), stopping.signal)
      }
    }
  }

  const renew = (): void => {
    latest = latest.then(registerPatiently).catch((error: unknown) => {
      log.error({ err: error }, 'Cannot register what the steps say of themselves now')
    })
  }

  return {
    found(step, url, said) {
      const name = step.step
      const before = JSON.stringify(known.get(name))
      known.set(name, { step, url, description: asConfigured(step, said) })
      if (begun && before !== JSON.stringify(known.get(name))) renew()
    },

    async begin() {
      begun = true
      const first = latest.then(registerPatiently)
      latest = first.catch(() => undefined)
      await first
    },

    async stop() {
      stopping.abort()
      await latest
      await Promise.all(running)
    },
  }
}

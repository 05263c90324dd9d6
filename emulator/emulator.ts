import type { Random, WorkSource } from '#contract'
import { createHttpCall, type Observer } from '#dispatcher'
import { createClosers, type Closers } from './closers.ts'
import type { Ask } from './describe.ts'
import { createDispatcherMetrics } from './dispatcher-metrics.ts'
import { createDispatching, registerFirst, type Dispatching } from './dispatching.ts'
import { findElsewhere } from './find-elsewhere.ts'
import type { CoreSettings, Ports } from './core-settings.ts'
import { seededRandom } from './knative/faults.ts'
import { createProxy, type Proxy } from './knative/proxy.ts'
import { createService, type Service } from './knative/service.ts'
import { defaultServing, type KnativeSettings } from './knative/settings.ts'
import { createLook, type Look } from './look.ts'
import { bothObservers, createProgress } from './progress.ts'
import type { Project, ProjectStep } from './project.ts'
import { logLoaded, logLoading } from './loading-log.ts'
import { registrationOf } from './registration.ts'
import { restartOnChange, type WatchFolder } from './restart-on-change.ts'
import { fired } from './sleep.ts'
import { startCore } from './start-core.ts'
import type { SpawnStep } from './step-process.ts'

export type EmulatorOptions = CoreSettings & {
  readonly project: Project
  readonly spawn: SpawnStep
  readonly ask: Ask
  readonly watch: WatchFolder
  /** Absolute folders whose source files the steps consist of. */
  readonly sourceFolders: readonly string[]
  /** How steps are served, as Knative would. */
  readonly knative: KnativeSettings
  readonly random: Random
  /** Puts something between the dispatcher and a step that runs at an address. Answers where that is called instead. */
  readonly inFrontOf?: ((step: string, url: string) => Promise<string>) | undefined
}

export type Emulator = {
  readonly ports: Ports
  /** Where all steps are reached by their hosts; undefined when none runs here. */
  readonly stepsPort: number | undefined
  /** Where each step that runs here is called, by its name. */
  readonly steps: ReadonlyMap<string, string>
  /** What callers of the steps must show as bearer token. */
  readonly token: string
  /** False when the project has no steps: there is nothing to run. */
  readonly hasSteps: boolean
  /** How the steps and their records are now. */
  readonly look: () => Promise<Look>
  /** Waits a moment for what runs, reports it, and ends everything in good order. */
  stop(): Promise<void>
}

/** Of the five seconds that a stop may take, this leaves some to the processes and to the data. */
const graceMs = 2_500

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** A step with a file, and what serves it. */
type LocalStep = {
  readonly step: string
  readonly file: string
  readonly url: string
  readonly service: Service
  /** Resolves when a process has been ready, or has ended, for the first time. */
  readonly started: Promise<void>
}

const prepareLocalStep = async (
  options: EmulatorOptions,
  step: ProjectStep,
  file: string,
  token: string,
  dispatching: Dispatching,
  proxy: Proxy,
): Promise<LocalStep> => {
  const { spawn, ask, clock, log, knative, inFrontOf } = options
  let hasStarted = (): void => undefined
  const started = new Promise<void>((resolve) => {
    hasStarted = resolve
  })
  const service: Service = createService({
    step: step.step,
    file,
    token,
    settings: knative.steps.get(step.step) ?? defaultServing(step.settings),
    spawn,
    ask,
    clock,
    random: seededRandom(knative.seed),
    log,
    onReady(description) {
      dispatching.found(step, url, description)
      hasStarted()
    },
    onDeath: () => hasStarted(),
  })
  const own = await proxy.add(step.step, service.handle)
  const url = (await inFrontOf?.(step.step, own)) ?? own
  return { step: step.step, file, url, service, started }
}

const isLocal = (step: ProjectStep): step is ProjectStep & { readonly file: string } =>
  step.file !== undefined

type LocalSteps = Pick<Emulator, 'stepsPort' | 'steps'> & {
  readonly services: ReadonlyMap<string, Service>
  /** Resolves when each has had its first chance to become ready. */
  readonly started: Promise<unknown>
}

/** Runs the steps that have a file. */
const runLocalSteps = async (
  options: EmulatorOptions,
  token: string,
  dispatching: Dispatching,
  closers: Closers,
): Promise<LocalSteps> => {
  const { project, watch, clock, sourceFolders, knative } = options
  const local = project.steps.filter(isLocal)
  if (local.length === 0) {
    const nothing = new Map<string, never>()
    return { stepsPort: undefined, steps: nothing, services: nothing, started: Promise.resolve() }
  }
  const proxy = createProxy(knative.namespace)
  closers.add('proxy', () => proxy.close())
  const stepsPort = await proxy.listen(knative.port)
  const steps = await Promise.all(
    local.map((step) => prepareLocalStep(options, step, step.file, token, dispatching, proxy)),
  )
  const stopping = new AbortController()
  const runs = steps.map(({ service }) => service.run(stopping.signal))
  closers.add('steps', async () => {
    stopping.abort()
    await Promise.all(runs)
  })
  const serviceOf = new Map(steps.map(({ file, service }) => [file, service]))
  const unwatch = restartOnChange({ folders: sourceFolders, steps: serviceOf, watch, clock })
  closers.add('watch', async () => unwatch())
  return {
    stepsPort,
    steps: new Map(steps.map(({ step, url }) => [step, url])),
    services: new Map(steps.map(({ step, service }) => [step, service])),
    started: Promise.all(steps.map(({ started }) => started)),
  }
}

/** Steps without a file that the configuration places elsewhere. */
const elsewhere = ({ steps }: Project): ReadonlyMap<ProjectStep, string> =>
  new Map(
    steps.flatMap((step) =>
      isLocal(step) || step.url === undefined ? [] : [[step, step.url] as const],
    ),
  )

const prepareDispatching = (
  options: EmulatorOptions,
  source: WorkSource,
  token: string,
  observer: Observer,
): Dispatching => {
  const { project, clock, random, randomBytes, log, tracer } = options
  return createDispatching({
    project,
    name: `emulator-${hexOf(randomBytes(8))}`,
    source,
    openCall: () => createHttpCall({ synchronizer: project.name, clock, token }),
    clock,
    random,
    log,
    observer,
    tracer,
    graceMs,
  })
}

/** Registers the models alone, so that a mistake in them shows before anything else is started. */
const registerModels = async (source: WorkSource, project: Project): Promise<void> => {
  await registerFirst(source, registrationOf(project, []))
}

const start = async (
  options: EmulatorOptions,
  closers: Closers,
  signal: AbortSignal,
): Promise<Omit<Emulator, 'stop'>> => {
  const { project, log, randomBytes } = options
  const metrics = createDispatcherMetrics({ ofProcess: false })
  const token = hexOf(randomBytes(32))
  const progress = createProgress()
  const { work, ports, countRecords } = await startCore(options, closers, () => metrics.page())
  log.info({}, `Service version is ${project.version}`)
  await registerModels(work, project)
  log.info({ models: project.requiredModels }, 'required_models, found:')
  if (project.steps.length === 0) {
    log.info({}, 'No sync steps, no policies, and no event steps. Synchronizer exiting.')
    const look = async (): Promise<Look> => ({ steps: [], models: [] })
    return { ports, stepsPort: undefined, steps: new Map(), token, hasSteps: false, look }
  }

  logLoading(log, project)
  const observer = bothObservers(metrics.observer, progress.observer)
  const dispatching = prepareDispatching(options, work, token, observer)
  const { started, services, ...local } = await runLocalSteps(options, token, dispatching, closers)
  await Promise.race([started, fired(signal)])
  void findElsewhere({ ...options, places: elsewhere(project), token, dispatching }, closers)
  closers.add('dispatcher', () => dispatching.stop())
  if (!signal.aborted) await dispatching.begin()
  logLoaded(log, project)
  const look = createLook({ project, progress, services, countRecords })
  return { ports, ...local, token, hasSteps: true, look }
}

/**
 * Runs a synchronizer on this machine: the core with its faces, a dispatcher, and one process for each step, as
 * Knative would start it. The signal ends the start early; what was started then still has to be stopped.
 *
 * @throws SetupError when something is not as it must be; nothing is left running then.
 */
export const startEmulator = async (
  options: EmulatorOptions,
  signal: AbortSignal,
): Promise<Emulator> => {
  const closers = createClosers(options.log)
  try {
    const running = await start(options, closers, signal)
    return { ...running, stop: () => closers.closeAll() }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

import type { Random, RegisteredStep, WorkSource } from '#contract'
import { createHttpCall, type Observer } from '#dispatcher'
import { createClosers, type Closers } from './closers.ts'
import type { Ask } from './describe.ts'
import { createDispatcherMetrics } from './dispatcher-metrics.ts'
import { createDispatching, registerFirst, type Dispatching } from './dispatching.ts'
import { findElsewhere } from './find-elsewhere.ts'
import type { CoreSettings, Ports } from './core-settings.ts'
import { freePort } from './free-port.ts'
import type { Project, ProjectStep } from './project.ts'
import { restartOnChange, type WatchFolder } from './restart-on-change.ts'
import { fired } from './sleep.ts'
import { startCore } from './start-core.ts'
import { createStepProcess, type SpawnStep, type StepProcess } from './step-process.ts'

export type EmulatorOptions = CoreSettings & {
  readonly project: Project
  readonly spawn: SpawnStep
  readonly ask: Ask
  readonly watch: WatchFolder
  /** Absolute folders whose source files the steps consist of. */
  readonly sourceFolders: readonly string[]
  readonly random: Random
}

export type Emulator = {
  readonly ports: Ports
  /** False when the project has no steps: there is nothing to run. */
  readonly hasSteps: boolean
  /** Waits a moment for what runs, reports it, and ends everything in good order. */
  stop(): Promise<void>
}

/** Of the five seconds that a stop may take, this leaves some to the processes and to the data. */
const graceMs = 2_500

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** A step with a file, and the process that serves it. */
type LocalStep = {
  readonly file: string
  readonly process: StepProcess
  /** Resolves when the process has been ready, or has ended, for the first time. */
  readonly started: Promise<void>
}

const prepareLocalStep = async (
  options: EmulatorOptions,
  step: ProjectStep,
  file: string,
  token: string,
  dispatching: Dispatching,
): Promise<LocalStep> => {
  const { spawn, ask, clock, log } = options
  let hasStarted = (): void => undefined
  const started = new Promise<void>((resolve) => {
    hasStarted = resolve
  })
  const process = createStepProcess({
    step: step.step,
    file,
    token,
    port: await freePort('127.0.0.1'),
    spawn,
    ask,
    clock,
    log,
    onReady(description) {
      dispatching.found(step, process.url, description)
      hasStarted()
    },
    onDeath: () => hasStarted(),
  })
  return { file, process, started }
}

const isLocal = (step: ProjectStep): step is ProjectStep & { readonly file: string } =>
  step.file !== undefined

/** Runs the steps that have a file. Resolves when each has had its first chance to become ready. */
const runLocalSteps = async (
  options: EmulatorOptions,
  token: string,
  dispatching: Dispatching,
  closers: Closers,
): Promise<void> => {
  const { project, watch, clock, sourceFolders } = options
  const steps = await Promise.all(
    project.steps
      .filter(isLocal)
      .map((step) => prepareLocalStep(options, step, step.file, token, dispatching)),
  )
  const stopping = new AbortController()
  const runs = steps.map(({ process }) => process.run(stopping.signal))
  closers.add('steps', async () => {
    stopping.abort()
    await Promise.all(runs)
  })
  const processOf = new Map(steps.map(({ file, process }) => [file, process]))
  const unwatch = restartOnChange({ folders: sourceFolders, steps: processOf, watch, clock })
  closers.add('watch', async () => unwatch())
  await Promise.all(steps.map(({ started }) => started))
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
const registerModels = async (
  source: WorkSource,
  { name, version, models, requiredModels, dependencies }: Project,
): Promise<void> => {
  const steps: readonly RegisteredStep[] = []
  await registerFirst(source, { name, version, models, requiredModels, dependencies, steps })
}

const start = async (
  options: EmulatorOptions,
  closers: Closers,
  signal: AbortSignal,
): Promise<Omit<Emulator, 'stop'>> => {
  const { project, log, randomBytes } = options
  const metrics = createDispatcherMetrics({ ofProcess: false })
  const { work, ports } = await startCore(options, closers, () => metrics.page())
  log.info({}, `Service version is ${project.version}`)
  await registerModels(work, project)
  log.info({ models: project.requiredModels }, 'required_models, found:')
  if (project.steps.length === 0) {
    log.info({}, 'No sync steps, no policies, and no event steps. Synchronizer exiting.')
    return { ports, hasSteps: false }
  }

  log.info({ step_dir: project.stepsDir }, 'Loading sync steps')
  const token = hexOf(randomBytes(32))
  const dispatching = prepareDispatching(options, work, token, metrics.observer)
  const started = runLocalSteps(options, token, dispatching, closers)
  await Promise.race([started, fired(signal)])
  void findElsewhere({ ...options, places: elsewhere(project), token, dispatching }, closers)
  closers.add('dispatcher', () => dispatching.stop())
  if (!signal.aborted) await dispatching.begin()
  log.info({ steps: project.steps.map(({ step }) => step) }, 'Loaded sync steps')
  return { ports, hasSteps: true }
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

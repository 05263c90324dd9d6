import { hostname } from 'node:os'
import {
  createProof,
  credentialsFrom,
  type Credentials,
  type Tracer,
  type WorkSource,
} from '#contract'
import { isPostgresUrl } from '#core'
import { connectRemoteSource, connectXosSource, createHttpCall, type Observer } from '#dispatcher'
import {
  createClosers,
  createDispatcherMetrics,
  createDispatching,
  findElsewhere,
  fired,
  openDatabaseSource,
  sleep,
  startHealthServer,
  type Closers,
  type DispatcherMetrics,
  type Dispatching,
  type Log,
  type Project,
  type ProjectStep,
  logLoaded,
  logLoading,
} from '#emulator'
import type { Command, Input } from './command.ts'
import { readCoreModels } from './core-models.ts'
import { completionMsFrom, publicUrlFrom } from './core-settings.ts'
import { Failure } from './failure.ts'
import { logLevelFlag, logOf } from './log.ts'
import { readPassword } from './password.ts'
import { loadProject, noteCoreVersion, type LoadedProject } from './project.ts'
import { stepUrl, stepUrlVariable } from './step-url.ts'
import { openTracing, tracingVariables } from './tracing.ts'
import type { World } from './world.ts'

/** Kubernetes gives 30 s; most of it is for the calls under way. */
const graceMs = 20_000

/**
 * Functions that scale to zero take a moment to say what they observe. Steps that are known together are registered
 * together, so that no record runs ahead of one whose step is not known yet.
 */
const firstChanceMs = 5_000

/** Where work comes from. `database`: the URL of a PostgreSQL server. */
type Access =
  | {
      readonly kind: 'leases' | 'xos'
      readonly endpoint: string
      readonly username: string
      readonly password: string
    }
  | {
      readonly kind: 'database'
      readonly url: string
      readonly publicUrl: URL | undefined
      readonly completionMs: number
    }

const required = (value: string | undefined, variable: string, key: string): string => {
  if (value !== undefined && value !== '') return value
  throw new Failure(`Expected accessor.${key} in config.yaml, or ${variable} in the environment.`)
}

const databaseAccess = (
  url: string,
  input: Input,
  world: World,
  { accessor }: LoadedProject,
): Access => {
  if (accessor.kind === 'xos') {
    throw new Failure(
      'Expected --database (DATABASE_URL) with a core of Syncstep, got accessor.kind xos.',
    )
  }
  if (isPostgresUrl(url)) {
    const publicUrl = publicUrlFrom(input.text('public-url'))
    return { kind: 'database', url, publicUrl, completionMs: completionMsFrom(world) }
  }
  // Not repeated: it may hold a password.
  throw new Failure(
    'Expected --database (DATABASE_URL) to be postgres://USER:PASSWORD@HOST:PORT/DATABASE.',
  )
}

const accessOf = async (input: Input, world: World, loaded: LoadedProject): Promise<Access> => {
  const { environment, cwd } = world
  const url = input.text('database')
  if (url !== undefined) return databaseAccess(url, input, world, loaded)
  const { accessor, project } = loaded
  const own = environment['SYNCSTEP_PASSWORD'] ?? ''
  const password = own === '' ? accessor.password : own
  const folder = own === '' ? project.folder : cwd
  const pick = (variable: string, key: 'endpoint' | 'username') =>
    required(environment[variable] ?? accessor[key], variable, key)
  return {
    kind: accessor.kind,
    endpoint: pick('SYNCSTEP_CORE_ENDPOINT', 'endpoint'),
    username: pick('SYNCSTEP_USERNAME', 'username'),
    password: await readPassword(folder, required(password, 'SYNCSTEP_PASSWORD', 'password')),
  }
}

/** Where a step runs, which its configuration or the template has to say. */
const urlOf = (step: ProjectStep, template: string | undefined): string => {
  const found = stepUrl(step, template)
  if (found !== undefined) return found
  throw new Failure(
    `Where does the step ${step.step} run? Set functions.${step.step}.url in config.yaml, ` +
      'or SYNCSTEP_STEP_URL for all steps, such as http://{step}.example.com/.',
  )
}

/** Whether a secret is one shows before anything is called. */
const credentialsOf = (environment: World['environment']): Credentials => {
  const credentials = credentialsFrom(environment)
  try {
    createProof(credentials)
    return credentials
  } catch (error) {
    throw error instanceof TypeError
      ? new Failure(`SYNCSTEP_FUNCTION_SECRET: ${error.message}`)
      : error
  }
}

/** Posts the changes of a core in another process to functions that run elsewhere. */
export const dispatcherCommand: Command = {
  parameters: [{ name: 'DIR', help: 'the folder of the synchronizer, with its config.yaml' }],
  flags: {
    database: {
      kind: 'text',
      help: 'Take work straight from the PostgreSQL server of a core: postgres://USER:PASSWORD@HOST:PORT/DATABASE',
      value: 'URL',
      variable: 'DATABASE_URL',
    },
    'public-url': {
      kind: 'text',
      help: 'With --database: where functions reach REST of a core, to complete calls and to read and write records',
      value: 'URL',
      variable: 'SYNCSTEP_PUBLIC_URL',
    },
    host: {
      kind: 'text',
      help: 'Address of the health port; 0.0.0.0 for all',
      default: '127.0.0.1',
      variable: 'SYNCSTEP_HOST',
    },
    'health-port': {
      kind: 'port',
      help: '/livez, /readyz and /metrics',
      default: '30009',
      variable: 'SYNCSTEP_HEALTH_PORT',
    },
    ...logLevelFlag,
  },
  variables: {
    SYNCSTEP_CORE_ENDPOINT: 'host:port of the core, instead of accessor.endpoint',
    SYNCSTEP_USERNAME: 'instead of accessor.username',
    SYNCSTEP_PASSWORD: 'instead of accessor.password; @FILE for the first line of a file',
    [stepUrlVariable]: 'Where steps without a url run, such as http://{step}.example.com/',
    SYNCSTEP_FUNCTION_TOKEN: 'Bearer token shown to the functions; the first of several',
    SYNCSTEP_FUNCTION_SECRET:
      'Secret that signs what is sent to them, in base64; the first of several',
    ...tracingVariables,
  },

  async run(input, world) {
    const { stop, cwd, environment } = world
    const loaded = await loadProject(cwd, input.parameter)
    const { project, logLevel, coreVersion } = loaded
    const log = logOf(world, input.text('log-level') ?? logLevel)
    noteCoreVersion(log, coreVersion)
    log.info({}, `Service version is ${project.version}`)
    if (project.steps.length === 0) {
      log.info({}, 'No sync steps, no policies, and no event steps. Synchronizer exiting.')
      return 0
    }
    logLoading(log, project)
    const template = environment[stepUrlVariable]
    const places = new Map(project.steps.map((step) => [step, urlOf(step, template)]))
    const access = await accessOf(input, world, loaded)
    const credentials = credentialsOf(environment)
    if (access.kind === 'xos') {
      log.warn({ endpoint: access.endpoint }, 'A core of XOS: no other dispatcher may do this work')
    }

    const tracing = await openTracing(world, log, 'syncstep-dispatcher')
    const closers = createClosers(log)
    closers.add('traces', () => tracing.close())
    try {
      const metrics = createDispatcherMetrics({ ofProcess: true })
      const readiness = await openHealth(input, metrics, closers)
      const source = await openSource(access, world, log, closers)
      const { tracer } = tracing
      const connection = { source, credentials, observer: metrics.observer, tracer }
      const dispatching = openDispatching(world, project, connection, log, closers)
      const all = findElsewhere({ ...world, ...credentials, places, dispatching, log }, closers)
      await Promise.race([all, sleep(world.clock, firstChanceMs, stop)])
      await Promise.race([dispatching.begin(), fired(stop)])
      if (!stop.aborted) {
        readiness.isReady = true
        log.info({ models: project.requiredModels }, 'required_models, found:')
        logLoaded(log, project)
      }
      await fired(stop)
      log.info({}, 'Dispatcher is stopping')
    } finally {
      await closers.closeAll()
    }
    return 0
  },
}

const openHealth = async (
  input: Input,
  metrics: DispatcherMetrics,
  closers: Closers,
): Promise<{ isReady: boolean }> => {
  const readiness = { isReady: false }
  const health = await startHealthServer({
    host: input.text('host') ?? '',
    port: input.port('health-port'),
    isReady: () => readiness.isReady,
    metrics: () => metrics.page(),
  })
  closers.add('health', () => health.close())
  return readiness
}

const openSource = async (
  access: Access,
  { clock, random }: World,
  log: Log,
  closers: Closers,
): Promise<WorkSource> => {
  if (access.kind === 'database') {
    const coreModels = [await readCoreModels()]
    return openDatabaseSource({ ...access, coreModels, clock, random, log }, closers)
  }
  const { kind, ...at } = access
  const open = kind === 'xos' ? connectXosSource : connectRemoteSource
  const source = open({ ...at, log, clock, random })
  closers.add('core', () => source.close())
  return source
}

type Connection = {
  readonly source: WorkSource
  readonly credentials: Credentials
  readonly observer: Observer
  readonly tracer: Tracer | undefined
}

const openDispatching = (
  { clock, random, randomBytes }: World,
  project: Project,
  { source, credentials, observer, tracer }: Connection,
  log: Log,
  closers: Closers,
): Dispatching => {
  const callOptions = { synchronizer: project.name, clock, ...credentials }
  const dispatching = createDispatching({
    project,
    name: `${hostname()}-${Buffer.from(randomBytes(8)).toString('hex')}`,
    source,
    openCall: () => createHttpCall(callOptions),
    clock,
    random,
    log,
    observer,
    tracer,
    graceMs,
  })
  closers.add('dispatcher', () => dispatching.stop())
  return dispatching
}

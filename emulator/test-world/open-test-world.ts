import { AssertionError } from 'node:assert'
import {
  descriptionFrom,
  isDelivery,
  type Change,
  type Delivery,
  type Fields,
  type Random,
} from '#contract'
import {
  buildRest,
  CoreError,
  createAuthenticator,
  openCore,
  type Caller,
  type Core,
  type Database,
  type Explanation,
  type Records,
} from '#core'
import { createDispatcher } from '#dispatcher'
import { describeStep, logWriter, type AnyStep, type Log } from '#functions'
import { createManualClock, type LogLine, type ManualClock } from '#testing'
import type { ProjectStep } from '../project.ts'
import { asConfigured, registrationOf, targetOf, type RunningStep } from '../registration.ts'
import { forUser, SetupError } from '../setup-error.ts'
import { callInProcess } from './call-in-process.ts'
import { fetchFrom } from './fetch-from.ts'
import type { NamedModel, TestWorld, TestWorldOptions, WorldCall } from './test-world.ts'
import { watchedDatabase } from './watched-database.ts'

const admin = { email: 'admin@opencord.org', password: 'letmein' }

const administrator: Caller = { userId: 1, email: admin.email, isAdmin: true }

const startOfWorld = Date.UTC(2026, 0, 1)

/** Of that many records is told why they are not synced. */
const mostExplained = 10

/** How far time moves before it is asked again whether all is synced: twice as far each time. */
const firstStrideMs = 1_000

const anHourMs = 3_600_000

/** Longer than a dispatcher takes to stop that waits for no call. */
const stopMs = 10_000

/** Nobody wants these to be synced. */
const leftAlone: ReadonlySet<Explanation['reason']> = new Set([
  'no-sync',
  'no-step',
  'lazy-blocked',
])

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

const recordingLog = (lines: LogLine[]): Log => {
  const writer = (level: LogLine['level']) =>
    logWriter((fields, message) => {
      lines.push({ level, message, fields })
    })
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  }
}

/** Nobody asks there: steps and core are in this process. */
const urlOf = (name: string): string => `http://${name}.test`

const runningStep = (step: ProjectStep, own: AnyStep): RunningStep => {
  const description = descriptionFrom(JSON.stringify(describeStep(own)))
  if (description === undefined) throw new SetupError(`What is given as ${step.step} is no step`)
  return { step, url: urlOf(step.step), description: asConfigured(step, description) }
}

const runningSteps = ({ project, steps }: TestWorldOptions): readonly RunningStep[] =>
  project.steps.flatMap((step) => {
    const own = steps.get(step.step)
    return own === undefined ? [] : [runningStep(step, own)]
  })

const nameOf = (model: NamedModel<object>): string =>
  typeof model === 'string' ? model : model.model

type Parts = {
  readonly core: Core
  /** The id of an event of which nothing is said. */
  readonly newEventId: () => string
  readonly clock: ManualClock
  readonly models: readonly string[]
  readonly calls: readonly WorldCall[]
  readonly logs: readonly LogLine[]
}

/** Why records are not synced, a sentence for each. */
const notSynced = async ({ core, models }: Parts): Promise<readonly string[]> => {
  const all = await Promise.all(
    models.map((model) => core.operations.whyAll(administrator, model, mostExplained)),
  )
  return all
    .flat()
    .filter(({ reason }) => !leftAlone.has(reason))
    .map(({ model, id, sentence }) => `${model}/${id}: ${sentence}`)
}

const untilSynced = async (parts: Parts, withinMs: number): Promise<void> => {
  const { clock } = parts
  const endMs = clock.now() + withinMs
  await clock.advance(0)
  for (let strideMs = firstStrideMs; ; strideMs *= 2) {
    const reasons = await notSynced(parts)
    if (reasons.length === 0) return
    const leftMs = endMs - clock.now()
    if (leftMs <= 0) {
      throw new AssertionError({
        message: `Expected all records to be synced within ${withinMs} ms.\n  ${reasons.join('\n  ')}`,
      })
    }
    await clock.advance(Math.min(strideMs, leftMs))
  }
}

const plain = (fields: object): Fields => fields as Fields

const isMissing = (error: unknown): boolean =>
  error instanceof CoreError && error.code === 'NOT_FOUND'

type WorldRecords = Pick<TestWorld, 'create' | 'update' | 'remove' | 'get' | 'list'>

/** What the core answers is a record of the model. */
const worldRecords = (records: Records): WorldRecords => ({
  create: async <Known extends object>(model: NamedModel<Known>, fields: NoInfer<Partial<Known>>) =>
    (await records.create(nameOf(model), plain(fields))).fields as Known & Fields,

  update: async <Known extends object>(
    model: NamedModel<Known>,
    id: number,
    fields: NoInfer<Partial<Known>>,
  ) => (await records.update(nameOf(model), id, plain(fields))).fields as Known & Fields,

  remove: (model, id) => records.remove(nameOf(model), id),

  async get<Known extends object>(model: NamedModel<Known>, id: number) {
    try {
      return (await records.get(nameOf(model), id)).fields as Known & Fields
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  },

  list: async <Known extends object>(model: NamedModel<Known>) =>
    (await records.list(nameOf(model))) as readonly (Known & Fields)[],
})

const worldOf = (parts: Parts, close: () => Promise<void>): TestWorld => {
  const { core, clock, calls, logs, newEventId } = parts
  return {
    ...worldRecords(core.store.as(administrator)),
    clock,
    calls,
    logs,
    async send(event) {
      const source = '/test'
      const whole = { id: newEventId(), source, extensions: {}, ...event }
      await core.store.deliveries.accept([whole])
    },
    async retry(model, id) {
      await core.operations.retry(administrator, nameOf(model), id)
    },
    settle: () => clock.advance(0),
    pass: (ms) => clock.advance(ms),
    untilSynced: (withinMs = anHourMs) => untilSynced(parts, withinMs),
    close,
  }
}

type Subject = Pick<WorldCall, 'model' | 'id' | 'event'>

const subjectOf = (change: Change | Delivery): Subject =>
  isDelivery(change)
    ? { model: undefined, id: undefined, event: String(change.event['id']) }
    : { model: change.model, id: Number(change.record['id']), event: undefined }

/** The face that steps ask. */
const openRest = ({ store }: Core, clock: ManualClock, random: Random) => {
  const randomBytes = (size: number): Uint8Array =>
    Uint8Array.from({ length: size }, () => Math.floor(random() * 256))
  const authenticator = createAuthenticator({ store, clock, randomBytes })
  return buildRest({ store, authenticator, log: silent, clock })
}

/** The core with the models and steps of the project. */
const openWorldCore = async (
  options: TestWorldOptions,
  running: readonly RunningStep[],
  database: Database,
  clock: ManualClock,
): Promise<Core> => {
  const { project, coreModels } = options
  try {
    const core = await openCore({
      database,
      coreModels,
      clock,
      admin,
      restAddress: () => urlOf('core'),
    })
    await core.work.register(registrationOf(project, running))
    return core
  } catch (error) {
    await database.close()
    throw forUser(error)
  }
}

/**
 * Opens the core on an empty database with the models of a project, and dispatches to its steps in this process.
 *
 * @throws SetupError when models have mistakes, or two steps observe the same one.
 */
export const openTestWorld = async (options: TestWorldOptions): Promise<TestWorld> => {
  const { project, random } = options
  const running = runningSteps(options)
  const { database, isAtWork } = watchedDatabase(options.database)
  const carrier: { isAtWork: () => boolean } = { isAtWork: () => false }
  const clock = createManualClock(startOfWorld, () => isAtWork() || carrier.isAtWork())
  const core = await openWorldCore(options, running, database, clock)
  const rest = openRest(core, clock, random)
  const calls: WorldCall[] = []
  const logs: LogLine[] = []
  const inProcess = callInProcess({
    synchronizer: project.name,
    steps: options.steps,
    clock,
    log: recordingLog(logs),
    fetch: fetchFrom(rest),
    called({ step }, change, outcome) {
      const { operation, attempt } = change
      calls.push({ step, operation, ...subjectOf(change), attempt, outcome, atMs: clock.now() })
    },
  })
  carrier.isAtWork = inProcess.isAtWork
  const dispatcher = createDispatcher({
    name: 'test-world',
    synchronizer: project.name,
    source: core.work,
    targets: running.map((step) => targetOf(project.name, step)),
    call: inProcess.call,
    clock,
    random,
    log: silent,
    graceMs: 0,
  })
  const stopping = new AbortController()
  const run = dispatcher.run(stopping.signal)

  const close = async (): Promise<void> => {
    stopping.abort()
    // A stop takes time of the clock: until what is cut off has been reported.
    await clock.advance(stopMs)
    await run
    await rest.close()
    await core.close()
  }
  const observed = running.flatMap(({ description }) =>
    'observes' in description ? [description.observes] : [],
  )
  let events = 0
  const newEventId = (): string => String((events += 1))
  return worldOf({ core, clock, models: [...new Set(observed)], calls, logs, newEventId }, close)
}

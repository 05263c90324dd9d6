import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '#core'
import { freePort } from '../../emulator/free-port.ts'
import { runNode, type Program, type runProgram } from '../e2e/program.ts'
import type { Dice } from '../simulation/dice.ts'
import { startCoreProcess, type CoreProcess } from '../support/core-process.ts'
import { openTestPostgres } from '../support/database.ts'
import { until } from '../support/until.ts'
import { build, type Build } from './build.ts'
import { readCalls } from './calls.ts'
import { makeFarms, work, type Size } from './farmers.ts'
import { modelNames, stepOf, writeFarm } from './farm.ts'
import { createLives, type Kind, type Lives } from './lives.ts'
import type { Row, Seen } from './wrongs.ts'

export type StormOptions = {
  /** Where the synchronizer, the notes of the functions and, at the end, the logs of all processes are. */
  readonly folder: string
  /** The `postgres://` URL of an empty database. */
  readonly data: string
  readonly size: Size
  readonly kills: number
  /** Between two kills. */
  readonly everyMs: number
  /** How often a dispatcher stands still so long that its leases end. */
  readonly stills: number
  /** How long the calm after the storm may take until everything is synced. */
  readonly settleMs: number
  readonly dice: Dice
}

/** What is known once the storm is over. */
export type Storm = Seen & {
  /** Changes whose success was taken more than once. */
  readonly takenTwice: readonly string[]
  /** Answers to the farmers that nothing explains. */
  readonly unexpected: readonly string[]
  /** Processes that ended although nobody killed them. */
  readonly fallen: readonly string[]
}

const dispatchers = 3
const farmers = 4

/** Longer than a dispatcher may be silent. */
const stillMs = 12_000

/** Who is killed while it starts, again and again, shows nothing. */
const startMs = 120_000

/** Out of eight that are killed. */
const victims: readonly Kind[] = [
  'core',
  ...Array<Kind>(3).fill('dispatcher'),
  ...Array<Kind>(4).fill('function'),
]

const shuffled = <T>(all: readonly T[], { random }: Dice): readonly T[] =>
  all
    .map((one) => ({ one, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one)

/** Kills one after the other, and starts each again a moment later. Resolves when all are up. */
const rage = async (
  processes: readonly Lives[],
  { kills, everyMs, dice }: StormOptions,
): Promise<void> => {
  const revive = async (lives: Lives, afterMs: number): Promise<void> => {
    await lives.kill()
    await sleep(afterMs)
    await lives.start()
  }
  const revivals: Promise<void>[] = []
  let next: readonly Kind[] = []
  while (revivals.length < kills) {
    await sleep(everyMs)
    if (next.length === 0) next = shuffled(victims, dice)
    const up = processes.filter(({ isUp }) => isUp)
    const lives = dice.pick(up.filter(({ kind }) => kind === next[0])) ?? dice.pick(up)
    next = next.slice(1)
    if (lives === undefined) continue
    const revival = revive(lives, dice.between(200, 2_000))
    // It is waited for at the end.
    revival.catch(() => undefined)
    revivals.push(revival)
  }
  await Promise.all(revivals)
}

const upOnce = async (program: Program, sign: string): Promise<Program> => {
  const early = program.exit.then((status) => {
    throw new Error(`Ended with ${status} before it was up: ${program.stderr()}`)
  })
  const up = until(`a process to say "${sign}"`, () => program.count(sign) > 0, startMs)
  await Promise.race([up, early])
  return program
}

const functionFile = 'test/faults/farm-function.ts'

/** One after the other. */
const standStill = async (
  called: readonly Lives[],
  { stills, dice }: StormOptions,
): Promise<void> => {
  for (let n = 0; n < stills; n += 1) {
    const atWork = (): Lives | undefined =>
      dice.pick(
        called.filter(
          ({ isUp, all }) => isUp && (all.at(-1)?.program.count('Synced object') ?? 0) > 0,
        ),
      )
    const lives = await until('a dispatcher to be at work', atWork, startMs)
    await lives.standStill(stillMs)
  }
}

const openFunctions = (folder: string, { fileOf }: Build) =>
  Promise.all(
    modelNames.map(async (model) => {
      const port = await freePort('127.0.0.1')
      const notes = path.join(folder, `${stepOf(model)}.calls`)
      const lives = createLives('function', stepOf(model), (life) =>
        upOnce(runNode([fileOf(functionFile), String(port), notes, life]), 'Listening'),
      )
      return { model, url: `http://127.0.0.1:${port}/`, notes, lives }
    }),
  )

/** The same ports in each of its lives. */
const openCore = (data: string, run: typeof runProgram) => {
  let latest: CoreProcess | undefined
  const lives = createLives('core', 'core', async () => {
    const ports = latest === undefined ? {} : { ports: latest.ports }
    latest = await startCoreProcess({ data, run, ...ports })
    return latest.program
  })
  return {
    lives,
    async begin(): Promise<CoreProcess> {
      await lives.start()
      if (latest === undefined) throw new Error('Expected a core')
      return latest
    },
  }
}

/** The last one takes its work straight from the database, the others from the core. */
const openDispatchers = (
  { folder, data }: StormOptions,
  run: typeof runProgram,
): readonly Lives[] =>
  Array.from({ length: dispatchers }, (_, n) =>
    createLives('dispatcher', `dispatcher-${n + 1}`, (life) => {
      const words = ['dispatcher', folder, '--health-port', '0']
      const source = n < dispatchers - 1 ? {} : { DATABASE_URL: data }
      // The token tells the functions who calls.
      return upOnce(run(words, { ...source, SYNCSTEP_FUNCTION_TOKEN: life }), 'Loaded sync steps')
    }),
  )

const settle = (database: Database, settleMs: number): Promise<unknown> =>
  until(
    'everything to be synced',
    async () => {
      // Not so often that the asking weighs.
      await sleep(250)
      const [row] = await database.query<{ left: number }>(
        `select count(*)::int as left from record where leaf = any($1) and (pending or deleted)`,
        [[...modelNames]],
      )
      return row?.left === 0
    },
    settleMs,
    // Who looks at the records sees what is left.
  ).catch(() => undefined)

const rowsIn = (database: Database): Promise<readonly Row[]> =>
  database.query<Row>(
    `select leaf, id, coalesce((fields ->> 'value')::int, 0) as value, pending, backend_code
     from record where leaf = any($1)`,
    [[...modelNames]],
  )

const takenTwiceIn = async (database: Database): Promise<readonly string[]> => {
  const rows = await database.query<{ event_id: string }>(
    `select event_id from attempt where outcome = 'synced' group by event_id having count(*) > 1`,
  )
  return rows.map(({ event_id: id }) => id)
}

const writeLogs = (folder: string, processes: readonly Lives[]): Promise<unknown> =>
  Promise.all(
    processes
      .flatMap(({ all }) => all)
      .map(({ name, program }) =>
        writeFile(
          path.join(folder, `${name}.log`),
          [...program.lines, program.stderr()].join('\n'),
        ),
      ),
  )

const fallenOf = (processes: readonly Lives[]): readonly string[] =>
  processes
    .flatMap(({ all }) => all)
    .filter(({ ended, killedMs }) => ended !== undefined && killedMs === undefined)
    .map(({ name, ended, program }) => `${name} ended with ${ended}: ${program.stderr()}`)

/**
 * Makes farms, and lets a core, dispatchers and functions of their own processes sync them while people work on them and
 * one process after the other is killed; then waits until everything is synced.
 */
export const standStorm = async (options: StormOptions): Promise<Storm> => {
  const { folder, data, size, settleMs, dice } = options
  const farms = await makeFarms(data, size)
  const built = await build([functionFile])
  const run: typeof runProgram = (words, environment) =>
    runNode([built.fileOf('cli/main.ts'), ...words], environment)
  const functions = await openFunctions(folder, built)
  const core = openCore(data, run)
  const called = openDispatchers(options, run)
  const processes = [core.lives, ...called, ...functions.map(({ lives }) => lives)]
  const database = await openTestPostgres(data)
  const evening = new AbortController()
  const unexpected: string[] = []
  try {
    const running = await core.begin()
    const urls = new Map(functions.map(({ model, url }) => [model, url]))
    await writeFarm(folder, running.ports.grpc, (model) => urls.get(model) ?? '')
    await Promise.all(processes.slice(1).map((lives) => lives.start()))
    const days = Array.from({ length: farmers }, (_, n) =>
      work(
        {
          farms: farms.filter((_farm, place) => place % farmers === n),
          core: running,
          isCoreUp: () => core.lives.isUp,
          dice,
          unexpected,
        },
        evening.signal,
      ),
    )
    const notes = functions.map((one) => one.notes)
    await until('the first call', async () => (await readCalls(notes)).length > 0)
    await rage(processes, options)
    // When others are there to take over.
    await standStill(called, options)
    evening.abort()
    await Promise.all(days)
    await settle(database, settleMs)
    return {
      farms,
      rows: await rowsIn(database),
      calls: await readCalls(notes),
      cores: core.lives.all,
      dispatchers: called.flatMap(({ all }) => all),
      functions: functions.flatMap(({ lives }) => lives.all),
      takenTwice: await takenTwiceIn(database),
      unexpected,
      fallen: fallenOf(processes),
    }
  } finally {
    evening.abort()
    await Promise.all(processes.map((lives) => lives.stop()))
    await writeLogs(folder, processes)
    await database.close()
    await built.remove()
  }
}

import { Pool } from 'pg'
import type { Contender, Running, Setup } from '../contender.ts'
import { loadPeer, titleOf } from './installed.ts'
import { laterPriority, openCaller, untilDone, type Caller, type Job } from './job.ts'

type Runner = {
  stop(): Promise<void>
  /** Resolves when nothing of it is under way. */
  readonly promise: Promise<void>
}

type Options = {
  readonly connectionString?: string
  readonly logger: unknown
  readonly concurrency?: number
  readonly pgPool?: Pool
  readonly noHandleSignals?: boolean
  readonly preset?: object
  readonly taskList?: Readonly<Record<string, (job: Job) => Promise<void>>>
}

type GraphileWorker = {
  readonly Logger: new (factory: () => () => void) => unknown
  readonly run: (options: Options) => Promise<Runner>
  readonly runMigrations: (options: Options) => Promise<void>
}

type Kind = {
  /** Jobs are fetched by the hundred and their ends written together. */
  readonly isBatched: boolean
  /** One runner for each lane, in place of one that takes all. */
  readonly isSplit?: boolean
}

const ignore = (): void => undefined

/** Of one runner. */
const mostConnections = 24

const batched = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }

const open = async (place: string, setup: Setup, kind: Kind): Promise<Running> => {
  const { Logger, run, runMigrations } = loadPeer('graphile-worker') as GraphileWorker
  const logger = new Logger(() => () => undefined)
  await runMigrations({ connectionString: place, logger })
  const pools: Pool[] = []
  const openPool = (max: number): Pool => {
    const opened = new Pool({ connectionString: place, max })
    opened.on('error', ignore)
    opened.on('connect', (client) => client.on('error', ignore))
    pools.push(opened)
    return opened
  }
  const pool = openPool(4)
  const callers = new Map<string, Caller>(
    setup.lanes.map((lane) => [lane.model, openCaller(lane, setup)]),
  )
  const runners: Runner[] = []
  const count = async (sql: string, values: readonly unknown[] = []): Promise<number> => {
    const { rows } = await pool.query<{ count: string }>(sql, [...values])
    return Number(rows[0]?.count)
  }
  const left = (): Promise<number> => count('select count(*) from graphile_worker.jobs')
  const begin = (models: readonly string[]): Promise<Runner> =>
    run({
      pgPool: openPool(Math.min(mostConnections, setup.concurrency * models.length)),
      logger,
      concurrency: setup.concurrency * models.length,
      noHandleSignals: true,
      taskList: Object.fromEntries(
        models.map((model) => [model, (job) => callers.get(model)!.call(job)]),
      ),
      ...(kind.isBatched ? { preset: { worker: batched } } : {}),
    })

  let jobs = await left()
  return {
    async fill(first, added, isLater = false) {
      jobs += added * setup.lanes.length
      for (const { model } of setup.lanes) {
        await pool.query(
          `select count(graphile_worker.add_job($1, json_build_object('id', n), priority => $4))
           from generate_series($2::int, $3) n`,
          [model, first, first + added - 1, isLater ? laterPriority : 0],
        )
      }
    },
    async start() {
      const models = [...callers.keys()]
      const groups = kind.isSplit === true ? models.map((model) => [model]) : [models]
      for (const group of groups) runners.push(await begin(group))
    },
    async change(model, id) {
      await pool.query(`select graphile_worker.add_job($1, json_build_object('id', $2::int))`, [
        model,
        id,
      ])
    },
    left,
    drained: () => untilDone(jobs, callers.values(), left),
    failures: (model) =>
      count(
        `select coalesce(sum(attempts), 0) as count from graphile_worker.jobs where task_identifier = $1`,
        [model],
      ),
    async close() {
      await Promise.all(runners.map((runner) => runner.stop()))
      await Promise.all(runners.map(({ promise }) => promise))
      await Promise.all([...callers.values()].map((caller) => caller.close()))
      await Promise.all(pools.map((one) => one.end()))
    },
  }
}

const contender = (title: string, kind: Kind): Contender => ({
  name: `${titleOf('graphile-worker')}${title}`,
  engine: 'PostgreSQL',
  open: (place, setup) => open(place, setup, kind),
})

export const graphileWorker = contender('', { isBatched: false })
export const graphileWorkerBatched = contender(', batched', { isBatched: true })
export const graphileWorkerSplit = contender(', one each', { isBatched: true, isSplit: true })

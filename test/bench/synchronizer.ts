import { readFile } from 'node:fs/promises'
import {
  openCore,
  openPostgres,
  type Caller,
  type Core,
  type Database,
  type StoreOptions,
} from '#core'
import { createDispatcher, createHttpCall, type Target } from '#dispatcher'
import { realClock } from '../../cli/real-clock.ts'
import type { Contender, Lane, Running, Setup } from './contender.ts'

/** The model of a lane, as xproto. */
const messageOf = ({ model, fields = '' }: Lane): string => `
  message ${model} (XOSBase) {
    required string name = 1 [max_length = 200];
    optional string note = 2 [text = True];
    ${fields}
  }`

export const modelsOf = (lanes: readonly Lane[]): string => `
  option name = "bench";
  option app_label = "bench";
  ${lanes.map(messageOf).join('\n')}`

/** A DNS label. */
export const stepOf = ({ model }: Lane): string => model.toLowerCase()

/** Longer than any bench waits, so that only its failures bring a record back. */
const retry = { firstMs: 1_000, capMs: 600_000 }

const longestMs = 600_000

const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

const coreModels: StoreOptions['coreModels'] = [
  {
    file: 'core.xproto',
    text: await readFile(new URL('../../xproto/models/core.xproto', import.meta.url), 'utf8'),
  },
]

const administrator: Caller = { userId: 1, email: 'admin@opencord.org', isAdmin: true }

/** Pending records of a model. */
const fillModel = async (
  database: Database,
  model: string,
  first: number,
  count: number,
): Promise<void> => {
  await database.query(
    `insert into record (root, id, leaf, fields, created, updated, next_run, backend_status, backend_code)
     select $2, n, $2, jsonb_build_object('name', 'item-' || n, 'note', repeat('x', 240)),
            $1, $1, $1, 'Provisioning in progress', 0
     from generate_series($3::int, $4) n`,
    [realClock.now() * 1000, model, first, first + count - 1],
  )
}

const leftIn = async (database: Database): Promise<number> => {
  const [left] = await database.query<{ count: number }>(
    `select count(*)::int as count from record r
     where exists (select from step s where s.model = r.leaf)
       and (pending or not deleted and (backend_code <> 1 or enacted is distinct from updated))`,
  )
  return left?.count ?? NaN
}

/** What can be done with the records themselves, whoever calls the functions. */
export const recordsIn = (
  { store }: Pick<Core, 'store'>,
  database: Database,
  lanes: readonly Lane[],
): Pick<Running, 'fill' | 'change' | 'left' | 'failures'> => ({
  // What is due by itself yields to changes in any case.
  async fill(first, count) {
    for (const { model } of lanes) await fillModel(database, model, first, count)
    // As every write of the core does once it commits.
    await database.query(`select pg_notify('syncstep_wake', '')`)
  },
  async change(model, id) {
    await store.as(administrator).update(model, id, { note: 'changed' })
  },
  left: () => leftIn(database),
  async failures(model) {
    const [sum] = await database.query<{ sum: number }>(
      `select coalesce(sum(failures), 0)::int as sum from record where leaf = $1`,
      [model],
    )
    return sum?.sum ?? NaN
  },
})

/** A core that knows the models of the lanes, and that functions observe them. */
export const openRegistered = async (database: Database, lanes: readonly Lane[]): Promise<Core> => {
  const admin = { email: administrator.email, password: 'letmein' }
  const core = await openCore({ database, coreModels, clock: realClock, admin })
  await core.work.register({
    name: 'bench',
    version: '1',
    models: [{ filename: 'bench.xproto', contents: modelsOf(lanes) }],
    steps: lanes.map((lane) => ({ step: stepOf(lane), model: lane.model, include: [] })),
    requiredModels: lanes.map(({ model }) => model),
  })
  return core
}

const targetOf =
  ({ concurrency, timeoutMs }: Setup) =>
  (lane: Lane): Target => ({
    step: stepOf(lane),
    model: lane.model,
    url: lane.url,
    timeoutMs,
    concurrency,
    deferredDelayMs: 5_000,
    retry,
  })

/** Core and dispatcher in this process. Closing it closes the database. */
export const openSynchronizer = async (database: Database, setup: Setup): Promise<Running> => {
  const core = await openRegistered(database, setup.lanes)
  const http = createHttpCall({ synchronizer: 'bench', clock: realClock })
  const dispatcher = createDispatcher({
    name: 'bench',
    synchronizer: 'bench',
    source: core.work,
    targets: setup.lanes.map(targetOf(setup)),
    call: http.call,
    clock: realClock,
    random: Math.random,
    log,
  })
  const stop = new AbortController()
  let run = Promise.resolve()
  const records = recordsIn(core, database, setup.lanes)
  return {
    ...records,
    async start() {
      run = dispatcher.run(stop.signal)
    },
    async drained() {
      // It may be quiet for a moment before it hears of what the last report woke.
      for (const latestMs = realClock.now() + longestMs; ;) {
        await dispatcher.settled()
        const left = await records.left()
        if (left === 0) return
        if (realClock.now() > latestMs) throw new Error(`${left} records are not synced`)
      }
    },
    async close() {
      stop.abort()
      await run
      await http.close()
      await core.close()
    },
  }
}

export const openServerDatabase = (url: string): Promise<Database> =>
  openPostgres({ url, clock: realClock, random: Math.random })

export const syncstep: Contender = {
  name: 'syncstep, PostgreSQL',
  engine: 'PostgreSQL',
  open: async (place, setup) => openSynchronizer(await openServerDatabase(place), setup),
}

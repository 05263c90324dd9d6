import { join } from 'node:path'
import { openPglite, type Database } from '#core'
import type { PostgresServer } from '../support/postgres-server.ts'
import { startServer } from './child.ts'
import type { Contender, Running, Setup } from './contender.ts'
import { contendersAmong, forEach, withPlace, type Place } from './contenders.ts'
import { processorSecondsOf, transactionsIn, walBytesOf } from './cost.ts'
import { sampleMessage } from './message.ts'
import { bullMq } from './peers/bullmq.ts'
import { graphileWorker, graphileWorkerBatched } from './peers/graphile-worker.ts'
import { pgBoss } from './peers/pg-boss.ts'
import { withPostgresIfAny, withFolder } from './places.ts'
import { postMany } from './post.ts'
import { figuresOf, interleaved, printFigures, printTable } from './statistics.ts'
import { openSynchronizer } from './synchronizer.ts'

const concurrency = 24

/** What the draining of one record took; NaN where it cannot be told. */
type Drain = {
  readonly rate: number
  /** Processor seconds for 1 000 records, of who calls and of the database. */
  readonly caller: number
  readonly engine: number
  readonly transactions: number
  readonly walBytes: number
}

const unknown = { caller: NaN, engine: NaN, transactions: NaN, walBytes: NaN }

const secondsToDrain = async (running: Running): Promise<number> => {
  const started = performance.now()
  await running.start()
  await running.drained()
  return (performance.now() - started) / 1000
}

const ownSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}

const drainIn = async (database: Database, setup: Setup, records: number): Promise<Drain> => {
  const running = await openSynchronizer(database, setup)
  await running.fill(1, records)
  const before = ownSeconds()
  const rate = records / (await secondsToDrain(running))
  const caller = ((ownSeconds() - before) / records) * 1000
  await running.close()
  return { ...unknown, rate, caller }
}

const drainAt = async (
  { open, engine: kind }: Contender,
  { url, pid }: Place,
  server: PostgresServer,
  setup: Setup,
  records: number,
): Promise<Drain> => {
  const ask = (what: () => Promise<number>): Promise<number> =>
    kind === 'PostgreSQL' ? what() : Promise.resolve(NaN)
  const transactions = (): Promise<number> => ask(() => transactionsIn(server.url, url))
  const walBytes = (): Promise<number> => ask(() => walBytesOf(server.url))

  const filling = await open(url, setup)
  await filling.fill(1, records)
  await filling.close()
  const transactionsBefore = await transactions()
  const running = await open(url, setup)
  const before = {
    caller: ownSeconds(),
    engine: await processorSecondsOf(pid),
    walBytes: await walBytes(),
  }
  const seconds = await secondsToDrain(running)
  const caller = ownSeconds() - before.caller
  const engine = (await processorSecondsOf(pid)) - before.engine
  const written = (await walBytes()) - before.walBytes
  await running.close()
  return {
    rate: records / seconds,
    caller: (caller / records) * 1000,
    engine: (engine / records) * 1000,
    transactions: ((await transactions()) - transactionsBefore) / records,
    walBytes: written / records,
  }
}

const onServer = (server: PostgresServer | undefined, setup: Setup, records: number) =>
  server === undefined
    ? {}
    : forEach(
        contendersAmong([graphileWorker, graphileWorkerBatched, pgBoss, bullMq]),
        (contender) =>
          withPlace(contender, server, (place) =>
            drainAt(contender, place, server, setup, records),
          ),
      )

/** B2: many pending, independent records; a function that does nothing, in a process of its own. */
export const runB2 = async (rounds: number, isQuick: boolean): Promise<void> => {
  const records = isQuick ? 5_000 : 20_000
  const child = await startServer('raw')
  const limit = 'raw undici -> node:http'
  const load = { connections: concurrency, requests: records }
  const setup = { lanes: [{ model: 'Item', url: child.url }], concurrency, timeoutMs: 30_000 }
  const limitOf = async (): Promise<Drain> => {
    const before = ownSeconds()
    const rate = await postMany(child.url, sampleMessage('binary'), load)
    return { ...unknown, rate, caller: ((ownSeconds() - before) / records) * 1000 }
  }
  await limitOf()
  const results = await withPostgresIfAny((server) =>
    interleaved(rounds, {
      [limit]: limitOf,
      'syncstep, PGlite in a folder': () =>
        withFolder(async (folder) =>
          drainIn(await openPglite(join(folder, 'data')), setup, records),
        ),
      'syncstep, PGlite in memory': async () => drainIn(await openPglite(), setup, records),
      ...onServer(server, setup, records),
    }),
  )
  child.stop()
  const title = `B2 drain of ${records} records, concurrency ${concurrency}`
  printTable(
    title,
    'rec/s',
    limit,
    figuresOf(results, ({ rate }) => rate),
  )
  printFigures(`${title}: what a record costs`, results, {
    'ms of processor': ({ caller }) => caller,
    'ms of the database': ({ engine }) => engine,
    transactions: (drain) => drain.transactions,
    'bytes of WAL': ({ walBytes }) => walBytes,
  })
}

import type { Core, Database } from '#core'
import type { PostgresServer } from '../support/postgres-server.ts'
import { contendersAmong, forEach, withPlace } from './contenders.ts'
import type { Lane, Setup } from './contender.ts'
import { linkAll, linkedLane, type Forest } from './forest.ts'
import { startFunction, type FunctionProcess, type SeenCall } from './function.ts'
import { addFlows, bullMq, type Flow } from './peers/bullmq.ts'
import { withDatabase, withPostgres } from './places.ts'
import { interleaved, printFigures } from './statistics.ts'
import { openRegistered, openServerDatabase, openSynchronizer, recordsIn } from './synchronizer.ts'

const concurrency = 24

/** One in twenty is a root, a third is in the middle, the rest are leaves; what each is on differs with every round. */
const plant = (count: number): Forest => {
  const roots = Math.max(1, Math.round(count / 20))
  const middle = Math.round(count / 3)
  const oneOf = (first: number, among: number): number => first + Math.floor(Math.random() * among)
  return Array.from({ length: count }, (_, index) => {
    if (index < roots) return undefined
    return index < roots + middle ? oneOf(1, roots) : oneOf(roots + 1, middle)
  })
}

/** The least that computing an order takes: one pass over records and links, which answers levels. */
const levelsOf = (forest: Forest): readonly number[] => {
  const below = forest.map((): number[] => [])
  for (const [index, above] of forest.entries()) {
    if (above !== undefined) below[above - 1]?.push(index)
  }
  const levels = new Array<number>(forest.length).fill(0)
  let ready = forest.flatMap((above, index) => (above === undefined ? [index] : []))
  for (let level = 0; ready.length > 0; level += 1) {
    for (const index of ready) levels[index] = level
    ready = ready.flatMap((index) => below[index] ?? [])
  }
  return levels
}

/** As if somebody had deleted all roots: what links to them goes too. */
const deleteAll = (database: Database): Promise<unknown> =>
  database.query(
    `update record set deleted = true, enacted = null, next_run = updated where root = 'Item'`,
  )

/** Leases until nothing is ready any more: what is not leased then, was found to have to wait. */
const secondsToFindReady = async ({ work }: Core): Promise<number> => {
  const started = performance.now()
  for (;;) {
    const leased = await work.lease('bench', [{ model: 'Item', limit: 500 }])
    if (leased.work.length === 0 && leased.nextDueMs !== 0) break
  }
  const seconds = (performance.now() - started) / 1000
  await work.leave('bench')
  return seconds
}

/** How many were called before what they have to wait for had been answered. */
const countEarly = (
  calls: readonly SeenCall[],
  pairs: Iterable<readonly [first: number, then: number]>,
): number => {
  const callOf = new Map(calls.map((call) => [call.subject, call]))
  let early = 0
  for (const [first, then] of pairs) {
    const answeredMs = callOf.get(`Item/${first}`)?.answeredMs ?? Infinity
    const receivedMs = callOf.get(`Item/${then}`)?.receivedMs ?? -Infinity
    if (receivedMs < answeredMs) early += 1
  }
  return early
}

const linksOf = (forest: Forest): readonly (readonly [number, number])[] =>
  forest.flatMap((above, index) => (above === undefined ? [] : [[above, index + 1] as const]))

type Order = {
  readonly ready: number
  readonly sync: number
  readonly delete: number
  /** Called too early, or more than once. */
  readonly wrong: number
}

type OpenForest = { readonly core: Core; readonly database: Database }

const unknown = { ready: NaN, sync: NaN, delete: NaN, wrong: NaN }

const fill = async (url: string, lane: Lane, forest: Forest): Promise<OpenForest> => {
  const database = await openServerDatabase(url)
  const core = await openRegistered(database, [lane])
  await recordsIn(core, database, [lane]).fill(1, forest.length)
  await linkAll(database, forest)
  return { core, database }
}

const secondsToDrain = async (url: string, setup: Setup): Promise<number> => {
  const running = await openSynchronizer(await openServerDatabase(url), setup)
  const started = performance.now()
  await running.start()
  await running.drained()
  const seconds = (performance.now() - started) / 1000
  await running.close()
  return seconds
}

const findReady = async (url: string, forest: Forest): Promise<number> => {
  const { core } = await fill(url, linkedLane('http://localhost/'), forest)
  const seconds = await secondsToFindReady(core)
  await core.close()
  return seconds
}

const syncAndDelete = async (
  url: string,
  { urlOf, takeCalls }: FunctionProcess,
  forest: Forest,
): Promise<Order> => {
  const lane = linkedLane(urlOf('Item'))
  const setup = { lanes: [lane], concurrency, timeoutMs: 30_000 }
  const links = linksOf(forest)
  const { core } = await fill(url, lane, forest)
  await core.close()

  const sync = await secondsToDrain(url, setup)
  const calls = await takeCalls()
  const early = countEarly(calls, links)

  const database = await openServerDatabase(url)
  await deleteAll(database)
  await database.close()
  const deletion = await secondsToDrain(url, setup)
  const deletes = await takeCalls()
  const earlyDeletes = countEarly(
    deletes,
    links.map(([above, below]) => [below, above]),
  )
  const doubled = calls.length + deletes.length - 2 * forest.length
  return { ...unknown, sync, delete: deletion, wrong: early + earlyDeletes + doubled }
}

/** A job of BullMQ waits for its children, as a record that is to be deleted does. */
const flowsOf = (forest: Forest): readonly Flow[] => {
  const flows = forest.map((_, index) => ({
    name: 'Item',
    queueName: 'Item',
    data: { id: index + 1 },
    children: [] as Flow[],
  }))
  for (const [above, below] of linksOf(forest)) flows[above - 1]!.children.push(flows[below - 1]!)
  return flows.filter((_, index) => forest[index] === undefined)
}

const flow = async (
  place: string,
  { urlOf, takeCalls }: FunctionProcess,
  forest: Forest,
): Promise<Order> => {
  await addFlows(place, flowsOf(forest))
  const lanes = [{ model: 'Item', url: urlOf('Item') }]
  const running = await bullMq.open(place, { lanes, concurrency, timeoutMs: 30_000 })
  const started = performance.now()
  await running.start()
  await running.drained()
  const seconds = (performance.now() - started) / 1000
  await running.close()
  const calls = await takeCalls()
  const early = countEarly(
    calls,
    linksOf(forest).map(([above, below]) => [below, above]),
  )
  return { ...unknown, delete: seconds, wrong: early + calls.length - forest.length }
}

const timeLevels = async (forest: Forest): Promise<Order> => {
  const started = performance.now()
  levelsOf(forest)
  return { ...unknown, ready: (performance.now() - started) / 1000 }
}

const compare = async (rounds: number, server: PostgresServer, count: number): Promise<void> => {
  const called = await startFunction()
  const alone = new Array<undefined>(count).fill(undefined)
  const place = <T>(work: (url: string) => Promise<T>): Promise<T> => withDatabase(server.url, work)
  const others = contendersAmong([bullMq]).filter(({ engine }) => engine === 'Redis')
  const results = await interleaved(rounds, {
    'one pass in JavaScript': () => timeLevels(plant(count)),
    'syncstep, PostgreSQL': async () => {
      const forest = plant(count)
      const ready = await place((url) => findReady(url, forest))
      const order = await place((url) => syncAndDelete(url, called, forest))
      return { ...order, ready }
    },
    'the same records without links': () => place((url) => syncAndDelete(url, called, alone)),
    ...forEach(others, (contender) =>
      withPlace(contender, server, ({ url }) => flow(url, called, plant(count))),
    ),
  })
  called.stop()
  printFigures(`B4 order among ${count} records, seconds`, results, {
    'to find what is ready': ({ ready }) => ready,
    'to sync': ({ sync }) => sync,
    'to delete': (order) => order.delete,
    'called too early or twice': ({ wrong }) => wrong,
  })
}

/** B4: a forest three deep, synced from its roots to its leaves and deleted from its leaves to its roots. */
export const runB4 = (rounds: number, isQuick: boolean): Promise<void> =>
  withPostgres(async (server) => {
    const counts = isQuick ? [100, 800, 5_000] : [100, 800, 10_000]
    for (const count of counts) await compare(rounds, server, count)
    if (!isQuick) await compare(1, server, 100_000)
  })

import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresServer } from '../support/postgres-server.ts'
import { until } from '../support/until.ts'
import type { Contender, Running, Setup } from './contender.ts'
import { contendersAmong, forEach, withPlace } from './contenders.ts'
import { startFunction, type SeenCall } from './function.ts'
import { monotonicMs } from './monotonic.ts'
import { bullMq } from './peers/bullmq.ts'
import { graphileWorker } from './peers/graphile-worker.ts'
import { pgBoss } from './peers/pg-boss.ts'
import { withClient, withPostgres } from './places.ts'
import { openProcesses, syncstepProcesses } from './processes.ts'
import type { WorkerTask } from './servers/worker.ts'
import { interleaved, printFigures } from './statistics.ts'

const concurrency = 24
const timeoutMs = 30_000
const restartAfterMs = 1_000

type Worker = { kill(signal: 'SIGKILL'): unknown }

/** Records or jobs, and whoever works them off in processes of their own. */
type Crew = {
  readonly running: Running
  readonly hire: () => Worker
  /** Resolves when so many look for work, where that can be told. */
  readonly arrived: (count: number) => Promise<void>
}

const countDispatchers = (place: string): Promise<number> =>
  withClient(place, async (client) => (await client.query('select from dispatcher')).rows.length)

const crewOf = async (contender: Contender, place: string, setup: Setup): Promise<Crew> => {
  if (contender === syncstepProcesses) {
    const running = await openProcesses(place, setup)
    const arrived = async (count: number): Promise<void> => {
      await until('the dispatchers', async () => (await countDispatchers(place)) === count)
    }
    return { running, hire: () => running.startDispatcher(), arrived }
  }
  const task: WorkerTask = { name: contender.name, place, setup }
  const hire = (): Worker =>
    fork(new URL('servers/worker.ts', import.meta.url), [JSON.stringify(task)], {
      execArgv: process.execArgv,
    })
  const running = await contender.open(place, setup)
  return { running, hire, arrived: () => Promise.resolve() }
}

type Figures = {
  readonly left: number
  readonly doubled: number
  readonly nextCallMs: number
  readonly allMs: number
}

type Size = {
  readonly records: number
  /** How many work at first; the first of them is killed. */
  readonly workers: number
  /** How long what was under way may take to be done by others. */
  readonly patienceMs: number
}

/** NaN where there was none. */
const firstCallAfter = (calls: readonly SeenCall[], fromMs: number): number =>
  calls.find(({ receivedMs }) => receivedMs > fromMs)?.receivedMs ?? NaN

const measure = (
  contender: Contender,
  server: PostgresServer,
  { records, workers, patienceMs }: Size,
): Promise<Figures> =>
  withPlace(contender, server, async ({ url }) => {
    const called = await startFunction()
    const lanes = [{ model: 'Item', url: called.urlOf('Item', { delayMs: 20 }) }]
    const { running, hire, arrived } = await crewOf(contender, url, {
      lanes,
      concurrency,
      timeoutMs,
    })
    const hired = Array.from({ length: workers }, hire)
    // Else the one that was started a moment earlier does it all, and the other is killed idle.
    await arrived(workers)
    await running.fill(1, records)
    const half = async (): Promise<boolean> =>
      ((await called.countCalls())['/Item'] ?? 0) >= records / 2
    await until('half of the calls', half, 120_000)
    hired[0]?.kill('SIGKILL')
    if (workers === 1) {
      await sleep(restartAfterMs)
      hired.push(hire())
    }
    const againMs = monotonicMs()
    let left = await running.left()
    while (left > 0 && monotonicMs() - againMs < patienceMs) {
      await sleep(100)
      left = await running.left()
    }
    const allMs = left === 0 ? monotonicMs() - againMs : NaN
    const calls = await called.takeCalls()
    for (const worker of hired) worker.kill('SIGKILL')
    await running.close()
    called.stop()
    const doubled = calls.length - new Set(calls.map(({ subject }) => subject)).size
    return { left, doubled, nextCallMs: firstCallAfter(calls, againMs) - againMs, allMs }
  })

const kill = (
  rounds: number,
  server: PostgresServer,
  contenders: readonly Contender[],
  size: Size,
): Promise<ReadonlyMap<string, readonly Figures[]>> =>
  interleaved(
    rounds,
    forEach(contenders, (contender) => measure(contender, server, size)),
  )

const print = (
  how: string,
  results: ReadonlyMap<string, readonly Figures[]>,
  { records, patienceMs }: Size,
): void =>
  printFigures(`B6 ${records} records, ${how}`, results, {
    'called twice': ({ doubled }) => doubled,
    'ms to the next call': ({ nextCallMs }) => nextCallMs,
    'ms until all is done': ({ allMs }) => allMs,
    [`not done after ${patienceMs / 1000} s`]: ({ left }) => left,
  })

/** B6: kill -9 for who calls the functions, when half is done. */
export const runB6 = (rounds: number, isQuick: boolean): Promise<void> =>
  withPostgres(async (server) => {
    const size = isQuick
      ? { records: 1_500, patienceMs: 20_000 }
      : { records: 5_000, patienceMs: 70_000 }
    const [, ...others] = contendersAmong([graphileWorker, pgBoss, bullMq])
    const single = { ...size, workers: 1 }
    const ours = await kill(rounds, server, [syncstepProcesses], single)
    // Once: they wait for as long as they were told to, whatever the machine does.
    const theirs = await kill(1, server, others, single)
    const how = `the only caller killed, another started ${restartAfterMs} ms later`
    print(how, new Map([...ours, ...theirs]), single)

    const pair = { ...size, workers: 2 }
    const ofPair = await kill(rounds, server, [syncstepProcesses], pair)
    print('one of two callers killed', ofPair, pair)
  })

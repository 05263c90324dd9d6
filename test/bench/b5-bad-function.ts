import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresServer } from '../support/postgres-server.ts'
import { until } from '../support/until.ts'
import { latenciesOf } from './changes.ts'
import type { Contender, Lane, Running } from './contender.ts'
import { contendersAmong, forEach, withPlace } from './contenders.ts'
import { startFunction, type FunctionProcess } from './function.ts'
import { monotonicMs } from './monotonic.ts'
import { bullMq } from './peers/bullmq.ts'
import { graphileWorkerBatched, graphileWorkerSplit } from './peers/graphile-worker.ts'
import { withPostgres } from './places.ts'
import { interleaved, printFigures, spreadOf } from './statistics.ts'

const concurrency = 24
const timeoutMs = 5_000
const healthy = Array.from({ length: 9 }, (_, index) => `Item${index + 1}`)
const bad = 'Bad'
const longestMs = 300_000

type Size = { readonly records: number; readonly changes: number; readonly windowMs: number }

type Figures = {
  /** Until all records of the healthy functions were called, without and with the bad one beside them. */
  readonly withoutMs: number
  readonly withMs: number
  /** From a change to its healthy function, while the bad one is as it is. */
  readonly p50Ms: number
  readonly mostMs: number
  readonly badCallsAMinute: number
  readonly attempts: number
}

/** Milliseconds until the healthy functions have been called for every record. */
const millisecondsToCall = async (
  running: Running,
  { takeCalls }: FunctionProcess,
  records: number,
): Promise<number> => {
  const startedMs = monotonicMs()
  const called = new Map<string, number>()
  await running.start()
  await until(
    'the healthy functions to be called',
    async () => {
      for (const { path, subject, receivedMs } of await takeCalls()) {
        if (path !== `/${bad}` && !called.has(subject)) called.set(subject, receivedMs)
      }
      return called.size === records * healthy.length
    },
    longestMs,
  )
  return Math.max(...called.values()) - startedMs
}

/** Fresh records or jobs for the functions of the lanes, which do nothing but answer. */
const withRunning = <T>(
  contender: Contender,
  server: PostgresServer,
  lanesOf: (called: FunctionProcess) => readonly Lane[],
  work: (running: Running, called: FunctionProcess) => Promise<T>,
): Promise<T> =>
  withPlace(contender, server, async ({ url }) => {
    const called = await startFunction()
    const running = await contender.open(url, { lanes: lanesOf(called), concurrency, timeoutMs })
    try {
      return await work(running, called)
    } finally {
      await running.close()
      called.stop()
    }
  })

const measure = async (
  contender: Contender,
  server: PostgresServer,
  { records, changes, windowMs }: Size,
): Promise<Figures> => {
  const good = ({ urlOf }: FunctionProcess): readonly Lane[] =>
    healthy.map((model) => ({ model, url: urlOf(model, { delayMs: 5 }) }))
  const failing = { status: 503, delayMs: 2_000, hangAfterMs: windowMs / 2 }
  const all = (called: FunctionProcess): readonly Lane[] => [
    ...good(called),
    { model: bad, url: called.urlOf(bad, failing) },
  ]
  const withoutMs = await withRunning(contender, server, good, async (running, called) => {
    await running.fill(1, records)
    return millisecondsToCall(running, called, records)
  })
  return withRunning(contender, server, all, async (running, called) => {
    await running.fill(1, records)
    const startedMs = monotonicMs()
    const withMs = await millisecondsToCall(running, called, records)
    const latencies = await latenciesOf(running, called, healthy[0]!, changes)
    await sleep(Math.max(0, startedMs + windowMs - monotonicMs()))
    const minutes = (monotonicMs() - startedMs) / 60_000
    const badCalls = (await called.countCalls())[`/${bad}`] ?? 0
    const { median, max } = spreadOf(latencies)
    return {
      withoutMs,
      withMs,
      p50Ms: median,
      mostMs: max,
      badCallsAMinute: badCalls / minutes,
      attempts: await running.failures(bad),
    }
  })
}

/** B5: ten functions, one of which says 503 after two seconds, and later nothing at all. */
export const runB5 = (rounds: number, isQuick: boolean): Promise<void> =>
  withPostgres(async (server) => {
    const size = isQuick
      ? { records: 200, changes: 40, windowMs: 6_000 }
      : { records: 1_000, changes: 100, windowMs: 20_000 }
    const contenders = contendersAmong([graphileWorkerBatched, graphileWorkerSplit, bullMq])
    const run = (times: number, load: Size) =>
      interleaved(
        times,
        forEach(contenders, (contender) => measure(contender, server, load)),
      )
    // What runs first is slow, and that is always without the bad function.
    await run(1, { records: 100, changes: 1, windowMs: 1_000 })
    // They take long, and differ by more than rounds do.
    const results = await run(Math.min(rounds, 3), size)
    printFigures(`B5 one bad function of ten, ${size.records} records each`, results, {
      'ms without it': ({ withoutMs }) => withoutMs,
      'times that with it': ({ withoutMs, withMs }) => withMs / withoutMs,
      'ms from change to healthy function, p50': ({ p50Ms }) => p50Ms,
      most: ({ mostMs }) => mostMs,
      'calls of the bad one a minute': ({ badCallsAMinute }) => badCallsAMinute,
      'attempts counted': ({ attempts }) => attempts,
    })
  })

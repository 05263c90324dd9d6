import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { adminBasic, type CoreProcess } from '../support/core-process.ts'
import { linkAll, linkedLane } from './forest.ts'
import { startFunction } from './function.ts'
import { openLedger, type Counts, type Ledger } from './ledger.ts'
import { monotonicMs } from './monotonic.ts'
import { withClient, withDatabase, withPostgres } from './places.ts'
import { openProcesses, type Processes } from './processes.ts'
import { printSample, printSummary, takeSample, type Sample, type Scene } from './soak-samples.ts'
import { openServerDatabase } from './synchronizer.ts'

const connections = 16
/** Each tenth record links to the one before, which was changed a moment ago, so it often has to wait. */
const oneInLinks = 10

type Plan = {
  readonly records: number
  /** How long changes are made as fast as it goes, to learn how fast that is. */
  readonly measuredMs: number
  readonly intervals: number
  readonly intervalMs: number
}

type Writer = {
  readonly write: (id: number, n: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** Writes over REST as programs do, over connections that stay. */
const openWriter = ({ ports }: CoreProcess): Writer => {
  const pool = new Pool(`http://127.0.0.1:${ports.rest}`, { connections })
  const headers = { authorization: adminBasic, 'content-type': 'application/json' }
  return {
    async write(id: number, n: number): Promise<void> {
      const path = `/xosapi/v1/bench/items/${id}`
      const body = JSON.stringify({ note: String(n).padEnd(240, 'x') })
      const answer = await pool.request({ method: 'PUT', path, headers, body })
      await answer.body.dump()
      if (answer.statusCode !== 200)
        throw new Error(`Expected 200 for ${path}, got ${answer.statusCode}`)
    },
    close: () => pool.destroy(),
  }
}

const fill = async (place: string, running: Processes, records: number): Promise<void> => {
  await running.fill(1, records)
  const database = await openServerDatabase(place)
  const above = Array.from({ length: records }, (_, index) =>
    (index + 1) % oneInLinks === 0 ? index : undefined,
  )
  await linkAll(database, above)
  await database.close()
}

/** Changes a second that are written and synced, when as much is written as goes. */
const measureRate = async (
  { running, called }: Scene,
  ledger: Ledger,
  forMs: number,
): Promise<number> => {
  const startedMs = monotonicMs()
  const writer = async (): Promise<void> => {
    while (monotonicMs() - startedMs < forMs) await ledger.change()
  }
  await Promise.all(Array.from({ length: connections }, writer))
  await running.drained()
  const seconds = (monotonicMs() - startedMs) / 1000
  return (await called.takeCalls()).length / seconds
}

/** Evenly spaced, however long each takes. */
const changeEvenly = async (ledger: Ledger, rate: number, durationMs: number): Promise<void> => {
  const startedMs = monotonicMs()
  const underWay = new Set<Promise<void>>()
  for (let count = 0; count < Math.floor((rate * durationMs) / 1000); count += 1) {
    const dueMs = startedMs + (count / rate) * 1000
    if (dueMs > monotonicMs()) await sleep(dueMs - monotonicMs())
    const made = ledger.change().finally(() => underWay.delete(made))
    underWay.add(made)
  }
  await Promise.all(underWay)
}

const soak = async (
  scene: Scene,
  ledger: Ledger,
  rate: number,
  { intervals, intervalMs }: Plan,
): Promise<readonly Sample[]> => {
  const samples: Sample[] = []
  const startedMs = monotonicMs()
  const changing = changeEvenly(ledger, rate, intervals * intervalMs)
  let before: Pick<Counts, 'written' | 'calls'> = ledger.counts()
  for (let interval = 1; interval <= intervals; interval += 1) {
    while (monotonicMs() < startedMs + interval * intervalMs) {
      await sleep(1_000)
      ledger.note(await scene.called.takeCalls())
    }
    const now = await takeSample(scene, ledger)
    printSample(interval, before, now)
    // The core says a line for each write.
    scene.running.core.program.forget()
    samples.push(now)
    before = now
  }
  await changing
  await scene.running.drained()
  ledger.note(await scene.called.takeCalls())
  return samples
}

const printWrongs = async ({ place, running }: Scene, counts: Counts): Promise<void> => {
  const [failed] = await withClient(place, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int as count from attempt where outcome <> 'synced'`,
    )
    return rows
  })
  const wrongs = {
    'writes refused': counts.refused,
    'records not synced': await running.left(),
    'not called since their last change': counts.uncalled,
    'calls too many': Math.max(0, counts.calls - counts.written),
    'calls too few': Math.max(0, counts.written - counts.overtaken - counts.calls),
    'attempts that failed': failed?.count ?? NaN,
  }
  console.log(
    `  ${Object.entries(wrongs)
      .map(([name, count]) => `${name}: ${count}`)
      .join(', ')}`,
  )
}

const openScene = async (place: string, records: number): Promise<Scene> => {
  const called = await startFunction()
  const lanes = [linkedLane(called.urlOf('Item'))]
  const running = await openProcesses(place, { lanes, concurrency: 24, timeoutMs: 30_000 })
  await fill(place, running, records)
  const dispatcher = running.startDispatcher()
  await running.drained()
  await called.takeCalls()
  return { place, running, dispatcher, called }
}

/** Changes records for long at half the rate at which it could: whether anything grows that should not. */
export const runSoak = (minutes: number, isQuick: boolean): Promise<void> =>
  withPostgres((server) =>
    withDatabase(server.url, async (place) => {
      const plan = isQuick
        ? { records: 2_000, measuredMs: 5_000, intervals: 6, intervalMs: 10_000 }
        : { records: 10_000, measuredMs: 20_000, intervals: minutes, intervalMs: 60_000 }
      const scene = await openScene(place, plan.records)
      const writer = openWriter(scene.running.core)
      const fastest = await measureRate(
        scene,
        openLedger(plan.records, writer.write),
        plan.measuredMs,
      )
      const rate = fastest / 2
      console.log(
        `\nSoak: ${plan.records} records, ${fastest.toFixed(0)} changes a second written and synced at most; ` +
          `${rate.toFixed(0)} a second for ${plan.intervals} times ${plan.intervalMs / 1000} s. ` +
          `Tables: rows+dead ones, size`,
      )
      const ledger = openLedger(plan.records, writer.write)
      const samples = await soak(scene, ledger, rate, plan)
      printSummary(samples)
      await printWrongs(scene, ledger.counts())
      await writer.close()
      await scene.running.close()
      scene.called.stop()
    }),
  )

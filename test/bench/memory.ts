import { startFunction } from './function.ts'
import { mostMemoryOf } from './cost.ts'
import { withDatabase, withPostgres } from './places.ts'
import { openProcesses } from './processes.ts'
import { interleaved, printFigures } from './statistics.ts'

type Memory = { readonly core: number; readonly dispatcher: number }

const measure = async (server: string, records: number): Promise<Memory> => {
  const called = await startFunction()
  const lanes = [{ model: 'Item', url: called.urlOf('Item') }]
  const setup = { lanes, concurrency: 24, timeoutMs: 30_000 }
  const memory = await withDatabase(server, async (url) => {
    const running = await openProcesses(url, setup)
    await running.fill(1, records)
    const dispatcher = running.startDispatcher()
    await running.drained()
    const [core, dispatching] = await Promise.all(
      [running.core.program.pid, dispatcher.pid].map(mostMemoryOf),
    )
    await running.close()
    return { core: core ?? NaN, dispatcher: dispatching ?? NaN }
  })
  called.stop()
  return memory
}

/** The most that core and dispatcher, processes of their own, hold while many records are synced. */
export const runMemory = (rounds: number, isQuick: boolean): Promise<void> =>
  withPostgres(async (server) => {
    const records = isQuick ? 5_000 : 100_000
    const results = await interleaved(Math.min(rounds, 3), {
      'syncstep, PostgreSQL': () => measure(server.url, records),
    })
    printFigures(`Memory while ${records} records are synced, MB`, results, {
      core: ({ core }) => core,
      dispatcher: ({ dispatcher }) => dispatcher,
      both: ({ core, dispatcher }) => core + dispatcher,
    })
  })

import type { RecordableHistogram } from 'node:perf_hooks'
import type { Program } from '../e2e/program.ts'
import { memoryOf } from './cost.ts'
import type { FunctionProcess } from './function.ts'
import { newLatencies, type Counts, type Ledger } from './ledger.ts'
import { withClient } from './places.ts'
import type { Processes } from './processes.ts'
import { spreadOf } from './statistics.ts'

const tables = ['record', 'attempt', 'change', 'audit', 'link', 'wait'] as const

/** What the samples are taken of; `place` is the URL of its database. */
export type Scene = {
  readonly place: string
  readonly running: Processes
  readonly dispatcher: Program
  readonly called: FunctionProcess
}

type TableFigures = {
  readonly live: number
  readonly dead: number
  /** With indexes and what is stored beside the table. */
  readonly megabytes: number
  readonly updates: number
  /** Those that touched no index. */
  readonly hotUpdates: number
  readonly vacuums: number
}

export type Sample = Pick<Counts, 'written' | 'calls'> & {
  readonly latencies: RecordableHistogram
  /** MB that the processes hold. */
  readonly core: number
  readonly dispatcher: number
  readonly tables: ReadonlyMap<string, TableFigures>
}

const tableFigures = (place: string): Promise<ReadonlyMap<string, TableFigures>> =>
  withClient(place, async (client) => {
    const { rows } = await client.query<TableFigures & { name: string }>(
      `select relname as name, n_live_tup::int as live, n_dead_tup::int as dead,
              pg_total_relation_size(relid) / 1048576.0::float8 as megabytes, n_tup_upd::int as updates,
              n_tup_hot_upd::int as "hotUpdates", autovacuum_count::int as vacuums
       from pg_stat_user_tables where relname = any($1)`,
      [tables],
    )
    return new Map(rows.map(({ name, ...figures }) => [name, figures]))
  })

/** What can be told now; latencies since the last time. */
export const takeSample = async (
  { place, running, dispatcher }: Scene,
  ledger: Ledger,
): Promise<Sample> => ({
  ...ledger.counts(),
  latencies: ledger.takeLatencies(),
  core: await memoryOf(running.core.program.pid),
  dispatcher: await memoryOf(dispatcher.pid),
  tables: await tableFigures(place),
})

const millisecondsAt = (latencies: RecordableHistogram, percent: number): number =>
  latencies.percentile(percent) / 1000

const tableText = (name: string, { live, dead, megabytes }: TableFigures): string =>
  `${name} ${live}+${dead} ${megabytes.toFixed(1)} MB`

export const printSample = (
  interval: number,
  before: Pick<Counts, 'written' | 'calls'>,
  now: Sample,
): void => {
  const { latencies, core, dispatcher } = now
  console.log(
    [
      `  ${String(interval).padStart(2)}: ${now.written - before.written} changes, ${now.calls - before.calls} calls`,
      `p50 ${millisecondsAt(latencies, 50).toFixed(1)}, p99 ${millisecondsAt(latencies, 99).toFixed(1)} ms`,
      `core ${core.toFixed(0)}, dispatcher ${dispatcher.toFixed(0)} MB`,
      [...now.tables].map(([name, figures]) => tableText(name, figures)).join(', '),
    ].join('; '),
  )
}

const latenciesOf = (samples: readonly Sample[]): RecordableHistogram => {
  const all = newLatencies()
  for (const { latencies } of samples) all.add(latencies)
  return all
}

type Figure = (samples: readonly Sample[]) => number

const middleOf =
  (figure: (sample: Sample) => number): Figure =>
  (samples) =>
    spreadOf(samples.map(figure)).median

const figures: Readonly<Record<string, Figure>> = {
  'change to call, p50, ms': (samples) => millisecondsAt(latenciesOf(samples), 50),
  'change to call, p99, ms': (samples) => millisecondsAt(latenciesOf(samples), 99),
  'memory of the core, MB': middleOf(({ core }) => core),
  'memory of the dispatcher, MB': middleOf(({ dispatcher }) => dispatcher),
  ...Object.fromEntries(
    tables.flatMap((name) => [
      [`${name}, MB`, middleOf((one) => one.tables.get(name)?.megabytes ?? NaN)],
      [`${name}, dead rows`, middleOf((one) => one.tables.get(name)?.dead ?? NaN)],
    ]),
  ),
}

/** The first sixth beside the last one: of half an hour, five minutes. */
export const printSummary = (samples: readonly Sample[]): void => {
  const part = Math.ceil(samples.length / 6)
  const [first, last] = [samples.slice(0, part), samples.slice(-part)]
  console.log(`\nSoak, the first ${part} beside the last ${part}`)
  for (const [name, figure] of Object.entries(figures)) {
    const [earlier, later] = [figure(first), figure(last)]
    if (earlier === 0 && later === 0) continue
    const ratio = earlier === 0 ? '' : (later / earlier).toFixed(2)
    console.log(
      `  ${name.padEnd(34)} ${earlier.toFixed(1).padStart(10)} ${later.toFixed(1).padStart(10)} ${ratio.padStart(8)}`,
    )
  }
  for (const [name, { updates, hotUpdates, vacuums }] of samples.at(-1)?.tables ?? []) {
    const hot = updates === 0 ? '' : `, ${((100 * hotUpdates) / updates).toFixed(0)} % of them HOT`
    console.log(`  ${name.padEnd(34)} ${updates} updates${hot}; ${vacuums} autovacuums`)
  }
}

import type { PostgresServer } from '../support/postgres-server.ts'
import { latenciesOf, shownQuantiles } from './changes.ts'
import type { Contender } from './contender.ts'
import { contendersAmong, forEach, withPlace } from './contenders.ts'
import { startFunction, type FunctionProcess } from './function.ts'
import { bullMq } from './peers/bullmq.ts'
import { graphileWorker } from './peers/graphile-worker.ts'
import { openCaller } from './peers/job.ts'
import { withClient, withDatabase, withPostgres } from './places.ts'
import { syncstepProcesses } from './processes.ts'
import { interleaved, shown, spreadOf } from './statistics.ts'

const concurrency = 24
const timeoutMs = 30_000
const backlog = 5_000
/** With so long a call it takes some ten seconds to work off what has piled up, longer than the changes take. */
const backlogDelayMs = 50

const laneOf = ({ urlOf }: FunctionProcess, delayMs: number) => ({
  model: 'Item',
  url: urlOf('Item', { delayMs }),
})

/** The least that it takes: a commit that notifies, a listener, a POST. */
const limitOf = (
  server: PostgresServer,
  called: FunctionProcess,
  changes: number,
): Promise<readonly number[]> =>
  withDatabase(server.url, (url) =>
    withClient(url, (writer) =>
      withClient(url, async (listener) => {
        const lane = laneOf(called, 0)
        const caller = openCaller(lane, { concurrency, timeoutMs })
        await writer.query(`create table item (id int primary key, note text)`)
        await writer.query(`insert into item select n, '' from generate_series(1, ${changes}) n`)
        listener.on('notification', ({ payload }) => void caller.call({ id: Number(payload) }))
        await listener.query('listen changed')
        const change = async (_: string, id: number): Promise<void> => {
          await writer.query(
            `update item set note = 'changed' where id = ${id}; notify changed, '${id}'`,
          )
        }
        const latencies = await latenciesOf({ change }, called, lane.model, changes)
        await caller.close()
        return latencies
      }),
    ),
  )

type Load = { readonly changes: number; readonly backlog: number }

const measure = (
  contender: Contender,
  server: PostgresServer,
  called: FunctionProcess,
  { changes, backlog: waiting }: Load,
): Promise<readonly number[]> =>
  withPlace(contender, server, async ({ url }) => {
    const lane = laneOf(called, waiting === 0 ? 0 : backlogDelayMs)
    const running = await contender.open(url, { lanes: [lane], concurrency, timeoutMs })
    await running.fill(1, changes)
    await running.start()
    await running.drained()
    if (waiting > 0) await running.fill(changes + 1, waiting, true)
    const latencies = await latenciesOf(running, called, lane.model, changes)
    await running.close()
    return latencies
  })

const print = (
  title: string,
  results: ReadonlyMap<string, readonly (readonly number[])[]>,
): void => {
  console.log(`\n${title}, ms`)
  for (const [name, rounds] of results) {
    const medians = rounds.map((latencies) => spreadOf(latencies).median)
    const byRound = rounds.length > 1 ? `; p50 by round ${shown(spreadOf(medians))}` : ''
    console.log(`  ${name.padEnd(34)} ${shownQuantiles(rounds.flat())}${byRound}`)
  }
}

/** B3: how long after a change begins its function gets it, when nothing else is to be done and when much is. */
export const runB3 = (rounds: number, isQuick: boolean): Promise<void> =>
  withPostgres(async (server) => {
    const changes = isQuick ? 60 : 120
    const called = await startFunction()
    // pg-boss asks its database twice a second at most, so its figure would be that of its own setting.
    const contenders = [syncstepProcesses, ...contendersAmong([graphileWorker, bullMq])]
    const among = (load: Load) =>
      forEach(contenders, (contender) => measure(contender, server, called, load))
    const idle = await interleaved(rounds, {
      'one commit, NOTIFY, POST': () => limitOf(server, called, changes),
      ...among({ changes, backlog: 0 }),
    })
    print(`B3 change to function, ${rounds * changes} changes`, idle)
    print(
      `B3 change to function while ${backlog} of lower priority are worked off`,
      await interleaved(rounds, among({ changes, backlog })),
    )
    called.stop()
  })

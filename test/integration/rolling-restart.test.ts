import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDispatcher, createHttpCall, type Dispatcher, type Target } from '#dispatcher'
import { realClock } from '../../cli/real-clock.ts'
import { asAdministrator, openTestStore, type TestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const records = 200
const lampModels = `
option name = "lamps";
option app_label = "lamps";

message Lamp (XOSBase) {
  required int32 place = 1;
}
`

let under: TestStore
/** The ids of the events that came. */
const calls: string[] = []
/** Answers of calls under way, while the function takes its time; else it answers at once. */
let withheld: (() => void)[] | undefined

const server = createServer((request, response) => {
  calls.push(String(request.headers['ce-id']))
  request.resume()
  const answer = (): unknown => response.writeHead(204).end()
  if (withheld === undefined) answer()
  else withheld.push(answer)
})

beforeAll(async () => {
  under = await openTestStore()
  await under.load(lampModels, [{ step: 'lamp', model: 'Lamp', include: [] }], 'lamps')
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

type Running = { readonly stop: () => void; readonly over: Promise<void> }

const start = (name: string): Running => {
  const target: Target = {
    step: 'lamp',
    model: 'Lamp',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    timeoutMs: 30_000,
    concurrency: 4,
    deferredDelayMs: 5_000,
    retry: { firstMs: 1_000, capMs: 600_000 },
  }
  const options = { synchronizer: 'lamps', clock: realClock, random: Math.random }
  const nothing = (): void => undefined
  const { call, close } = createHttpCall(options)
  const dispatcher: Dispatcher = createDispatcher({
    ...options,
    name,
    source: under.work,
    targets: [target],
    call,
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  })
  const controller = new AbortController()
  const over = dispatcher.run(controller.signal).then(close)
  return { stop: () => controller.abort(), over }
}

test('each call is made once and none fails, while all dispatchers are replaced one after the other', async () => {
  for (let place = 1; place <= records; place += 1) {
    await asAdministrator(under.store).create('Lamp', { place })
  }
  withheld = []
  let running = [start('lamps-0'), start('lamps-1')]
  for (let number = 2; number < 8; number += 1) {
    const [oldest, ...others] = running
    const waiting = withheld
    await until('calls to be under way', () => waiting.length > 4)
    oldest?.stop()
    withheld = []
    const begun = withheld
    running = [...others, start(`lamps-${number}`)]
    await until('the new one to call', () => begun.length > 0)
    for (const answer of waiting) answer()
    await oldest?.over
  }
  for (const answer of withheld) answer()
  withheld = undefined
  const left = async () =>
    under.database.query(
      `select from record where root = 'Lamp' and (pending or backend_code <> 1)`,
    )
  await until('all to be synced', async () => (await left()).length === 0)
  for (const one of running) one.stop()
  await Promise.all(running.map(({ over }) => over))

  expect(new Set(calls).size).toBe(records)
  expect(calls).toHaveLength(records)
  const outcomes = await under.database.query(
    `select outcome, count(*)::int as count from attempt where root = 'Lamp' group by outcome`,
  )
  expect(outcomes).toEqual([{ outcome: 'synced', count: records }])
})

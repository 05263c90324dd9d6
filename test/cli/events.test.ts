import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Report } from '#contract'
import { administrator, reportOn } from '../support/store.ts'
import { openCliCore } from './cli-core.ts'

let core: Awaited<ReturnType<typeof openCliCore>>

beforeAll(async () => {
  core = await openCliCore()
  await core.work.register({
    name: 'olt',
    version: '1',
    models: [],
    steps: [],
    requiredModels: [],
    eventSteps: [{ step: 'onu' }],
  })
})
beforeEach(() => core.database.query(`delete from delivery`))
afterAll(() => core.close())

/** Events that came and were reported on; answers their ids. */
const add = async (
  count: number,
  outcome: Report['outcome'] = { kind: 'failed', text: 'No such\u001b port', retry: false },
): Promise<readonly number[]> => {
  const events = Array.from({ length: count }, (_, index) => ({
    id: `event ${index}`,
    source: '/voltha',
    type: 'onu.discovered',
    extensions: {},
    data: { port: 7 },
  }))
  await core.store.deliveries.accept(events)
  const want = { model: 'olt/onu', limit: count, kind: 'event' } as const
  const { work } = await core.work.lease('tester', [want])
  await core.work.report(
    'tester',
    work.map((one) => reportOn(one, outcome)),
  )
  return work.map(({ key }) => key.id)
}

const inState = async (state: 'ready' | 'done' | 'dead') =>
  (await core.store.deliveries.list(administrator, { limit: 1000, state })).map(({ id }) => id)

test('events that died are listed, and shown with what is in them', async () => {
  expect((await core.run(['events'])).stdout).toBe('There are no dead events here.\n')
  const [id = 0] = await add(1)

  expect((await core.run(['events'])).stdout).toBe(
    `ID  STEP     STATE  TYPE            EVENT    RECEIVED                  CALLS  STATUS
${String(id).padEnd(2)}  olt/onu  dead   onu.discovered  event 0  2026-01-01T00:00:00.000Z  1      No such  port
`,
  )
  const { stdout } = await core.run(['events', 'show', String(id), '-o', 'json'])
  expect(JSON.parse(stdout)).toMatchObject({
    id,
    state: 'dead',
    received: '2026-01-01T00:00:00.000Z',
    event: { specversion: '1.0', id: 'event 0', data: { port: 7 } },
  })
  const all = await core.run(['events', 'list', '--state', 'all', '--step', 'other', '-o', 'json'])
  expect(JSON.parse(all.stdout)).toEqual([])
})

test('more are listed than fit a page', async () => {
  const ids = await add(230)
  const { stdout } = await core.run(['events', 'list', '--step', 'olt/onu', '-o', 'json'])
  const listed = JSON.parse(stdout) as readonly { readonly id: number }[]
  expect(listed.map(({ id }) => id)).toEqual(ids)
})

test('they run again or are discarded, one by one or all of a step', async () => {
  const [first, second, ...rest] = await add(5)
  const retried = await core.run(['events', 'retry', String(first)])
  const discarded = await core.run(['events', 'discard', String(second)])
  expect(retried.stdout).toBe(`To run now ${first}: event 0 for olt/onu.\n`)
  expect(discarded.stdout).toBe(`Discarded ${second}: event 1 for olt/onu.\n`)
  expect([await inState('ready'), await inState('done')]).toEqual([[first], [second]])

  expect(await core.run(['events', 'retry', '--step', 'onu'])).toMatchObject({ status: 0 })
  expect(await inState('ready')).toEqual([first, ...rest])
})

test.each([
  [['lits'], 2, /Unknown action "lits"\. Did you mean "list"/],
  [['retry'], 2, /Expected ids of events, or --step/],
  [['retry', 'x'], 2, /Expected the id of an event/],
  [['list', '--state', 'gone'], 2, /Expected --state/],
  [['retry', '999999'], 1, /There is no delivery with id 999999/],
])('events %j ends with %i and says why', async (words, status, message) => {
  const answer = await core.run(['events', ...words])
  expect(answer.status).toBe(status)
  expect(answer.stderr).toMatch(message)
})

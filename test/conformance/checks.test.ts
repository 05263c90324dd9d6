import { expect, test } from 'vitest'
import {
  checkNames,
  resultText,
  runChecks,
  type ConformanceOptions,
  type Report,
} from '#conformance'
import { exchangeWith } from '../../cli/http-exchange.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import {
  color,
  dataOf,
  problem,
  recordOf,
  serveColor,
  token,
  type Fault,
} from './color-function.ts'
import { faults } from './faults.ts'

const named = (name: string) => ({ ...color, record: { id: 7, name } })

const samples = { synced: color, deferred: named('later'), refused: named('never') }

const aClock = (): ManualClock => createManualClock(Date.UTC(2026, 0, 31, 12))

const check = (url: string, options: Partial<ConformanceOptions> = {}): Promise<Report> =>
  runChecks({
    url,
    token,
    http: exchangeWith(url),
    clock: aClock(),
    timeoutMs: 30_000,
    process: undefined,
    stop: new AbortController().signal,
    samplesFor: () => Promise.resolve(samples),
    skip: new Set(),
    onResult: () => undefined,
    ...options,
  })

const checkWith = async (fault?: Fault): Promise<Report> => {
  const clock = aClock()
  return check(await serveColor(clock, fault), { clock })
}

const idsOf = ({ results }: Report, verdict: string): readonly string[] =>
  results.filter(({ result }) => result.verdict === verdict).map(({ id }) => id)

const textOf = ({ results }: Report, id: string): string =>
  results
    .filter((result) => result.id === id)
    .map(resultText)
    .join('')

test('a function that keeps the contract passes all that can be seen without its process', async () => {
  const report = await checkWith()

  expect(idsOf(report, 'failed')).toEqual([])
  expect(idsOf(report, 'skipped')).toEqual(['sigterm'])
  expect(report.results.map(({ id }) => id)).toEqual(checkNames.map(({ id }) => id))
})

test.each(Object.entries(faults))(
  'a function that is broken in %s fails that check alone, by a message that names the fault',
  async (id, { fault, told }) => {
    const report = await checkWith(fault())

    expect(idsOf(report, 'failed')).toEqual([id])
    expect(textOf(report, id)).toMatch(told)
  },
)

test('every check has a function that fails it', () => {
  const elsewhere = ['reachable', 'sigterm', 'in-time']

  expect([...Object.keys(faults), ...elsewhere].sort()).toEqual(
    checkNames.map(({ id }) => id).sort(),
  )
})

test('a function that does not answer in time fails, and is told of what', async () => {
  const clock = aClock()
  const url = await serveColor(clock, (received, answer) => {
    if (received.headers['ce-type']?.includes('rename') !== true) return answer(received)
    void clock.advance(30_000)
    return undefined
  })
  const report = await check(url, { clock })

  expect(idsOf(report, 'failed')).toEqual(['unknown-type', 'in-time'])
  expect(textOf(report, 'in-time')).toMatch(
    /Expected an answer to an event of type \S+rename_record\.v1 within 30 s, got none/,
  )
})

test('where nobody answers nothing else is checked', async () => {
  const report = await check('http://127.0.0.1:1/')

  expect(idsOf(report, 'failed')).toEqual(['reachable'])
  expect(textOf(report, 'reachable')).toMatch(
    /Expected GET http:\/\/127\.0\.0\.1:1\/ to be answered, .*, got no answer \(.*\)\.\n +Start the function/,
  )
  expect(idsOf(report, 'skipped')).toHaveLength(checkNames.length - 1)
})

test('a function that does not let the caller in is not checked either', async () => {
  const clock = aClock()
  const report = await check(await serveColor(clock), { clock, token: 'another' })

  expect(idsOf(report, 'failed')).toEqual(['reachable'])
  expect(textOf(report, 'reachable')).toMatch(
    /not with 401 or 403, got HTTP 401: .*\n +Set SYNCSTEP_FUNCTION_TOKEN/,
  )
})

test('what nobody gave a record or a token for is skipped, and how to give it is told', async () => {
  const clock = aClock()
  const url = await serveColor(clock, (received, answer) =>
    answer({ ...received, headers: { ...received.headers, authorization: `Bearer ${token}` } }),
  )
  const samplesFor = () => Promise.resolve({ synced: color })
  const report = await check(url, { clock, token: undefined, samplesFor })

  const nobodyHad = ['retry-after', 'waiting-on']
  const notGiven = ['no-token', 'wrong-token', 'deferred', 'refused', 'sigterm']
  expect(idsOf(report, 'failed')).toEqual([])
  expect(idsOf(report, 'skipped')).toEqual([...notGiven, ...nobodyHad])
  expect(textOf(report, 'deferred')).toMatch(/give one with --deferred/)
})

test('what keeps all syncs from being taken is told once', async () => {
  const report = await checkWith((received, answer) =>
    dataOf(received)['operation'] === 'sync' || received.body.includes('specversion')
      ? problem(500, 'No database')
      : answer(received),
  )
  const failed = idsOf(report, 'failed')

  expect(failed.slice(0, 2)).toEqual(['binary-mode', 'structured-mode'])
  expect(failed).not.toContain('charset')
  expect(textOf(report, 'charset')).toMatch(/takes no event in either mode: see binary-mode/)
})

test('checks that do not count are not made', async () => {
  const clock = aClock()
  const url = await serveColor(clock, faults['wrong-model']?.fault())
  const report = await check(url, { clock, skip: new Set(['wrong-model']) })

  expect(idsOf(report, 'failed')).toEqual([])
  expect(idsOf(report, 'skipped')).toEqual(['wrong-model', 'sigterm'])

  const others = await check(url, { clock, skip: new Set(['binary-mode', 'structured-mode']) })
  expect(idsOf(others, 'failed')).toEqual(['wrong-model'])
})

test('a function that does not describe itself is told where to say what it observes', async () => {
  const report = await checkWith((received, answer) =>
    received.method === 'GET' && received.path === '/'
      ? { status: 404, headers: {}, body: '' }
      : answer(received),
  )

  expect(idsOf(report, 'failed')).toEqual([])
  expect(textOf(report, 'description')).toMatch(/functions\.NAME\.observes/)
})

test('nothing is left of the record in the end', async () => {
  const there = new Set<unknown>()
  await checkWith((received, answer) => {
    const reply = answer(received)
    const { id } = recordOf(received)
    const { operation } = dataOf(received)
    if (reply.status === 200 && operation === 'sync') there.add(id)
    if (operation === 'delete') there.delete(id)
    return reply
  })

  expect([...there]).toEqual([])
})

import { afterEach, beforeAll, expect, test } from 'vitest'
import type { Outcome, Report, Work } from '#contract'
import {
  administrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'

const model = 'HelloWorldService'
const synced: Outcome = { kind: 'synced' }

/** Of the write with that number. */
const traceparent = (number: number): string =>
  `00-${number.toString(16).padStart(32, '0')}-00f067aa0ba902b7-01`

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(helloWorldModels, helloWorldSteps)
})

afterEach(() => under.clear())

/** The records as one reads and writes them whose request belongs to that trace, or to none. */
const within = (trace?: number) =>
  under.store.as(
    trace === undefined ? administrator : { ...administrator, traceparent: traceparent(trace) },
  )

const create = async (trace?: number): Promise<number> => {
  const { fields } = await within(trace).create(model, { name: 'Jhon', hello_from: 'Jhon Snow' })
  return Number(fields['id'])
}

const touch = (id: number, trace?: number) => within(trace).update(model, id, {})

const take = async (): Promise<Work> => {
  const [work] = await under.lease([model])
  if (work === undefined) throw new Error('Nothing is due')
  return work
}

const tell = (work: Work, outcome: Outcome, trace?: string): Promise<unknown> => {
  const report: Report = reportOn(work, outcome)
  return under.work.report('tester', [
    trace === undefined ? report : { ...report, traceparent: trace },
  ])
}

test('a call knows the write that led to it, also when it comes again', async () => {
  await create(1)

  const first = await take()
  await tell(first, { kind: 'deferred', text: 'Later' })
  await under.core.operations.retry(administrator, model, undefined)

  expect(first.traces).toEqual([traceparent(1)])
  expect((await take()).traces).toEqual([traceparent(1)])
})

test('a call knows all writes that came together in it, the last eight at most', async () => {
  const id = await create(1)
  await touch(id)
  for (let number = 2; number <= 9; number += 1) await touch(id, number)
  await touch(id, 9)

  expect((await take()).traces).toEqual([2, 3, 4, 5, 6, 7, 8, 9].map(traceparent))
})

test('a call knows no writes that those before it brought about', async () => {
  const id = await create(1)
  const first = await take()
  await touch(id, 2)
  await tell(first, synced)
  const second = await take()
  await tell(second, synced)
  await touch(id)

  expect(second.traces).toEqual([traceparent(2)])
  expect((await take()).traces).toBeUndefined()
})

test('a delete step knows who asked for it', async () => {
  const id = await create(1)
  await tell(await take(), synced)
  await within(2).remove(model, id)

  expect(await take()).toMatchObject({ operation: 'delete', traces: [traceparent(2)] })
})

test('the trace of each call is told with it, and that of the last one with why', async () => {
  const id = await create()
  const { operations } = under.core
  await tell(await take(), { kind: 'deferred', text: 'Later' }, traceparent(0xabc))
  await operations.retry(administrator, model, id)
  await tell(await take(), synced, 'nonsense')

  expect((await operations.attempts(model, id)).map(({ traceId }) => traceId)).toEqual([
    null,
    'abc'.padStart(32, '0'),
  ])
  await touch(id)
  await tell(await take(), synced, traceparent(0xdef))
  expect(await operations.why(administrator, model, id)).toMatchObject({
    lastTraceId: 'def'.padStart(32, '0'),
  })
})

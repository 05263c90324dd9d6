import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AwaitedState, Outcome, Work } from '#contract'
import {
  administrator,
  asAdministrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'

const service = 'HelloWorldService'
const delayMs = 60_000

let under: TestStore
let records: ReturnType<typeof asAdministrator>
/** The record that waits, and the one that it waits for. */
let waiter: number
let other: number

beforeAll(async () => {
  under = await openTestStore()
  await under.load(helloWorldModels, helloWorldSteps, 'hello-world')
  records = asAdministrator(under.store)
})

const add = async (name: string): Promise<number> =>
  Number((await records.create(service, { name, hello_from: 'me' }))['id'])

beforeEach(async () => {
  await under.clear()
  waiter = await add('waiter')
  other = await add('other')
})

const lease = async (): Promise<ReadonlyMap<number, Work>> =>
  new Map((await under.lease([service])).map((work) => [work.key.id, work]))

const report = async (work: Work | undefined, outcome: Outcome, retryInMs?: number) => {
  if (work === undefined) throw new Error('Expected the record to be due')
  expect(await under.work.report('tester', [reportOn(work, outcome, retryInMs)])).toEqual([])
}

const due = async (): Promise<readonly number[]> => {
  const ids = [...(await lease()).keys()].sort((one, two) => one - two)
  await under.work.leave('tester')
  return ids
}

const on = (state: AwaitedState, id = other): Outcome => ({
  kind: 'deferred',
  text: 'Not yet',
  waitingOn: { model: service, id, state },
})
const synced: Outcome = { kind: 'synced' }
const deferred: Outcome = { kind: 'deferred', text: 'Not yet' }

/** Puts the other one off for longer than the delay, so that only what a test does brings it to anything. */
const putOffOther = async (): Promise<void> => {
  await report((await lease()).get(other), deferred, 2 * delayMs)
  await under.work.leave('tester')
}

const waitFor = async (state: AwaitedState) => {
  await putOffOther()
  await report((await lease()).get(waiter), on(state), delayMs)
  expect(await due()).toEqual([])
}

/** Lets the other one run, and end so. */
const runOther = async (outcome: Outcome) => {
  await under.core.operations.retry(administrator, service, other)
  await report((await lease()).get(other), outcome, 2 * delayMs)
}

describe('a record whose function waits for another one runs again', () => {
  test.each<AwaitedState>(['synced', 'changed'])(
    'at once when that is %s by its step',
    async (state) => {
      await waitFor(state)

      await runOther(synced)

      expect(await due()).toEqual([waiter])
    },
  )

  test('at once when that is edited, if it waits for a change', async () => {
    await waitFor('changed')

    await records.update(service, other, { hello_from: 'you' })

    expect(await due()).toEqual([waiter, other])
  })

  test('at once when a synchronizer of XOS writes that it is synced', async () => {
    await waitFor('synced')

    const { updated } = await records.get(service, other)
    await records.update(service, other, { enacted: updated }, { callerKind: 'synchronizer' })

    expect(await due()).toEqual([waiter])
  })

  test('at once when that is deleted and its delete step is done', async () => {
    await waitFor('deleted')

    await records.remove(service, other)
    const work = await lease()
    expect([...work.keys()]).toEqual([other])
    await report(work.get(other), synced)

    expect(await due()).toEqual([waiter])
  })

  test('at once when that is deleted, if it waits for a change', async () => {
    await waitFor('changed')

    await records.remove(service, other)

    expect(await due()).toEqual([waiter, other])
  })

  test('at once when that is released', async () => {
    await waitFor('deleted')

    await records.remove(service, other)
    await under.core.operations.release(administrator, { model: service, id: other }, 'gone')

    expect(await due()).toEqual([waiter])
  })

  test('after its delay in any case', async () => {
    await waitFor('synced')

    await under.clock.advance(delayMs)

    expect(await due()).toEqual([waiter])
  })
})

describe('a record whose function waits for another one sleeps on', () => {
  test('when only a status is written on that', async () => {
    await waitFor('changed')

    await runOther({ kind: 'failed', text: 'no route', retry: true })
    const status = { backend_status: 'seen' }
    await records.update(service, other, status, { callerKind: 'synchronizer' })

    expect(await due()).toEqual([])
  })

  test('when that is edited, but it waits for it to be synced', async () => {
    await waitFor('synced')

    await records.update(service, other, { hello_from: 'you' })

    expect(await due()).toEqual([other])
  })

  test('when that is deleted, but its delete step is still to come', async () => {
    await waitFor('deleted')

    await records.remove(service, other)

    expect(await due()).toEqual([other])
  })

  test('when its function has said something else since', async () => {
    await waitFor('synced')
    await under.clock.advance(delayMs)
    await report((await lease()).get(waiter), deferred, 10 * delayMs)

    await runOther(synced)

    expect(await due()).toEqual([])
  })

  test.each<AwaitedState>(['synced', 'changed'])(
    'when that was %s before it was called',
    async (state) => {
      await report((await lease()).get(other), synced)
      await under.work.leave('tester')

      await report((await lease()).get(waiter), on(state), delayMs)

      expect(await due()).toEqual([])
    },
  )

  test.each<[string, () => Outcome]>([
    [
      'a model that there is not',
      () => ({ ...deferred, waitingOn: { ...key(1), model: 'Nothing' } }),
    ],
    ['a record that there is not', () => on('synced', 4711)],
    ['itself', () => on('changed', waiter)],
  ])('when it waits for %s', async (_what, outcome) => {
    await putOffOther()
    await report((await lease()).get(waiter), outcome(), delayMs)

    expect(await due()).toEqual([])
  })
})

const key = (id: number) => ({ model: service, id, state: 'synced' }) as const

describe('what happens during the call counts', () => {
  test.each<[AwaitedState, () => Promise<unknown>]>([
    ['synced', () => runOther(synced)],
    ['changed', () => runOther(synced)],
    ['changed', () => records.update(service, other, { hello_from: 'you' })],
  ])('%s: it runs again at once, and then not before its delay', async (state, act) => {
    const work = await lease()
    await report(work.get(other), deferred, 2 * delayMs)
    await act()

    await report(work.get(waiter), on(state), delayMs)

    const again = await lease()
    expect([...again.keys()]).toContain(waiter)
    await report(again.get(waiter), on(state), delayMs)
    expect(await due()).not.toContain(waiter)
  })

  test('in the same batch, too', async () => {
    const work = await lease()
    const [first, second] = [work.get(waiter), work.get(other)]
    if (first === undefined || second === undefined) throw new Error('Expected both to be due')

    await under.work.report('tester', [
      reportOn(first, on('synced'), delayMs),
      reportOn(second, synced),
    ])

    expect(await due()).toEqual([waiter])
  })

  test('a status that was written counts for nothing', async () => {
    const work = await lease()
    await report(work.get(other), deferred, 2 * delayMs)

    await report(work.get(waiter), on('changed'), delayMs)

    expect(await due()).toEqual([])
  })

  test('a record that is gone may have gone during the first call, but not during the next', async () => {
    const gone = on('deleted', 4711)
    const work = await lease()
    await report(work.get(other), synced)
    await report(work.get(waiter), gone, delayMs)

    await report((await lease()).get(waiter), gone, delayMs)

    expect(await due()).toEqual([])
  })
})

test('two that wait for a change of each other do not keep each other awake', async () => {
  const work = await lease()
  await report(work.get(waiter), on('changed', other), delayMs)
  await report(work.get(other), on('changed', waiter), delayMs)
  const again = await lease()
  for (const [id, one] of again)
    await report(one, on('changed', id === waiter ? other : waiter), delayMs)

  expect(await due()).toEqual([])
})

test('the dispatchers are woken when what is waited for has come to its state', async () => {
  await waitFor('synced')
  const { updated } = await records.get(service, other)
  let wakes = 0
  const stop = under.work.onWake(() => {
    wakes += 1
  })

  await records.update(service, other, { enacted: updated }, { callerKind: 'synchronizer' })
  await expect.poll(() => wakes).toBeGreaterThan(0)
  stop()
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyText, type Change, type Key, type Outcome } from '#contract'
import { createDispatcher, type Call } from '#dispatcher'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { createMemorySource, type MemorySource } from '../support/memory-source.ts'
import { createTestLog, key, targetFor } from '../support/started-dispatcher.ts'
import { recordChange } from '../support/record-change.ts'

const models = ['Color', 'Page']
const concurrency = 2
const targets = models.map((model) =>
  targetFor(model, { concurrency, retry: { firstMs: 1_000, capMs: 10_000 } }),
)

const keys = models.flatMap((model) => [1, 2, 3, 4].map((id) => key(model, id)))
const someKey = fc.constantFrom(...keys)

/** Draws that repeat for ever, so that a schedule is the same whenever it is run again. */
const drawsOf = (drawn: readonly number[]) => {
  let index = 0
  return (): number => {
    index += 1
    return drawn[index % drawn.length] ?? 0
  }
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Wraps a call, and fails when a record is called twice at once or a function has too much to do. */
const watched = (call: (change: Change) => Promise<Outcome>) => {
  const mistakes: string[] = []
  const running = new Map<string, string>()

  const watchedCall: Call = async ({ model }, given) => {
    const change = recordChange(given)
    const text = keyText({ model, id: Number(change.record['id']) })
    if (running.has(text)) mistakes.push(`${text} is called twice at once`)
    running.set(text, model)
    const atOnce = [...running.values()].filter((other) => other === model).length
    // Two dispatchers, each with its own limit.
    if (atOnce > 2 * concurrency) mistakes.push(`${model} has ${atOnce} calls at once`)
    try {
      return await call(change)
    } finally {
      running.delete(text)
    }
  }
  return { mistakes, call: watchedCall }
}

const startTwo = (source: MemorySource, clock: ManualClock, random: () => number, call: Call) => {
  const controller = new AbortController()
  const dispatchers = ['one', 'two'].map((name) =>
    createDispatcher({
      name,
      synchronizer: 'paint',
      source,
      targets,
      call,
      clock,
      random,
      log: createTestLog().log,
      leaseAhead: 1,
    }),
  )
  const runs = dispatchers.map((dispatcher) => dispatcher.run(controller.signal))
  return {
    settled: () => Promise.all(dispatchers.map((dispatcher) => dispatcher.settled())),
    stop: async (): Promise<void> => {
      controller.abort()
      await clock.advance(10_000)
      await Promise.all(runs)
    },
  }
}

const unsynced = (source: MemorySource): Key[] => keys.filter((one) => !source.isSynced(one))

const draws = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 1,
  maxLength: 30,
})

test('no wake is lost, wherever it falls: without any time all that was written is synced', async () => {
  const script = fc.array(fc.tuple(someKey, fc.nat(6)), { minLength: 1, maxLength: 40 })

  await fc.assert(
    fc.asyncProperty(script, draws, async (writes, drawn) => {
      const random = drawsOf(drawn)
      const clock = createManualClock()
      const source = createMemorySource(clock)
      const someTurns = () => turns(Math.floor(random() * 5))
      source.setDelay(someTurns)
      const { call, mistakes } = watched(async () => {
        await someTurns()
        return { kind: 'synced' }
      })
      const { settled, stop } = startTwo(source, clock, random, call)

      for (const [one, pause] of writes) {
        source.write(one)
        await turns(pause)
      }
      // One dispatcher may still hold what the other is told of.
      await settled()
      await settled()

      expect(mistakes).toEqual([])
      expect(unsynced(source)).toEqual([])
      await stop()
    }),
    { numRuns: 2_500 },
  )
})

const outcomes: readonly Outcome[] = [
  { kind: 'synced' },
  { kind: 'synced' },
  { kind: 'deferred', text: 'Maybe later' },
  { kind: 'in-progress', text: 'Booting', retryAfterMs: 700 },
  { kind: 'failed', text: 'Maybe not', retry: true },
  { kind: 'target-busy', text: 'busy', retryAfterMs: 2_000 },
  { kind: 'target-down', text: 'refused' },
  { kind: 'target-misconfigured', text: 'refused' },
]

type Action =
  | { readonly kind: 'write'; readonly key: Key }
  | { readonly kind: 'remove'; readonly key: Key }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'outage'; readonly on: boolean }

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('write' as const), key: someKey }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), key: someKey }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(4_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('outage' as const), on: fc.boolean() }) },
)

test('whatever goes wrong, nothing is lost and no record is called twice at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 30 }), draws, async (actions, drawn) => {
      const random = drawsOf(drawn)
      const clock = createManualClock()
      const source = createMemorySource(clock)
      let faults = true
      const someTime = (): Promise<void> =>
        random() < 0.5
          ? turns(Math.floor(random() * 3))
          : new Promise((resolve) => void clock.after(random() * 300, resolve))
      source.setDelay(() => (faults ? someTime() : Promise.resolve()))
      const { call, mistakes } = watched(async () => {
        if (!faults) return { kind: 'synced' }
        await someTime()
        return outcomes[Math.floor(random() * outcomes.length)] ?? { kind: 'synced' }
      })
      const { stop } = startTwo(source, clock, random, call)

      for (const one of actions) {
        if (one.kind === 'write') source.write(one.key)
        else if (one.kind === 'remove') source.remove(one.key)
        else if (one.kind === 'outage') source.setOutage(one.on ? new Error('gone') : undefined)
        else await clock.advance(one.ms)
      }
      faults = false
      source.setOutage(undefined)
      // Longer than any back-off.
      await clock.advance(31_000)

      expect(mistakes).toEqual([])
      expect(unsynced(source)).toEqual([])
      await stop()
    }),
    { numRuns: 1_000 },
  )
})

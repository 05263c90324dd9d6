import fc from 'fast-check'
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { Outcome } from '#contract'
import { openTestStore, type TestStore } from '../support/store.ts'
import { createWorld, modelNames, shelfModels, shelfSteps, type Action } from './schedule.ts'

/**
 * `npm run test:long` explores many more schedules, other ones each time; a failing one is printed, shrunk, with its
 * seed. The quick form runs the same schedules each time, so that it judges the change and not the dice.
 */
const isLong = process.env['SYNCSTEP_LONG'] !== undefined
// A server is several times as slow as PGlite at statements one after the other.
const quickRuns = process.env['SYNCSTEP_TEST_ENGINE'] === 'postgres' ? 60 : 300
const runs = isLong ? 5_000 : quickRuns
const seed = isLong ? {} : { seed: 20_261_122 }

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(shelfModels, shelfSteps, 'shelves')
})

afterEach(() => under.clear())

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'synced' } as const) },
  fc.constant({ kind: 'deferred', text: 'Maybe later' } as const),
  fc.constant({ kind: 'in-progress', text: 'started' } as const),
  fc.boolean().map((retry) => ({ kind: 'failed', text: 'Maybe not', retry }) as const),
  fc.constant({ kind: 'target-busy', text: 'busy', retryAfterMs: 3_000 } as const),
  fc.constant({ kind: 'target-down', text: 'down' } as const),
)

const pick = fc.nat({ max: 20 })

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      model: fc.constantFrom(...modelNames),
      pick,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('edit' as const), pick, value: fc.nat({ max: 99 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), pick }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('answer' as const), pick, outcome }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 500, 1_000, 5_000, 11_000, 60_000),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'replace' } as const) },
)

const schedule = fc.array(action, { minLength: 10, maxLength: 40 })

test(
  `over ${runs} random schedules of writes, answers, waits and lost dispatchers: one call a record at a time, ` +
    'no change lost, no status write that dirties, dependencies first, deletes in reverse and only after a sync',
  { timeout: 1_500_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(schedule, async (actions) => {
        await under.clear()
        expect(await createWorld(under).run(actions)).toEqual([])
      }),
      { ...seed, numRuns: runs, endOnFailure: false, interruptAfterTimeLimit: 1_400_000 },
    )
  },
)

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyEngine, copyWithMistake, type EngineCopy } from './engine-copy.ts'
import { mutations } from './mutations.ts'
import { runSimulations, type Line } from './run-simulations.ts'

const isLong = process.env['SYNCSTEP_LONG'] !== undefined
const seeds = isLong ? 20_000 : 1_000
/** Simulations of one process, of which two run at once. */
const portion = 500
const quickSeeds = 2_000

let engine: EngineCopy

beforeAll(async () => {
  engine = await copyEngine()
})

afterAll(() => engine.remove())

/** The lines of all portions, in order of their seeds. */
const simulateAll = async (): Promise<readonly Line[]> => {
  const portions: (readonly Line[])[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next * portion < seeds) {
      const index = next
      next += 1
      portions[index] = await runSimulations(engine, { from: 1 + index * portion, count: portion })
    }
  }
  await Promise.all([work(), work()])
  return portions.flat()
}

const failures = (lines: readonly Line[]): readonly string[] =>
  lines.flatMap(({ seed, breaches: [first] }) =>
    first === undefined ? [] : [`npm run simulate -- --seed ${seed}: ${first}`],
  )

describe(`over ${seeds} simulations of writes, faulty functions, and cores and dispatchers that die`, () => {
  test(
    'one call a record at a time, no change is lost, no status write dirties, dependencies come first, deletes go ' +
      'in reverse and only after a sync, a dead function delays only its own, and each seed replays exactly',
    { timeout: 7_000_000 },
    async () => {
      const lines = await simulateAll()
      expect(lines).toHaveLength(seeds)
      expect(failures(lines)).toEqual([])

      // Another process, which has other simulations behind it.
      const again = await runSimulations(engine, { from: portion - 5, count: 5 })
      const digests = lines.slice(portion - 6, portion - 1).map(({ digest }) => digest)
      expect(again.map(({ digest }) => digest)).toEqual(digests)
    },
  )
})

describe('a simulation fails when the engine', () => {
  test.each(mutations.map((mutation) => [mutation.means, mutation] as const))(
    '%s',
    async (_means, mutation) => {
      const mistaken = await copyWithMistake(engine, mutation)
      try {
        const lines = await runSimulations(mistaken, {
          from: 1,
          count: quickSeeds,
          untilBreach: true,
        })
        expect(failures(lines)).toHaveLength(1)
      } finally {
        await mistaken.remove()
      }
    },
  )
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCoreProcess, stopCore, type CoreProcess } from '../support/core-process.ts'
import { newPostgresDatabase } from '../support/database.ts'
import { makeDataFolder } from '../support/made-pglite.ts'
import { see, wrongIn } from './groups.ts'
import { write, type Ledger } from './writers.ts'

/** `npm run test:long` kills it two hundred times, at other moments each time. */
const isLong = process.env['SYNCSTEP_LONG'] !== undefined
const kills = isLong ? 200 : 3
const writers = 4

/** After how many answers each kill comes; the quick form has the same ones each time. */
const answersBefore = (kill: number): number =>
  isLong ? 1 + Math.floor(Math.random() * 40) : 3 + kill * 11

let folder: string
let data: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'syncstep-faults-'))
  data =
    process.env['SYNCSTEP_TEST_ENGINE'] === 'postgres'
      ? await newPostgresDatabase()
      : await makeDataFolder(path.join(folder, 'data'))
})

afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))

const names = (kill: number, writer: number) => ({
  own: `k${kill}w${writer}n`,
  shared: `k${kill}shared`,
})

/** Lets writers at the core and kills it in the middle of what they write. */
const disturb = async (core: CoreProcess, kill: number): Promise<Ledger> => {
  const ledger: Ledger = { groups: [], won: [], unexpected: [] }
  const limit = answersBefore(kill)
  let answers = 0
  const acknowledged = (): void => {
    answers += 1
    if (answers === limit) core.program.kill('SIGKILL')
  }
  await Promise.allSettled(
    Array.from({ length: writers }, (_, writer) =>
      write(core, names(kill, writer), ledger, acknowledged),
    ),
  )
  expect(answers).toBeGreaterThanOrEqual(limit)
  expect(await core.program.exit).toBe('SIGKILL')
  return ledger
}

const repeated = (values: readonly string[]): readonly string[] =>
  values.filter((value, n) => values.indexOf(value) !== n)

test(
  `killed ${kills} times in the middle of writes, the core has every acknowledged one, no half of a recipe or of a ` +
    'cascade, and no unique name twice',
  { timeout: 120_000 + kills * 30_000 },
  async () => {
    let core = await startCoreProcess({ data })
    try {
      for (let kill = 0; kill < kills; kill += 1) {
        const { groups, won, unexpected } = await disturb(core, kill)
        core = await startCoreProcess({ data })
        const seen = await see(core)
        const services = seen.services.map(({ name }) => String(name))
        expect(unexpected).toEqual([])
        expect(wrongIn(groups, seen)).toEqual([])
        expect(repeated(services)).toEqual([])
        expect(services).toEqual(expect.arrayContaining(won))
        expect(repeated(won)).toEqual([])
      }
    } finally {
      await stopCore(core)
    }
  },
)

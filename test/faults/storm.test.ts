import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createDice } from '../simulation/dice.ts'
import { newPostgresDatabase } from '../support/database.ts'
import { standStorm } from './storm.ts'
import { lost, tooEarly, unexplained, unrefused } from './wrongs.ts'

/** `npm run test:faults` lets it storm for a minute over 20 000 records, with another seed each time. */
const isLong = process.env['SYNCSTEP_LONG'] !== undefined
const seed = isLong ? Date.now() % 100_000_000 : 20_261_122
const small = {
  size: { farms: 12, middles: 2, leaves: 2 },
  kills: 8,
  everyMs: 700,
  stills: 0,
  settleMs: 90_000,
}
const large = {
  size: { farms: 103, middles: 5, leaves: 6 },
  kills: 60,
  everyMs: 1_000,
  stills: 2,
  settleMs: 400_000,
}
const options = isLong ? large : small

/** Enough to understand, and few enough to read. */
const some = (sentences: readonly string[]): readonly string[] => sentences.slice(0, 20)

test(
  `seed ${seed}: while a core, dispatchers and functions are killed ${options.kills} times, no change is lost, no record ` +
    'goes before what it waits for, and only the calls of the killed are made again',
  { timeout: 900_000 },
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'syncstep-storm-'))
    onTestFinished(async ({ task }) => {
      if (task.result?.state === 'fail') console.error(`What was noted and logged: ${folder}`)
      else await rm(folder, { recursive: true, force: true })
    })
    const storm = await standStorm({
      ...options,
      folder,
      data: await newPostgresDatabase(),
      dice: createDice(seed),
    })

    expect(storm.fallen).toEqual([])
    expect(some(storm.unexpected)).toEqual([])
    expect(some(lost(storm))).toEqual([])
    expect(some(tooEarly(storm))).toEqual([])
    expect(some(unexplained(storm))).toEqual([])
    expect(some(unrefused(storm))).toEqual([])
    expect(storm.takenTwice).toEqual([])
  },
)

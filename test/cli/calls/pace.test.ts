import { expect, test } from 'vitest'
import { mostAtOnce, paced } from '../../../cli/calls/pace.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const never = new AbortController().signal

test('with a rate each begins at its time, whether those before have ended or not', async () => {
  const clock = createManualClock()
  const begun: number[] = []
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  const over = paced(
    { count: 4, perSecond: 10, clock },
    () => {
      begun.push(clock.now())
      return released
    },
    never,
  )
  await clock.advance(1_000)
  expect(begun).toEqual([0, 100, 200, 300])

  release()
  await over
})

test('no more are under way at once than may be', async () => {
  const clock = createManualClock()
  let underWay = 0
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  const over = paced(
    { count: mostAtOnce + 10, perSecond: 1_000, clock },
    () => {
      underWay += 1
      return released
    },
    never,
  )
  await clock.advance(1_000)
  expect(underWay).toBe(mostAtOnce)

  release()
  await clock.advance(1_000)
  await over
  expect(underWay).toBe(mostAtOnce + 10)
})

test('without a rate one begins when the one before has ended', async () => {
  const clock = createManualClock()
  const told: string[] = []
  await paced(
    { count: 2, perSecond: undefined, clock },
    async (index) => {
      told.push(`begin ${index}`)
      await Promise.resolve()
      told.push(`end ${index}`)
    },
    never,
  )
  expect(told).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1'])
})

test('nothing is begun any more once it shall stop, or something has gone wrong', async () => {
  const clock = createManualClock()
  const stop = new AbortController()
  const begun: number[] = []
  const pace = { count: 5, perSecond: undefined, clock }
  await paced(
    pace,
    async (index) => {
      begun.push(index)
      if (index === 1) stop.abort()
    },
    stop.signal,
  )
  expect(begun).toEqual([0, 1])

  const wrong = paced(pace, () => Promise.reject(new Error('disk full')), never)
  await expect(wrong).rejects.toThrow('disk full')
})

import type { Random } from '#contract'
import type { Fault } from './settings.ts'

/** The same numbers for the same seed, which is taken as 32 bits (mulberry32). */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What befalls the next request; undefined: nothing. Each fault is rolled for, in order, until one comes about. */
export const nextFault = (faults: readonly Fault[], random: Random): Fault | undefined =>
  faults.find(({ probability }) => random() < probability)

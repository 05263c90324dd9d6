import type { Random } from '#contract'

/** Everything that is left to chance in one simulation; the same seed falls the same way each time. */
export type Dice = {
  readonly random: Random
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T | undefined
  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name
}

/** Mulberry32: small, and good enough to choose between faults. */
const createRandom = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const createDice = (seed: number): Dice => {
  const random = createRandom(seed)
  const between = (least: number, most: number): number =>
    least + Math.floor(random() * (most - least + 1))

  return {
    random,
    between,
    chance: (probability) => random() < probability,
    pick: (from) => from[between(0, from.length - 1)],
    weighted<Name extends string>(weights: Readonly<Record<Name, number>>) {
      const entries = Object.entries(weights) as [Name, number][]
      let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      const found = entries.find(([, weight]) => (left -= weight) < 0) ?? entries[0]
      if (found === undefined) throw new Error('Expected something to choose from')
      return found[0]
    },
  }
}

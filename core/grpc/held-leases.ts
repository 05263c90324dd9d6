import { keyText, type Key } from '#contract'

type Held = { readonly key: Key; readonly token: number }

/** What was leased over one stream and has not been reported. */
export type HeldLeases = {
  take(work: readonly Held[]): void
  settle(reports: readonly Held[]): void
  tokens(): readonly number[]
}

export const createHeldLeases = (): HeldLeases => {
  // By token, for all records of one lease have the same.
  const held = new Map<number, Set<string>>()
  return {
    take(work) {
      for (const { key, token } of work) {
        held.set(token, (held.get(token) ?? new Set()).add(keyText(key)))
      }
    },
    settle(reports) {
      for (const { key, token } of reports) {
        const keys = held.get(token)
        keys?.delete(keyText(key))
        if (keys?.size === 0) held.delete(token)
      }
    },
    tokens: () => [...held.keys()],
  }
}

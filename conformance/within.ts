import type { Clock } from '#contract'

/** Resolves after `ms`. */
export const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve)
  })

/** What comes of it within `ms`; undefined when nothing does. Rejects as it does. */
export const within = async <T>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
): Promise<T | undefined> => {
  let cancel: (() => void) | undefined
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.after(ms, () => resolve(undefined))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    cancel?.()
  }
}

import type { Clock } from '#contract'
import { setBounded } from './bounded.ts'

export type FailureLimitOptions = {
  readonly clock: Pick<Clock, 'now'>
  /** Failures of one key within one window after which it has to wait. */
  readonly failures: number
  readonly windowMs: number
  /** Keys remembered; the oldest is forgotten first. */
  readonly keys: number
}

/** Counts failures by key in windows that start with the first failure. */
export type FailureLimit = {
  /** Milliseconds until the key may try again; 0 when it may now. */
  waitMs(key: string): number
  failed(key: string): void
}

export const createFailureLimit = (options: FailureLimitOptions): FailureLimit => {
  const { clock, failures, windowMs, keys } = options
  const windows = new Map<string, { readonly count: number; readonly endsAt: number }>()

  const current = (key: string) => {
    const window = windows.get(key)
    return window !== undefined && window.endsAt > clock.now() ? window : undefined
  }

  return {
    waitMs(key) {
      const window = current(key)
      return window !== undefined && window.count >= failures ? window.endsAt - clock.now() : 0
    },

    failed(key) {
      const window = current(key) ?? { count: 0, endsAt: clock.now() + windowMs }
      setBounded(windows, key, { ...window, count: window.count + 1 }, keys)
    },
  }
}

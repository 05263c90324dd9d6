import type { Outcome } from '#contract'
import type { Observer, TargetState } from '#dispatcher'

/** What the calls of one step came to since the program began. */
export type Calls = {
  readonly calls: number
  readonly failures: number
  /** What the last one answered; undefined before it. */
  readonly last: string | undefined
}

/** Follows what dispatchers do, step by step. */
export type Progress = {
  readonly observer: Observer
  readonly callsOf: (step: string) => Calls
  /** Each target once, with the calls of all dispatchers that still have some. */
  readonly targets: () => readonly TargetState[]
}

const none: Calls = { calls: 0, failures: 0, last: undefined }

const textOf = (outcome: Outcome): string => {
  const said = 'text' in outcome ? outcome.text : (outcome.note ?? '')
  return said === '' ? outcome.kind : `${outcome.kind}: ${said}`
}

export const createProgress = (): Progress => {
  const calls = new Map<string, Calls>()
  /** Of the dispatchers that run, in the order in which they began. */
  const running = new Set<() => readonly TargetState[]>()
  const callsOf = (step: string): Calls => calls.get(step) ?? none

  return {
    callsOf,
    targets() {
      const byStep = new Map<string, TargetState>()
      for (const state of [...running].flatMap((states) => states())) {
        const { step } = state.target
        byStep.set(step, { ...state, active: state.active + (byStep.get(step)?.active ?? 0) })
      }
      return [...byStep.values()]
    },
    observer: {
      started(states) {
        running.add(states)
        return () => running.delete(states)
      },
      leased: () => undefined,
      called({ step }, outcome) {
        const before = callsOf(step)
        calls.set(step, {
          calls: before.calls + 1,
          failures: before.failures + (outcome.kind === 'failed' ? 1 : 0),
          last: textOf(outcome),
        })
      },
      synced: () => undefined,
      refused: () => undefined,
    },
  }
}

/** Tells both. */
export const bothObservers = (one: Observer, other: Observer): Observer => ({
  started(states) {
    const stops = [one.started(states), other.started(states)]
    return () => {
      for (const stop of stops) stop()
    }
  },
  leased(target, records) {
    one.leased(target, records)
    other.leased(target, records)
  },
  called(target, outcome, durationMs) {
    one.called(target, outcome, durationMs)
    other.called(target, outcome, durationMs)
  },
  synced(model, sinceChangeMs) {
    one.synced(model, sinceChangeMs)
    other.synced(model, sinceChangeMs)
  },
  refused(reports) {
    one.refused(reports)
    other.refused(reports)
  },
})

import type { StepOutcome } from './step-outcome.ts'

/** What a function counts of its calls. Written by hand: a library for it would take longer to load than the function. */
export type CallMetrics = {
  /** A step begins its work. */
  began(): void
  /** It has ended after so many milliseconds. */
  ended(outcome: StepOutcome, tookMs: number): void
  /** All of it, as Prometheus reads it. */
  text(): string
}

const secondsUpTo = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const

const quoted = (value: string): string =>
  `"${value.replace(/[\\"]/g, (character) => `\\${character}`).replaceAll('\n', '\\n')}"`

const head = (name: string, type: string, help: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`

/** What failed for good is told apart from what comes again. */
const labelOf = (outcome: StepOutcome): string =>
  outcome.kind === 'failed' && !outcome.retry ? 'refused' : outcome.kind

/** @param step name of the function, a label of all that is counted */
export const createCallMetrics = (step: string): CallMetrics => {
  const calls = new Map<string, number>()
  const within = secondsUpTo.map(() => 0)
  const label = `step=${quoted(step)}`
  let inFlight = 0
  let seconds = 0
  let ended = 0

  const callLines = (): string =>
    [...calls]
      .map(([outcome, count]) => {
        const labels = `${label},outcome=${quoted(outcome)}`
        return `syncstep_function_calls_total{${labels}} ${count}\n`
      })
      .join('')

  const bucketLines = (): string => {
    let sum = 0
    const counts = within.map((count) => (sum += count))
    return [...secondsUpTo, '+Inf']
      .map((most, index) => {
        const labels = `${label},le=${quoted(String(most))}`
        return `syncstep_function_call_duration_seconds_bucket{${labels}} ${counts[index] ?? ended}\n`
      })
      .join('')
  }

  return {
    began() {
      inFlight += 1
    },

    ended(outcome, tookMs) {
      const kind = labelOf(outcome)
      const took = tookMs / 1_000
      const bucket = secondsUpTo.findIndex((most) => took <= most)
      inFlight -= 1
      ended += 1
      seconds += took
      calls.set(kind, (calls.get(kind) ?? 0) + 1)
      if (bucket >= 0) within[bucket] = (within[bucket] ?? 0) + 1
    },

    text: () =>
      [
        head('syncstep_function_calls_total', 'counter', 'Calls by what came of them'),
        callLines(),
        head('syncstep_function_call_duration_seconds', 'histogram', 'How long calls took'),
        bucketLines(),
        `syncstep_function_call_duration_seconds_sum{${label}} ${seconds}\n`,
        `syncstep_function_call_duration_seconds_count{${label}} ${ended}\n`,
        head('syncstep_function_calls_in_flight', 'gauge', 'Calls that go on'),
        `syncstep_function_calls_in_flight{${label}} ${inFlight}\n`,
      ].join(''),
  }
}

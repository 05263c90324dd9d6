import { durationMs } from '#contract'
import type { Flags, Input } from '../command.ts'
import { UsageError } from '../usage-error.ts'

export const deadlineFlag: Flags = {
  timeout: {
    kind: 'text',
    help: 'The deadline that the function is told, and how long it is waited for; a core as well',
    value: 'DURATION',
    default: '30s',
    variable: 'SYNCSTEP_TIMEOUT',
  },
}

/** In milliseconds. @throws UsageError for a word that is no duration. */
export const deadlineFrom = (input: Input): number => {
  const text = input.text('timeout') ?? ''
  const timeoutMs = durationMs(text)
  if (timeoutMs !== undefined && timeoutMs > 0) return timeoutMs
  throw new UsageError(`Expected --timeout to be a duration such as 30s, got "${text}".`)
}

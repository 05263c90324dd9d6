import type { Clock, Credentials } from '#contract'
import { describeFunction, type Ask, type Description } from './describe.ts'
import type { Log } from './log.ts'
import { sleep } from './sleep.ts'

export type AwaitDescriptionOptions = Credentials & {
  readonly step: string
  readonly url: string
  readonly ask: Ask
  readonly clock: Clock
  readonly log: Log
}

const retryDelayMs = (failures: number): number => Math.min(30_000, 250 * 2 ** failures)

/**
 * Asks a function that is started elsewhere what it observes, until it says so. Undefined when the signal fired first.
 */
export const awaitDescription = async (
  { step, url, token, secret, ask, clock, log }: AwaitDescriptionOptions,
  signal: AbortSignal,
): Promise<Description | undefined> => {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      return await describeFunction(ask, { url, token, secret }, signal)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (failures === 0) log.warn({ step, url, reason }, 'Waiting for a function')
      await sleep(clock, retryDelayMs(failures), signal)
    }
  }
  return undefined
}

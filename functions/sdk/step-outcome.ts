import type { Outcome } from '#contract'
import { DeferredException, InProgressException, TerminalException } from './exceptions.ts'
import type { Log } from './log.ts'
import type { MaybeLater } from './step.ts'

/** What can come of a step by itself; the other outcomes are about its target. */
export type StepOutcome = Extract<
  Outcome,
  { kind: 'synced' | 'in-progress' | 'deferred' | 'failed' }
>

/** A value that is none of those expected, for people. */
export const nameOf = (value: unknown): string =>
  Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`

const textOf = (thrown: unknown): string => {
  if (thrown instanceof Error) return thrown.message || thrown.name
  return typeof thrown === 'string' ? thrown : `The step threw ${nameOf(thrown)}, not an Error`
}

/**
 * Turns whatever a step threw into an outcome:
 *
 * - InProgressException: in progress, with its delay if it has one
 * - DeferredException: deferred, with its delay and what it waits for, if it has them
 * - TerminalException: failed, not to be tried again
 * - anything else: failed, to be tried again
 */
const outcomeOfThrown = (thrown: unknown): StepOutcome => {
  const text = textOf(thrown)
  if (thrown instanceof DeferredException) {
    const { retryAfterMs, waitingOn } = thrown
    return {
      kind: thrown instanceof InProgressException ? 'in-progress' : 'deferred',
      text,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(waitingOn === undefined ? {} : { waitingOn }),
    }
  }
  return { kind: 'failed', text, retry: !(thrown instanceof TerminalException) }
}

const isDecision = (thrown: unknown): boolean =>
  thrown instanceof DeferredException || thrown instanceof TerminalException

/** What came of a step's work. Never rejects. Unexpected errors go to the log with their stack. */
export const outcomeOf = async (
  context: { readonly log: Log },
  work: () => MaybeLater<StepOutcome>,
): Promise<StepOutcome> => {
  try {
    return await work()
  } catch (thrown) {
    if (!isDecision(thrown)) context.log.error({ err: thrown }, 'Step threw an error')
    return outcomeOfThrown(thrown)
  }
}

/** As {@link outcomeOf}, for a method that has nothing to answer because it writes by itself. */
export const outcomeOfMethod = (
  context: { readonly log: Log },
  method: string,
  call: () => unknown,
): Promise<StepOutcome> =>
  outcomeOf(context, async () => {
    const returned = await call()
    if (returned === undefined || returned === null) return { kind: 'synced' }
    throw new TypeError(
      `Expected ${method} to return nothing, got ${nameOf(returned)}. Write records with the client of its context`,
    )
  })

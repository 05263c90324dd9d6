import type { Fields, Outcome } from '#contract'
import { DeferredException, InProgressException, TerminalException } from './exceptions.ts'
import { recordView } from './record-view.ts'
import type { Step, StepContext } from './step.ts'

/** What can come of a step by itself; the other outcomes are about its target. */
export type StepOutcome = Extract<
  Outcome,
  { kind: 'synced' | 'in-progress' | 'deferred' | 'failed' }
>

const isPlainObject = (value: unknown): value is Fields => {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const nameOf = (value: unknown): string =>
  Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`

/** Undefined when the step returned nothing. What JSON cannot carry is the step's mistake, and said here. */
const feedbackOf = (returned: unknown, method: string): Fields | undefined => {
  if (returned === undefined || returned === null) return undefined
  if (!isPlainObject(returned)) {
    throw new TypeError(
      `Expected ${method} to return nothing or an object of feedback fields, got ${nameOf(returned)}`,
    )
  }
  return JSON.parse(JSON.stringify(returned)) as Fields
}

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

/** Lets the step do its work on one change. Never rejects. Unexpected errors go to the log with their stack. */
export const runChange = async <R>(step: Step<R>, context: StepContext): Promise<StepOutcome> => {
  const { change } = context
  const method = change.operation === 'sync' ? 'sync_record' : 'delete_record'
  try {
    // The author of the step says what its records look like; the model's xproto is what makes it true.
    const o = recordView(change) as unknown as R
    const feedback = feedbackOf(await step[method](o, context), method)
    return feedback === undefined ? { kind: 'synced' } : { kind: 'synced', feedback }
  } catch (thrown) {
    if (!isDecision(thrown)) context.log.error({ err: thrown }, 'Step threw an error')
    return outcomeOfThrown(thrown)
  }
}

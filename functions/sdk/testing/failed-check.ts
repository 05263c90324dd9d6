import { AssertionError } from 'node:assert'

type Check = {
  readonly message: string
  readonly actual?: unknown
  readonly expected?: unknown
  /** What the step threw. */
  readonly cause?: unknown
  /** The function that the test called: the stack begins where it did so. */
  readonly from: (...parameters: never[]) => unknown
}

/** What runners tell of as a failed check, and not as a fault of the test. */
export const failedCheck = ({ message, actual, expected, cause, from }: Check): AssertionError => {
  const error = new AssertionError({
    message,
    actual,
    expected,
    operator: from.name,
    stackStartFn: from,
  })
  return cause === undefined ? error : Object.assign(error, { cause })
}

import type { Fields, Outcome } from '#contract'
import { differences } from './differences.ts'
import { failedCheck } from './failed-check.ts'
import type { Run } from './run-step.ts'

type OutcomeOf<Kind extends Outcome['kind']> = Extract<Outcome, { readonly kind: Kind }>

/** The whole text, or a pattern that is found in it. */
export type ExpectedText = string | RegExp

type Expectation = {
  readonly from: (...parameters: never[]) => unknown
  /** Ends the sentence "Expected the step to ...". */
  readonly to: string
}

/** What came of a step, as the rest of a sentence that begins with "it". */
export const toldOutcome = (outcome: Outcome): string => {
  switch (outcome.kind) {
    case 'synced':
      return outcome.feedback === undefined
        ? 'succeeded'
        : `succeeded, with the feedback ${JSON.stringify(outcome.feedback)}`
    case 'deferred':
      return `deferred: ${outcome.text}`
    case 'in-progress':
      return `said that it has begun: ${outcome.text}`
    case 'failed':
      return `failed${outcome.retry ? '' : ' for good'}: ${outcome.text}`
    case 'target-busy':
    case 'target-down':
    case 'target-misconfigured':
      return `could not be called: ${outcome.text}`
  }
}

/** The error that a step threw by mistake. */
export const thrownBy = ({ logs }: Pick<Run, 'logs'>): unknown =>
  logs.findLast(({ level, fields }) => level === 'error' && fields['err'] instanceof Error)?.fields[
    'err'
  ]

/** The outcome, if it is of that kind. */
const outcomeOf = <Kind extends Outcome['kind']>(
  run: Run,
  kind: Kind,
  { from, to }: Expectation,
): OutcomeOf<Kind> => {
  const { outcome } = run
  if (outcome.kind === kind) return outcome as OutcomeOf<Kind>
  throw failedCheck({
    message: `Expected the step to ${to}, but it ${toldOutcome(outcome)}`,
    actual: outcome.kind,
    expected: kind,
    cause: thrownBy(run),
    from,
  })
}

const matches = (text: string, expected: ExpectedText): boolean =>
  typeof expected === 'string' ? text === expected : expected.test(text)

const checkText = (
  { text }: { readonly text: string },
  expected: ExpectedText | undefined,
  { from, to }: Expectation,
): void => {
  if (expected === undefined || matches(text, expected)) return
  const wanted = typeof expected === 'string' ? JSON.stringify(expected) : String(expected)
  throw failedCheck({
    message: `Expected the step to ${to} with the text ${wanted}, got ${JSON.stringify(text)}`,
    actual: text,
    expected,
    from,
  })
}

/**
 * The step has done what it was called for; when feedback is given, with exactly that. Answers the feedback.
 *
 * @throws AssertionError that says what came of the step instead.
 */
export const expectSynced = (run: Run, feedback?: Fields): Fields => {
  const from = expectSynced
  const actual = outcomeOf(run, 'synced', { from, to: 'succeed' }).feedback ?? {}
  const found = feedback === undefined ? [] : differences(feedback, actual)
  if (found.length === 0) return actual
  const message = `Expected the step to answer other feedback:\n  ${found.join('\n  ')}`
  throw failedCheck({ message, actual, expected: feedback, from })
}

/**
 * The step threw a DeferredException; when a text is given, with that. Answers the outcome, with `retryAfterMs` and
 * `waitingOn` if it has them.
 *
 * @throws AssertionError that says what came of the step instead.
 */
export const expectDeferred = (run: Run, text?: ExpectedText): OutcomeOf<'deferred'> => {
  const expectation = { from: expectDeferred, to: 'defer' }
  const outcome = outcomeOf(run, 'deferred', expectation)
  checkText(outcome, text, expectation)
  return outcome
}

/**
 * The step threw an InProgressException; when a text is given, with that. Answers the outcome.
 *
 * @throws AssertionError that says what came of the step instead.
 */
export const expectInProgress = (run: Run, text?: ExpectedText): OutcomeOf<'in-progress'> => {
  const expectation = { from: expectInProgress, to: 'say that it has begun' }
  const outcome = outcomeOf(run, 'in-progress', expectation)
  checkText(outcome, text, expectation)
  return outcome
}

/**
 * The step threw another error; when a text is given, with that. Answers the outcome, in which `retry` is false after a
 * TerminalException.
 *
 * @throws AssertionError that says what came of the step instead.
 */
export const expectFailed = (run: Run, text?: ExpectedText): OutcomeOf<'failed'> => {
  const expectation = { from: expectFailed, to: 'fail' }
  const outcome = outcomeOf(run, 'failed', expectation)
  checkText(outcome, text, expectation)
  return outcome
}

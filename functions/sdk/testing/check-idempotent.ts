import type { Fields, Outcome } from '#contract'
import type { AnySyncStep } from '../any-step.ts'
import type { MaybeLater } from '../step.ts'
import { differences } from './differences.ts'
import { thrownBy, toldOutcome } from './expectations.ts'
import { failedCheck } from './failed-check.ts'
import { recordBackend, type BackendCall } from './recorded-backend.ts'
import { runStep, type RunOptions } from './run-step.ts'

export type IdempotencyCheck<Backend extends object> = {
  /** A new backend, in the same state each time. */
  readonly backend: () => MaybeLater<Backend>
  /** The step as it works on that backend. */
  readonly step: (backend: Backend) => AnySyncStep
  /** What the backend holds by now, as data; without what may differ from run to run, such as times and random ids. */
  readonly state: (backend: Backend) => unknown
  readonly record: Fields
  /** As {@link runStep} takes them. Before a delete the record is synced. */
  readonly options?: RunOptions
}

type Left = { readonly outcome: Outcome; readonly state: unknown; readonly thrown: unknown }

type Run = Left & { readonly calls: readonly BackendCall[] }

/** A state that later runs do not change. */
const kept = (state: unknown): unknown => {
  try {
    return structuredClone(state)
  } catch (error) {
    throw new TypeError('Expected state to answer data, which can be copied; it has a function', {
      cause: error,
    })
  }
}

const run = async <Backend extends object>(
  { step, state, record, options = {} }: IdempotencyCheck<Backend>,
  backend: Backend,
  cutAfter?: number,
): Promise<Run> => {
  const recorded = recordBackend(backend, cutAfter === undefined ? {} : { cutAfter })
  const ran = await runStep(step(recorded.backend), record, options)
  return {
    outcome: ran.outcome,
    thrown: thrownBy(ran),
    state: kept(await state(backend)),
    calls: recorded.calls,
  }
}

/** A backend as the step finds it the first time; boxed, because the compiler takes it for what may be a promise. */
const newBackend = async <Backend extends object>(
  check: IdempotencyCheck<Backend>,
): Promise<{ readonly backend: Backend }> => {
  const backend = (await check.backend()) as unknown as Backend
  const { operation, ...options } = check.options ?? {}
  if (operation !== 'delete') return { backend }
  const { outcome } = await run({ ...check, options }, backend)
  if (outcome.kind === 'synced') return { backend }
  throw failedCheck({
    message: `Expected the step to sync the record before it is deleted, but it ${toldOutcome(outcome)}`,
    from: checkIdempotent,
  })
}

const feedbackOf = ({ outcome }: Left): Fields =>
  outcome.kind === 'synced' ? (outcome.feedback ?? {}) : {}

const indented = (lines: readonly string[]): string => lines.map((line) => `\n    ${line}`).join('')

/** How a run that comes after another differs from the one that nothing disturbed. */
const complaintsOf = (undisturbed: Left, again: Left): readonly string[] => {
  if (again.outcome.kind !== 'synced') return [`it ${toldOutcome(again.outcome)}`]
  const state = differences(undisturbed.state, again.state)
  const feedback = differences(feedbackOf(undisturbed), feedbackOf(again))
  return [
    ...(state.length === 0 ? [] : [`it leaves another state:${indented(state)}`]),
    ...(feedback.length === 0 ? [] : [`it answers other feedback:${indented(feedback)}`]),
  ]
}

type Finding = { readonly text: string; readonly thrown: unknown }

const findingsOf = (when: string, undisturbed: Left, again: Left): readonly Finding[] =>
  complaintsOf(undisturbed, again).map((complaint) => ({
    text: `${when} ${complaint}`,
    thrown: again.thrown,
  }))

/** Lets the step be cut off at that call of a new backend, and run once more. */
const afterCrash = async <Backend extends object>(
  check: IdempotencyCheck<Backend>,
  undisturbed: Run,
  cutAfter: number,
): Promise<readonly Finding[]> => {
  const { backend } = await newBackend(check)
  const cut = await run(check, backend, cutAfter)
  const again = await run(check, backend)
  const method = cut.calls[cutAfter - 1]?.method ?? 'none'
  return findingsOf(`After a crash at call ${cutAfter}, ${method},`, undisturbed, again)
}

const checkUndisturbed = ({ outcome, calls, thrown }: Run): void => {
  if (outcome.kind !== 'synced') {
    throw failedCheck({
      message: `Expected the step to succeed when nothing disturbs it, but it ${toldOutcome(outcome)}`,
      cause: thrown,
      from: checkIdempotent,
    })
  }
  if (calls.length > 0) return
  throw failedCheck({
    message:
      'Expected the step to ask something of its backend. Make it with the one that it is given: step: (backend) => new SyncColor(backend)',
    from: checkIdempotent,
  })
}

/**
 * Checks that calls of a step may repeat, as they do after crashes and lost answers: it is called twice, and again after
 * it was cut off at each of the calls that it makes of its backend. Each time the backend has to end in the same state,
 * and the step to answer the same feedback, as when nothing disturbs it. Answers the calls of that one.
 *
 * @throws AssertionError that names all that differs, and behind which call.
 * @example
 * await checkIdempotent({
 *   backend: () => new FakePainter(),
 *   step: (painter) => new SyncColor(painter),
 *   state: (painter) => painter.colors,
 *   record: record(Color, { name: 'red' }),
 * })
 */
export const checkIdempotent = async <Backend extends object>(
  check: IdempotencyCheck<Backend>,
): Promise<readonly BackendCall[]> => {
  const { backend } = await newBackend(check)
  const undisturbed = await run(check, backend)
  checkUndisturbed(undisturbed)
  const again = await run(check, backend)
  const findings = [...findingsOf('Called again,', undisturbed, again)]
  for (let cutAfter = 1; cutAfter <= undisturbed.calls.length; cutAfter += 1) {
    findings.push(...(await afterCrash(check, undisturbed, cutAfter)))
  }
  const [first] = findings
  if (first === undefined) return undisturbed.calls
  const made = undisturbed.calls.map(({ method }) => method).join(', ')
  const found = findings.map(({ text }) => `\n  ${text}`).join('')
  throw failedCheck({
    message: `Expected calls of the step to be repeatable. Undisturbed it calls ${made}.${found}`,
    cause: first.thrown,
    from: checkIdempotent,
  })
}

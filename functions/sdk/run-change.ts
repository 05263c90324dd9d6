import type { Fields, Operation, PolicyOperation } from '#contract'
import { policyMethods, type AnyPolicy, type AnySyncStep } from './any-step.ts'
import { recordView } from './record-view.ts'
import { nameOf, outcomeOf, outcomeOfMethod, type StepOutcome } from './step-outcome.ts'
import type { StepContext } from './step.ts'

const isPlainObject = (value: unknown): value is Fields => {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

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

/** Lets a sync step do its work on one change. Never rejects. Unexpected errors go to the log with their stack. */
export const runChange = (step: AnySyncStep, context: StepContext): Promise<StepOutcome> => {
  const { change } = context
  const method = change.operation === 'sync' ? 'sync_record' : 'delete_record'
  return outcomeOf(context, async () => {
    const returned = await step[method](recordView(change) as never, context as never)
    const feedback = feedbackOf(returned, method)
    return feedback === undefined ? { kind: 'synced' } : { kind: 'synced', feedback }
  })
}

const isOfPolicies = (operation: Operation): operation is PolicyOperation =>
  Object.hasOwn(policyMethods, operation)

/** As {@link runChange}, for a policy: what it has no method for is done at once. Rejects for operations of sync steps. */
export const runPolicy = async (policy: AnyPolicy, context: StepContext): Promise<StepOutcome> => {
  const { change } = context
  if (!isOfPolicies(change.operation)) {
    throw new TypeError(`Expected an operation of policies, got ${change.operation}`)
  }
  const method = policyMethods[change.operation]
  const o = recordView(change) as never
  return outcomeOfMethod(context, method, () => policy[method]?.(o, context as never))
}

import { durationMs, policyOperations, type PolicyOperation } from '#contract'
import type { EventStepLike } from './event-step.ts'
import type { Policy } from './policy.ts'
import type { PullStepLike } from './pull-step.ts'
import type { AnyRecord, Step } from './step.ts'

/** Whatever a function can be. Its methods tell its kind. */
export type AnyStep<R = AnyRecord> = Step<R> | Policy<R> | EventStepLike | PullStepLike

export const isEventStep = (step: AnyStep<never>): step is EventStepLike => 'process_event' in step

export const isPullStep = (step: AnyStep<never>): step is PullStepLike => 'pull_records' in step

export const isSyncStep = <R>(step: AnyStep<R>): step is Step<R> => 'sync_record' in step

/** The method of a policy for an operation. */
export const policyMethods = {
  policy_create: 'handle_create',
  policy_update: 'handle_update',
  policy_delete: 'handle_delete',
} as const satisfies Record<PolicyOperation, keyof Policy>

/** What people call a function that has no other name. */
export const nameOfStep = (step: AnyStep<never>): string => {
  if (isEventStep(step)) return 'event-step'
  return isPullStep(step) ? 'pull-step' : step.observes
}

const describePolicy = (policy: Policy<never>): object => ({
  kind: 'policy',
  observes: policy.observes,
  include: policy.include ?? [],
  operations: policyOperations.filter(
    (operation) => policy[policyMethods[operation]] !== undefined,
  ),
})

const describeSync = ({ observes, include = [], after_policy, fields }: Step<never>): object => ({
  observes,
  include,
  ...(after_policy === undefined ? {} : { after_policy }),
  ...(fields === undefined ? {} : { fields }),
})

const describePull = ({ every }: PullStepLike): object => {
  const everyMs = every === undefined ? undefined : durationMs(every)
  return { kind: 'pull', ...(everyMs === undefined ? {} : { every: everyMs / 1_000 }) }
}

/** What a function says of itself when it is asked. */
export const describeStep = (step: AnyStep<never>): object => {
  if (isEventStep(step)) {
    const { types = [], sources = [], topics = [] } = step
    return { kind: 'event', types, sources, topics }
  }
  if (isPullStep(step)) return describePull(step)
  return isSyncStep(step) ? describeSync(step) : describePolicy(step)
}

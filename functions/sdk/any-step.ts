import { durationMs, policyOperations, type PolicyOperation } from '#contract'
import type { EventStepLike } from './event-step.ts'
import type { Policy } from './policy.ts'
import type { PullStepLike } from './pull-step.ts'
import type { Step } from './step.ts'

// What is given to the methods of these is of the type never, because their authors say of what it is.
export type AnySyncStep = Step<never, never>
export type AnyPolicy = Policy<never, never>
export type AnyEventStep = EventStepLike<never>
export type AnyPullStep = PullStepLike<never>

/** Whatever a function can be. Its methods tell its kind. */
export type AnyStep = AnySyncStep | AnyPolicy | AnyEventStep | AnyPullStep

export const isEventStep = (step: AnyStep): step is AnyEventStep => 'process_event' in step

export const isPullStep = (step: AnyStep): step is AnyPullStep => 'pull_records' in step

export const isSyncStep = (step: AnyStep): step is AnySyncStep => 'sync_record' in step

/** The method of a policy for an operation. */
export const policyMethods = {
  policy_create: 'handle_create',
  policy_update: 'handle_update',
  policy_delete: 'handle_delete',
} as const satisfies Record<PolicyOperation, keyof Policy>

/** What people call a function that has no other name. */
export const nameOfStep = (step: AnyStep): string => {
  if (isEventStep(step)) return 'event-step'
  return isPullStep(step) ? 'pull-step' : step.observes
}

const describeObserving = ({ observes, include = [], filter }: AnySyncStep | AnyPolicy) => ({
  observes,
  include,
  ...(filter === undefined ? {} : { filter }),
})

const describePolicy = (policy: AnyPolicy): object => ({
  kind: 'policy',
  ...describeObserving(policy),
  operations: policyOperations.filter(
    (operation) => policy[policyMethods[operation]] !== undefined,
  ),
})

const describeSync = (step: AnySyncStep): object => {
  const { after_policy, fields } = step
  return {
    ...describeObserving(step),
    ...(after_policy === undefined ? {} : { after_policy }),
    ...(fields === undefined ? {} : { fields }),
  }
}

const describePull = ({ every }: AnyPullStep): object => {
  const everyMs = every === undefined ? undefined : durationMs(every)
  return { kind: 'pull', ...(everyMs === undefined ? {} : { every: everyMs / 1_000 }) }
}

/** What a function says of itself when it is asked. */
export const describeStep = (step: AnyStep): object => {
  if (isEventStep(step)) {
    const { types = [], sources = [], topics = [] } = step
    return { kind: 'event', types, sources, topics }
  }
  if (isPullStep(step)) return describePull(step)
  return isSyncStep(step) ? describeSync(step) : describePolicy(step)
}

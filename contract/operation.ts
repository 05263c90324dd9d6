/** What a policy is called for: a record that no policy has dealt with yet, one that changed since, one that is deleted. */
export const policyOperations = ['policy_create', 'policy_update', 'policy_delete'] as const
export type PolicyOperation = (typeof policyOperations)[number]

/** What is done for a record. */
export const recordOperations = ['sync', 'delete', ...policyOperations] as const
export type Operation = (typeof recordOperations)[number]

/** What is done for nobody's record: an event from elsewhere is dealt with, or the world is looked at. */
export type DeliveryOperation = 'event' | 'pull'

export type AnyOperation = Operation | DeliveryOperation

export const stepKinds = ['sync', 'policy', 'event', 'pull'] as const
/** What a step is: sync steps and policies observe a model, event steps are sent events, pull steps have a schedule. */
export type StepKind = (typeof stepKinds)[number]

const kinds = {
  sync: 'sync',
  delete: 'sync',
  policy_create: 'policy',
  policy_update: 'policy',
  policy_delete: 'policy',
  event: 'event',
  pull: 'pull',
} as const satisfies Record<AnyOperation, StepKind>

/** Which kind of step carries an operation out. */
export const stepKindOf = <O extends AnyOperation>(operation: O): (typeof kinds)[O] =>
  kinds[operation]

export const isOperation = (value: unknown): value is AnyOperation =>
  typeof value === 'string' && Object.hasOwn(kinds, value)

/** What kinds of steps are called in messages: one, and several. */
export const kindNames = {
  sync: { one: 'sync step', many: 'sync steps' },
  policy: { one: 'model policy', many: 'model policies' },
  event: { one: 'event step', many: 'event steps' },
  pull: { one: 'pull step', many: 'pull steps' },
} as const satisfies Record<StepKind, { readonly one: string; readonly many: string }>

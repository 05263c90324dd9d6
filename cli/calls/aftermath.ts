import {
  initialStatus,
  isDelivery,
  keyText,
  statusAfter,
  stepKindOf,
  type AnyOperation,
  type Change,
  type Delivery,
  type Fields,
  type Outcome,
  type Status,
  type StoredStatus,
} from '#contract'
import { outcomeOfCall, type Call } from './call.ts'

/** What a core would write after a call, and when the function would be called for it again. */
export type Aftermath = {
  readonly outcome: Outcome
  /** Undefined when there is no record, or it goes. */
  readonly status: Status | undefined
  /** What `enacted` becomes, or `policed`, in microseconds since 1970; undefined when it stays as it is. */
  readonly reached: number | undefined
  readonly feedback: Fields | undefined
  /** When the function is called for the record again: the end of a sentence. */
  readonly again: string
}

/** Where the record of a change says how far a step of a kind is. */
export const statusFields = {
  sync: { code: 'backend_code', text: 'backend_status', reached: 'enacted' },
  policy: { code: 'policy_code', text: 'policy_status', reached: 'policed' },
} as const

const statusOf = ({ record, operation }: Change): StoredStatus => {
  const { code: codeField, text: textField } = statusFields[stepKindOf(operation)]
  const [code, text] = [record[codeField], record[textField]]
  return typeof code === 'number' && typeof text === 'string' ? { code, text } : initialStatus
}

const seconds = (ms: number): string => `${ms / 1000} s`

const laterOf = (retryAfterMs: number | undefined, otherwise: string): string =>
  retryAfterMs === undefined ? otherwise : `after ${seconds(retryAfterMs)}`

/** Without a delay of its own. What has begun is asked for late, so that it can be completed first. */
const otherwiseOf = (kind: 'in-progress' | 'deferred'): string =>
  kind === 'deferred'
    ? 'after deferred_delay'
    : 'after a day where it can be completed, else after deferred_delay'

const whenDone = {
  sync: 'when the record changes',
  delete: 'never: the record goes',
  policy_create: 'when the record changes',
  policy_update: 'when the record changes',
  policy_delete: 'never: the record goes',
  event: 'never: it is done',
  pull: 'at its next turn',
} as const satisfies Record<AnyOperation, string>

const whenGivenUp = (operation: AnyOperation): string => {
  if (operation === 'event') return 'with syncstep events retry: it is a dead letter'
  return operation === 'pull' ? 'with back-off' : 'when the record changes, or with syncstep retry'
}

const againAfter = (outcome: Outcome, operation: AnyOperation): string => {
  switch (outcome.kind) {
    case 'synced':
      return whenDone[operation]
    case 'in-progress':
    case 'deferred': {
      const { waitingOn, retryAfterMs, kind } = outcome
      const otherwise = otherwiseOf(kind)
      const later = laterOf(retryAfterMs, otherwise)
      if (waitingOn === undefined) return later
      return `as soon as ${keyText(waitingOn)} is ${waitingOn.state}, else ${later}`
    }
    case 'target-busy':
      return laterOf(outcome.retryAfterMs, 'when the function is not busy any more')
    case 'target-down':
      return 'as soon as a call gets through'
    case 'target-misconfigured':
      return 'once the function is set up rightly'
    case 'failed':
      return outcome.retry ? 'with back-off' : whenGivenUp(operation)
  }
}

/** As a core judges it: feedback that a step may not write makes a failure of its success. */
const judged = (outcome: Outcome, { model }: Change, writable: Writable): Outcome => {
  if (outcome.kind !== 'synced' || writable === undefined) return outcome
  const wrong = Object.keys(outcome.feedback ?? {}).find((name) => !writable.has(name))
  if (wrong === undefined) return outcome
  const known = [...writable].join(', ') || 'none'
  const text = `feedback names ${wrong}, but only feedback fields of ${model} may be written: ${known}`
  return { kind: 'failed', text, retry: false }
}

/** The fields that a step may write on its record; undefined when its model is not known. */
export type Writable = ReadonlySet<string> | undefined

/** What follows from the answer of a step itself. */
const derived: ReadonlySet<string> = new Set([
  'backend_register',
  'backend_status',
  'backend_code',
  'policy_status',
  'policy_code',
])

type KnownField = { readonly name: string; readonly role: string }

/** Those of the fields of a model that its step may write, by their names on the wire. */
export const writableOf = (fields: readonly KnownField[]): ReadonlySet<string> =>
  new Set(
    fields.flatMap(({ name, role }) => (role === 'feedback' && !derived.has(name) ? [name] : [])),
  )

/** Of a delivery nothing is written on any record. */
export const aftermathOf = (call: Call<Change | Delivery>, writable: Writable): Aftermath => {
  const { change } = call
  const answered = outcomeOfCall(call)
  const again = (outcome: Outcome): string => againAfter(outcome, change.operation)
  if (isDelivery(change)) {
    const nothing = { status: undefined, reached: undefined, feedback: undefined }
    return { outcome: answered, ...nothing, again: again(answered) }
  }
  const outcome = judged(answered, change, writable)
  const isDone = outcome.kind === 'synced'
  const isGone = isDone && ['delete', 'policy_delete'].includes(change.operation)
  return {
    outcome,
    status: isGone ? undefined : statusAfter(statusOf(change), outcome, change.operation),
    reached: isDone && !isGone ? change.stamp : undefined,
    feedback: isDone ? outcome.feedback : undefined,
    again: again(outcome),
  }
}

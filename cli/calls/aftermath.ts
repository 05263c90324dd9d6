import {
  initialStatus,
  keyText,
  statusAfter,
  type Change,
  type Fields,
  type Outcome,
  type Status,
  type StoredStatus,
} from '#contract'
import { outcomeOfCall, type Call } from './call.ts'

/** What a core would write on the record after a call, and when it would be called for again. */
export type Aftermath = {
  readonly outcome: Outcome
  /** Undefined when the record goes. */
  readonly status: Status | undefined
  /** Microseconds since 1970; undefined when it stays as it is. */
  readonly enacted: number | undefined
  readonly feedback: Fields | undefined
  /** When the function is called for the record again: the end of a sentence. */
  readonly again: string
}

const statusOf = ({ record }: Change): StoredStatus => {
  const { backend_code: code, backend_status: text } = record
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

const againAfter = (outcome: Outcome, { operation }: Change): string => {
  switch (outcome.kind) {
    case 'synced':
      return operation === 'sync' ? 'when the record changes' : 'never: the record goes'
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
      return outcome.retry ? 'with back-off' : 'when the record changes, or with syncstep retry'
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

export const aftermathOf = (call: Call, writable: Writable): Aftermath => {
  const { change } = call
  const outcome = judged(outcomeOfCall(call), change, writable)
  const isDone = outcome.kind === 'synced'
  const isGone = isDone && change.operation === 'delete'
  return {
    outcome,
    status: isGone ? undefined : statusAfter(statusOf(change), outcome, change.operation),
    enacted: isDone && !isGone ? change.stamp : undefined,
    feedback: isDone ? outcome.feedback : undefined,
    again: againAfter(outcome, change),
  }
}

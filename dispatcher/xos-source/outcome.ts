import {
  readableText,
  registerAfter,
  statusAfter,
  type Fields,
  type Outcome,
  type Report,
} from '#contract'
import type { XosModel } from './api.ts'

/** What follows from the outcome itself, and nobody writes back. */
const reserved: ReadonlySet<string> = new Set([
  'backend_register',
  'backend_status',
  'backend_code',
  'policy_status',
  'policy_code',
])

const feedbackFinding = (model: XosModel, feedback: Fields): string | undefined => {
  for (const [name, value] of Object.entries(feedback)) {
    if (reserved.has(name)) return `feedback names ${name}, which follows from the answer itself`
    if (!model.feedback.has(name)) {
      return `feedback names ${name}, but only feedback fields of ${model.name} may be written: ${[...model.feedback].join(', ')}`
    }
    if (value === null) return `feedback field ${name}: a core of XOS cannot empty a field`
  }
  const finding = model.message.verify({ ...feedback })
  return finding === null ? undefined : `feedback field ${finding}`
}

/** A success whose feedback cannot be written is a failure of the step: nothing of it is kept. */
export const judged = (model: XosModel, { outcome, operation }: Report): Report['outcome'] => {
  if ('text' in outcome) return { ...outcome, text: readableText(outcome.text) }
  if (outcome.kind !== 'synced' || operation === 'delete') return outcome
  const finding = feedbackFinding(model, outcome.feedback ?? {})
  return finding === undefined
    ? outcome
    : { kind: 'failed', text: readableText(finding), retry: false }
}

export type Reached = {
  /** The record as its function got it. */
  readonly fields: Fields
  /** Its newest stamp then, in seconds as the core has it. */
  readonly version: number
  /** In a row, this one included. */
  readonly failures: number
  readonly retryInMs: number | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * The fields that an outcome writes: those that the framework of XOS saves, `backend_code` of a failure besides, and
 * feedback in the same save.
 */
export const valuesAfter = (
  outcome: Outcome,
  operation: Report['operation'],
  { fields, version, failures, retryInMs, now }: Reached,
): Fields => {
  if (outcome.kind === 'synced' && operation === 'delete') return { backend_need_reap: true }
  const text = (name: string): string => {
    const value = fields[name]
    return typeof value === 'string' ? value : ''
  }
  const previous = { code: Number(fields['backend_code']), text: text('backend_status') }
  const status = statusAfter(previous, outcome, operation)
  const nextRun = retryInMs === undefined ? undefined : now + retryInMs
  return {
    ...(outcome.kind === 'synced' ? { ...outcome.feedback, enacted: version } : {}),
    backend_status: status.text,
    backend_code: status.code,
    backend_register: registerAfter(text('backend_register'), outcome, { now, nextRun, failures }),
  }
}

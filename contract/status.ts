import { stepKindOf, type AnyOperation } from './operation.ts'
import type { Key } from './key.ts'
import type { Outcome } from './outcome.ts'
import { cutText, maxTextLength } from './text.ts'

/** What operators see on a record: 0 in progress, 1 in sync, 2 in error; the newest text stands last. */
export type Status = { readonly code: 0 | 1 | 2; readonly text: string }

/** A status as it stands on a record. */
export type StoredStatus = { readonly code: number; readonly text: string }

/** `backend_code` and `backend_status` of a record that no step has seen yet. */
export const initialStatus: Status = { code: 0, text: 'Provisioning in progress' }

const separator = ' // '

/** `policy_status` of a record that no policy has seen yet. */
const initialPolicyText = 'Policy in process'

/** What no longer tells anything once something else is known. */
const stale: ReadonlySet<string> = new Set([
  '',
  'OK',
  'done',
  initialStatus.text,
  initialPolicyText,
])

const isStale = (text: string): boolean => stale.has(text) || text.startsWith('Waiting for ')

/** A text with the separator in it would later be taken for two. */
const onePart = (text: string): string => text.replaceAll(separator, ' / ')

/** The last text worth keeping and the new one, the new one whole. */
const accumulated = (previous: string, text: string): string => {
  const newest = cutText(onePart(text))
  const kept = previous.split(separator).findLast((part) => !isStale(part) && part !== newest)
  const room = maxTextLength - separator.length - newest.length
  if (kept === undefined || room < 1) return newest
  return `${cutText(kept, room)}${separator}${newest}`
}

const codeFrom = (code: number): Status['code'] => (code === 1 || code === 2 ? code : 0)

/**
 * `backend_code` and `backend_status` after an attempt. Texts accumulate as in XOS, the last two joined by ` // `,
 * but the newest is always last, and what no longer tells anything (the initial text, `OK`, what the record once
 * waited for, the new text itself) goes. A delete that succeeded changes nothing: the record is reaped. Those of a
 * policy become `policy_code` and `policy_status`.
 */
export const statusAfter = (
  previous: StoredStatus,
  outcome: Outcome,
  operation: AnyOperation,
): Status => {
  switch (outcome.kind) {
    case 'synced':
      if (operation === 'delete') return { code: codeFrom(previous.code), text: previous.text }
      return { code: 1, text: stepKindOf(operation) === 'policy' ? 'done' : 'OK' }
    case 'failed':
      return { code: 2, text: accumulated(previous.text, outcome.text) }
    case 'in-progress':
    case 'deferred':
    case 'target-busy':
    case 'target-down':
    case 'target-misconfigured':
      return { code: 0, text: accumulated(previous.text, outcome.text) }
  }
}

/** `Waiting for HelloWorldService 1: <its newest text>`: what a record says that waits for another. */
export const waitingText = ({ model, id }: Key, itsText: string): string =>
  cutText(`Waiting for ${model} ${id}: ${itsText.split(separator).at(-1) ?? ''}`)

/** The status of a record that waits for another one, which says `itsText`. */
export const waitingStatus = (previous: StoredStatus, key: Key, itsText: string): Status => ({
  code: 0,
  text: accumulated(previous.text, waitingText(key, itsText)),
})

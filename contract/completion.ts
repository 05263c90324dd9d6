import type { Fields } from './change.ts'
import { isJsonObject, ownValue } from './json.ts'
import type { AnyOperation } from './operation.ts'
import type { Outcome } from './outcome.ts'
import { longestRetryAfterMs } from './retry-after.ts'
import { readableText } from './text.ts'
import { waitingOnFrom } from './waiting-on.ts'

/** Where a function that answered 202 says later what came of it. */
export type Completion = {
  /** Whoever knows it may complete the call, once: it belongs in no log. */
  readonly url: string
  /** How long the record waits for that, from the call on. */
  readonly timeoutMs: number
}

/** The CloudEvents extension that carries the address. */
export const completionAttribute = 'completionurl'

const shapes = {
  synced: { feedback: 'an object', note: 'text' },
  deferred: { detail: 'text', retry_after: 'seconds', waiting_on: 'anything' },
  failed: { detail: 'text', retry: 'true or false' },
} as const

type Status = keyof typeof shapes

const isStatus = (value: unknown): value is Status =>
  typeof value === 'string' && Object.hasOwn(shapes, value)

const fits: Readonly<Record<string, (value: unknown) => boolean>> = {
  'an object': isJsonObject,
  text: (value) => typeof value === 'string',
  seconds: (value) => typeof value === 'number' && value >= 0,
  'true or false': (value) => typeof value === 'boolean',
  anything: () => true,
}

/** What is wrong with the body; undefined when nothing is. */
const findingOf = (status: Status, body: Fields): string | undefined => {
  const shape: Readonly<Record<string, string>> = shapes[status]
  for (const [name, value] of Object.entries(body)) {
    if (name === 'status') continue
    const expected = Object.hasOwn(shape, name) ? shape[name] : undefined
    if (expected === undefined) {
      return `Expected ${Object.keys(shape).join(', ')} at most beside the status ${status}, got ${name.slice(0, 100)}`
    }
    if (fits[expected]?.(value) !== true) return `Expected ${name} to be ${expected}`
  }
  return undefined
}

const textOf = (body: Fields): string => {
  const detail = ownValue(body, 'detail')
  return (typeof detail === 'string' ? readableText(detail) : '') || 'Completed without a text'
}

const outcomeOf = (status: Status, body: Fields, operation: AnyOperation): Outcome => {
  switch (status) {
    case 'synced': {
      const [feedback, note] = [ownValue(body, 'feedback'), ownValue(body, 'note')]
      return {
        kind: 'synced',
        ...(isJsonObject(feedback) && operation === 'sync' ? { feedback } : {}),
        ...(typeof note === 'string' ? { note: readableText(note) } : {}),
      }
    }
    case 'deferred': {
      const seconds = ownValue(body, 'retry_after')
      const waitingOn = waitingOnFrom(ownValue(body, 'waiting_on'))
      return {
        kind: 'deferred',
        text: textOf(body),
        ...(typeof seconds === 'number'
          ? { retryAfterMs: Math.min(seconds * 1000, longestRetryAfterMs) }
          : {}),
        ...(waitingOn === undefined ? {} : { waitingOn }),
      }
    }
    case 'failed':
      return { kind: 'failed', text: textOf(body), retry: ownValue(body, 'retry') !== false }
  }
}

/**
 * What a completion means. It says in one JSON object what the answer to the call would have said:
 *
 * - `{"status": "synced", "feedback"?, "note"?}`
 * - `{"status": "deferred", "detail"?, "retry_after"?, "waiting_on"?}`, `retry_after` in seconds
 * - `{"status": "failed", "detail"?, "retry"?}`, which is tried again unless `retry` is false
 *
 * Answers a sentence that says what was expected instead when it is none of these.
 */
export const outcomeOfCompletion = (body: unknown, operation: AnyOperation): Outcome | string => {
  const status = isJsonObject(body) ? ownValue(body, 'status') : undefined
  if (!isJsonObject(body) || !isStatus(status)) {
    return 'Expected {"status": "synced"}, {"status": "deferred"} or {"status": "failed"}'
  }
  return findingOf(status, body) ?? outcomeOf(status, body, operation)
}

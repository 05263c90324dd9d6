import type { Fields } from './change.ts'
import type { AnyOperation } from './operation.ts'
import { isJsonObject, ownValue, parseJson } from './json.ts'
import { mediaTypeOf } from './media-type.ts'
import type { Outcome } from './outcome.ts'
import { retryAfterMs } from './retry-after.ts'
import { cutText, readableText } from './text.ts'
import { waitingOnFrom } from './waiting-on.ts'

/** What a function answered, its body whole. */
export type Answer = {
  readonly status: number
  /** Takes names in lower case. */
  header(name: string): string | undefined
  readonly body: string
}

/** Why there is no answer. `detail` is a sentence for people. */
export type NoAnswer = {
  readonly kind: 'no-connection' | 'deadline' | 'too-large' | 'cut-off'
  readonly detail: string
}

export type AnswerContext = {
  /** Name of the function, as people know it. */
  readonly target: string
  readonly operation: AnyOperation
  /** Milliseconds since 1970. */
  readonly now: number
}

type Problem = { readonly text: string }

/** The JSON object of an answer that says it is of one of these media types. */
const objectOf = (answer: Answer, ...types: readonly string[]): Fields | undefined => {
  const mediaType = mediaTypeOf(answer.header('content-type') ?? '')
  if (mediaType === undefined || !types.includes(mediaType.type)) return undefined
  const value = parseJson(answer.body)
  return isJsonObject(value) ? value : undefined
}

const textIn = (problem: Fields): string =>
  [ownValue(problem, 'detail'), ownValue(problem, 'title')].find(
    (text): text is string => typeof text === 'string' && text !== '',
  ) ?? ''

const problemOf = (answer: Answer): Problem | undefined => {
  const problem = objectOf(answer, 'application/problem+json')
  return problem && { text: textIn(problem) }
}

const textOf = (answer: Answer, problem: Problem | undefined = problemOf(answer)): string =>
  readableText(problem?.text ?? answer.body) || `HTTP ${answer.status} without a text`

const waitingFor = (target: string, reason: string): string =>
  cutText(`Waiting for function ${target}: ${reason}`)

const withDelay = (delayMs: number | undefined): { readonly retryAfterMs?: number } =>
  delayMs === undefined ? {} : { retryAfterMs: delayMs }

const delayOf = (answer: Answer, { now }: AnswerContext): number | undefined =>
  retryAfterMs(answer.header('retry-after'), now)

/** An answer to come back to. What names no record to wait for, or wrongly, waits for its delay alone. */
const notYet = (
  kind: 'in-progress' | 'deferred',
  answer: Answer,
  context: AnswerContext,
): Outcome => {
  const body = objectOf(answer, 'application/problem+json', 'application/json') ?? {}
  const text = textIn(body)
  const waitingOn = waitingOnFrom(ownValue(body, 'waiting_on'))
  return {
    kind,
    text: textOf(answer, text === '' ? undefined : { text }),
    ...withDelay(delayOf(answer, context)),
    ...(waitingOn === undefined ? {} : { waitingOn }),
  }
}

const failed = (text: string, retry: boolean): Outcome => ({ kind: 'failed', text, retry })

const unexpectedDone = (came: string): Outcome =>
  failed(
    readableText(
      `Expected an empty answer or a JSON object of "feedback" (an object) and "note" (a string), got ${came}`,
    ),
    true,
  )

type Done = { readonly feedback?: Fields; readonly note?: string }

const isDone = (value: unknown): value is Done => {
  if (!isJsonObject(value)) return false
  const feedback = ownValue(value, 'feedback')
  const note = ownValue(value, 'note')
  return (
    Object.keys(value).every((name) => name === 'feedback' || name === 'note') &&
    (feedback === undefined || isJsonObject(feedback)) &&
    (note === undefined || typeof note === 'string')
  )
}

const synced = ({ body }: Answer, { operation }: AnswerContext): Outcome => {
  if (body.trim() === '') return { kind: 'synced' }
  const done = parseJson(body)
  if (!isDone(done)) return unexpectedDone(cutText(body, 200))
  const { feedback, note } = done
  return {
    kind: 'synced',
    // A record that is about to go has no use for feedback.
    ...(feedback === undefined || operation !== 'sync' ? {} : { feedback }),
    ...(note === undefined ? {} : { note: readableText(note) }),
  }
}

const busy = (delayMs: number | undefined, { target, now }: AnswerContext): Outcome => {
  const until = delayMs === undefined ? '' : ` until ${new Date(now + delayMs).toISOString()}`
  return {
    kind: 'target-busy',
    text: waitingFor(target, `busy${until}`),
    ...withDelay(delayMs),
  }
}

const quoted = ({ status, body }: Answer): string => {
  const text = cutText(readableText(body), 200)
  return text === '' ? `HTTP ${status}` : `HTTP ${status}: ${text}`
}

const down = (answer: Answer, { target }: AnswerContext): Outcome => ({
  kind: 'target-down',
  text: waitingFor(
    target,
    answer.status === 410
      ? `it is retired (${quoted(answer)})`
      : `nobody answers for it (${quoted(answer)})`,
  ),
})

const misconfigured = (answer: Answer, { target }: AnswerContext): Outcome => ({
  kind: 'target-misconfigured',
  text: waitingFor(
    target,
    answer.status < 400
      ? `it redirects, and redirects are not followed; give its final URL (HTTP ${answer.status})`
      : `it refuses the caller; check the token (${quoted(answer)})`,
  ),
})

const unavailable = (answer: Answer, context: AnswerContext): Outcome => {
  const problem = problemOf(answer)
  return problem === undefined ? down(answer, context) : failed(textOf(answer, problem), true)
}

/**
 * What Knative's queue-proxy, which stands beside the function, answers when the function took longer than its
 * `timeoutSeconds`. The activator, which waits for a function that has yet to start, has another text.
 */
const timeoutOfKnative = 'request timeout'

const gatewayTimeout = (answer: Answer, context: AnswerContext): Outcome =>
  answer.body.trim() === timeoutOfKnative
    ? failed(`The function did not answer in the time it has (${quoted(answer)})`, true)
    : unavailable(answer, context)

/**
 * What an answer means: the table of the function contract.
 *
 * 200, 201, 204 synced · 202 in progress · 409 deferred · 429, and 503 with `Retry-After`, target busy ·
 * 410, and 404, 502, 503, 504 without a problem body (but not a function that Knative cut off), target down · 400, 413, 415, 422 failed for good ·
 * 401, 403, 3xx target misconfigured · anything else failed, to be tried again. A 200 or 201 whose body is neither
 * empty nor `{feedback?, note?}` is a failure too: a proxy may have cut into it. A 202 or 409 may name in JSON what it
 * waits for: `{"waiting_on": {"model", "id", "state"?}}`.
 */
export const outcomeOfAnswer = (answer: Answer, context: AnswerContext): Outcome => {
  const { status } = answer
  if (status >= 300 && status < 400) return misconfigured(answer, context)
  switch (status) {
    case 200:
    case 201:
      return synced(answer, context)
    case 204:
      return { kind: 'synced' }
    case 202:
      return notYet('in-progress', answer, context)
    case 409:
      return notYet('deferred', answer, context)
    case 400:
    case 413:
    case 415:
    case 422:
      return failed(textOf(answer), false)
    case 401:
    case 403:
      return misconfigured(answer, context)
    case 410:
      return down(answer, context)
    case 429:
      return busy(delayOf(answer, context), context)
    case 503: {
      const delayMs = delayOf(answer, context)
      return delayMs === undefined ? unavailable(answer, context) : busy(delayMs, context)
    }
    case 404:
    case 502:
      return unavailable(answer, context)
    case 504:
      return gatewayTimeout(answer, context)
    default:
      return status < 300 ? unexpectedDone(`HTTP ${status}`) : failed(textOf(answer), true)
  }
}

const silence = {
  'no-connection': 'no connection',
  deadline: 'No answer before the deadline',
  'too-large': 'The answer is too large',
  'cut-off': 'The answer broke off',
} as const satisfies Record<NoAnswer['kind'], string>

/** What it means that no whole answer came: without a connection the target is down, else the attempt failed. */
export const outcomeOfNoAnswer = (failure: NoAnswer, { target }: AnswerContext): Outcome => {
  const text = readableText(failure.detail) || silence[failure.kind]
  return failure.kind === 'no-connection'
    ? { kind: 'target-down', text: waitingFor(target, text) }
    : failed(text, true)
}

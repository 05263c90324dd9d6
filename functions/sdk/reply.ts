import type { WaitingOn } from '#contract'
import type { StepOutcome } from './step-outcome.ts'

/** An answer of the host, ready to be written. */
export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: string
}

const reply = (
  status: number,
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({
  status,
  headers: { 'content-type': contentType, 'content-length': Buffer.byteLength(body), ...headers },
  body,
})

const emptyReply: Reply = { status: 204, headers: {}, body: '' }

export const textReply = (status: number, text: string): Reply => reply(status, 'text/plain', text)

export const metricsReply = (text: string): Reply =>
  reply(200, 'text/plain; version=0.0.4; charset=utf-8', text)

export const jsonReply = (value: unknown): Reply =>
  reply(200, 'application/json', JSON.stringify(value))

/** RFC 9457, with a stable `code` for programs. */
export type Problem = {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly waiting_on?: WaitingOn | undefined
  /** Of a batch, one for each event. */
  readonly answers?: readonly object[]
}

export const problemReply = (problem: Problem, headers?: Readonly<Record<string, string>>): Reply =>
  reply(problem.status, 'application/problem+json', JSON.stringify(problem), headers)

/** Whole seconds, rounded up: never earlier than asked for. */
const retryAfter = (ms: number | undefined): Readonly<Record<string, string>> =>
  ms === undefined ? {} : { 'retry-after': String(Math.ceil(ms / 1000)) }

const notYet = {
  'in-progress': { status: 202, code: 'STEP_IN_PROGRESS', title: 'Begun' },
  deferred: { status: 409, code: 'STEP_DEFERRED', title: 'Not yet' },
} as const

const failedReply = (detail: string, retry: boolean): Reply =>
  retry
    ? problemReply({ status: 500, code: 'STEP_FAILED', title: 'The step failed', detail })
    : problemReply({
        status: 422,
        code: 'STEP_REFUSED',
        title: 'The step will not do this',
        detail,
      })

/** What a step came to, as the function contract has it on the wire. */
export const replyOfOutcome = (outcome: StepOutcome): Reply => {
  switch (outcome.kind) {
    case 'synced':
      return outcome.feedback === undefined ? emptyReply : jsonReply({ feedback: outcome.feedback })
    case 'in-progress':
    case 'deferred':
      return problemReply(
        { ...notYet[outcome.kind], detail: outcome.text, waiting_on: outcome.waitingOn },
        retryAfter(outcome.retryAfterMs),
      )
    case 'failed':
      return failedReply(outcome.text, outcome.retry)
  }
}

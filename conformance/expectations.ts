import { cutText, readableText } from '#contract'
import { failed, passed, type Result } from './check.ts'
import type { Reply } from './exchange.ts'
import type { Call } from './tested.ts'

/** `HTTP 500: text`: what came, as findings have it. */
export const cameOf = (reply: Reply): string => {
  if ('failure' in reply) return `no answer (${cutText(readableText(reply.failure.detail), 200)})`
  const { status, body } = reply.answer
  const text = cutText(readableText(body), 200)
  return text === '' ? `HTTP ${status} without a body` : `HTTP ${status}: ${text}`
}

/** Undefined when there was no answer. */
export const statusOf = (reply: Reply): number | undefined =>
  'answer' in reply ? reply.answer.status : undefined

/** Whether the function did what the event says, or has begun to. */
export const isTaken = ({ outcome }: Call): boolean =>
  outcome.kind === 'synced' || outcome.kind === 'in-progress'

/** The function did what the event says, or has begun to. */
export const taken = (call: Call, advice: string): Result => {
  if (isTaken(call)) return passed
  const { what, reply } = call
  const expected = `${what} to be answered 200, 201 or 204, empty or with {"feedback"?, "note"?}, or 202`
  return failed({ expected, came: cameOf(reply), advice })
}

/** `400, 415 or 422`. */
const alternatives = (statuses: readonly number[]): string =>
  statuses.length === 1
    ? statuses.join('')
    : `${statuses.slice(0, -1).join(', ')} or ${statuses.slice(-1).join('')}`

/** The function refused it in one of these ways. */
export const refused = (
  { what, reply }: Call,
  statuses: readonly number[],
  advice: string,
): Result => {
  const status = statusOf(reply)
  if (status !== undefined && statuses.includes(status)) return passed
  const expected = `${what} to be refused with ${alternatives(statuses)}`
  return failed({ expected, came: cameOf(reply), advice })
}

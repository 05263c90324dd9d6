import { kindNames, maxEventBytes, type ContractError, type Operation } from '#contract'
import { problemReply, type Reply } from './reply.ts'

export const tooLarge: Reply = problemReply(
  {
    status: 413,
    code: 'EVENT_TOO_LARGE',
    title: 'Too large',
    detail: `Expected a body of at most ${maxEventBytes} bytes`,
  },
  { connection: 'close' },
)

export const unauthorized: Reply = problemReply(
  {
    status: 401,
    code: 'UNAUTHORIZED',
    title: 'Not for you',
    detail:
      'Expected the header Authorization: Bearer with a token of this function, or the headers webhook-id, webhook-timestamp and webhook-signature with a signature by one of its secrets, at most five minutes old',
  },
  { 'www-authenticate': 'Bearer' },
)

export const draining: Reply = problemReply(
  { status: 503, code: 'DRAINING', title: 'Stopping', detail: 'The function is being stopped' },
  { 'retry-after': '1' },
)

export const internal: Reply = problemReply({
  status: 500,
  code: 'INTERNAL',
  title: 'The host failed',
  detail: 'The function host failed; its log says why',
})

export const notFound = (path: string): Reply =>
  problemReply({
    status: 404,
    code: 'NOT_FOUND',
    title: 'No such path',
    detail: `Expected /, /health/liveness, /health/readiness or /metrics, got ${path.slice(0, 200)}`,
  })

export const wrongMethod = (method: string, allow: string): Reply =>
  problemReply(
    {
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      title: 'No such method here',
      detail: `Expected ${allow}, got ${method}`,
    },
    { allow },
  )

export const wrongModel = (observes: string, model: string): Reply =>
  problemReply({
    status: 422,
    code: 'WRONG_MODEL',
    title: 'Not my model',
    detail: `Expected a record of ${observes}, got one of ${model}; check the URL of the step`,
  })

export const wrongOperation = (kind: 'sync' | 'policy', operation: Operation): Reply =>
  problemReply({
    status: 422,
    code: 'WRONG_OPERATION',
    title: 'Not my operation',
    detail: `This is a ${kindNames[kind].one}, which knows no ${operation}; check the URL of the step`,
  })

export const notForRecords = (type: string): Reply =>
  problemReply({
    status: 422,
    code: 'WRONG_EVENT',
    title: 'Not my event',
    detail: `Expected an event that is about no record, got ${type}; check the URL of the step`,
  })

export const tooLate = (lateMs: number): Reply =>
  problemReply({
    status: 500,
    code: 'TOO_LATE',
    title: 'Too late',
    detail: `The deadline had passed ${lateMs} ms before the event arrived; nothing was done. Compare the clocks of both ends`,
  })

export const malformed = ({ status, code, message }: ContractError): Reply =>
  problemReply({ status, code, title: 'Not an event for this step', detail: message })

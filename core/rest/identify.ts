import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { traceparentFrom } from '#contract'
import type { Authenticator } from '../access/authenticate.ts'
import { CoreError } from '../errors.ts'
import { orChallenge } from '../http/unknown-caller.ts'
import type { Caller } from '../store/port.ts'

const basicChallenge = 'Basic realm="syncstep", charset="UTF-8"'
const bearerChallenge = 'Bearer realm="syncstep", error="invalid_token"'
/** Browsers answer a Basic challenge with a dialog of their own; a page that has its own login must not cause it. */
export const sessionChallenge = 'Session realm="syncstep"'

const identify = async (authenticator: Authenticator, request: FastifyRequest): Promise<Caller> => {
  const { authorization, 'x-xossession': session } = request.headers
  if (authorization !== undefined && /^basic /i.test(authorization)) {
    return authenticator.basic(authorization, request.ip)
  }
  if (authorization !== undefined && /^bearer /i.test(authorization)) {
    return authenticator.bearer(authorization, request.ip)
  }
  if (typeof session === 'string') return authenticator.session(session)
  throw new CoreError(
    'NOT_AUTHENTICATED',
    'This API requires authentication: send Authorization: Basic, or Bearer with the token of a step, or x-xossession with a session id from POST /xosapi/v1/utility/login',
  )
}

const challengeFor = ({ headers }: FastifyRequest): string => {
  if (/^bearer /i.test(headers.authorization ?? '')) return bearerChallenge
  return headers['x-xossession'] === undefined ? basicChallenge : sessionChallenge
}

/** Who sends a request, settled before a byte of its body is read. */
export type Identification = {
  /** Throws NOT_AUTHENTICATED, and challenges, when the request shows nobody. */
  readonly authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  /** As authenticate, of a request whose answer goes on. Rejects, too, when its caller may do more or less by now. */
  readonly authenticateAgain: (request: FastifyRequest) => Promise<void>
  /** Of a request that was authenticated. */
  readonly callerOf: (request: FastifyRequest) => Caller
}

/** For each server once: its requests get to know their caller. */
export const createIdentification = (
  app: FastifyInstance,
  authenticator: Authenticator,
): Identification => {
  app.decorateRequest('caller')
  const callerOf = (request: FastifyRequest): Caller => request.getDecorator('caller')
  return {
    async authenticate(request, reply) {
      const identity = identify(authenticator, request)
      const caller = await orChallenge(identity, reply, challengeFor(request))
      const traceparent = traceparentFrom(request.headers['traceparent'])
      request.setDecorator<Caller>('caller', { ...caller, face: 'rest', traceparent })
    },
    async authenticateAgain(request) {
      const { isAdmin } = await identify(authenticator, request)
      if (isAdmin === callerOf(request).isAdmin) return
      throw new CoreError('PERMISSION_DENIED', 'The user may do something else by now; ask again')
    },
    callerOf,
  }
}

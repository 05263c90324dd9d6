import type { FastifyInstance } from 'fastify'
import type { Authenticator } from '../access/authenticate.ts'
import { CoreError } from '../errors.ts'
import { refuseOtherMethods } from '../http/server.ts'
import type { Store, Token } from '../store/port.ts'
import { readId } from './find-model.ts'
import type { Identification } from './identify.ts'
import { requireObject } from './read-body.ts'

/** Times in seconds, as all times on the wire. */
const tokenJson = ({ id, step, userId, createdAt, expiresAt }: Token) => ({
  id,
  step,
  user_id: userId,
  created_at: createdAt / 1000,
  ...(expiresAt === undefined ? {} : { expires_at: expiresAt / 1000 }),
})

const readWish = (body: unknown): { readonly step: string; readonly ttlMs: number | undefined } => {
  const { step, ttl, ...rest } = requireObject(body)
  const [unknown] = Object.keys(rest)
  if (unknown === undefined && typeof step === 'string') {
    if (ttl === undefined || ttl === null) return { step, ttlMs: undefined }
    if (typeof ttl === 'number') return { step, ttlMs: ttl * 1000 }
  }
  throw new CoreError(
    'VALIDATION',
    'Expected {"step": "NAME", "ttl": SECONDS}, where ttl may be left out, and nothing else',
  )
}

type ById = { Params: { id: string } }

/** Tokens of steps, for administrators. The text of a token is told once, to the one who makes it. */
export const addTokens = (
  app: FastifyInstance,
  { tokens }: Pick<Store, 'tokens'>,
  authenticator: Pick<Authenticator, 'issueToken'>,
  { authenticate, callerOf }: Identification,
): void => {
  const url = '/xosapi/v1/utility/tokens'
  const onRequest = authenticate
  app.get(url, { onRequest }, async (request) => ({
    items: (await tokens.list(callerOf(request))).map(tokenJson),
  }))
  app.post(url, { onRequest }, async (request) => {
    const { step, ttlMs } = readWish(request.body)
    const issued = await authenticator.issueToken(callerOf(request), step, ttlMs)
    return { ...tokenJson(issued), token: issued.token }
  })
  refuseOtherMethods(app, url, ['GET', 'POST'])

  app.delete<ById>(`${url}/:id`, { onRequest }, async (request) => {
    await tokens.revoke(callerOf(request), readId('token', request.params.id))
    return {}
  })
  refuseOtherMethods(app, `${url}/:id`, ['DELETE'])
}

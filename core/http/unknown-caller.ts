import type { FastifyReply } from 'fastify'
import { isAboutIdentity } from '../access/recheck.ts'
import { CoreError } from '../errors.ts'

/**
 * Waits for an authentication. On HTTP whoever is not known gets 401 and a challenge, wrong credentials
 * included; 403 is for those who are known.
 */
export const orChallenge = async <T>(
  authentication: Promise<T>,
  reply: FastifyReply,
  challenge: string,
): Promise<T> => {
  try {
    return await authentication
  } catch (thrown) {
    if (!isAboutIdentity(thrown)) throw thrown
    reply.header('www-authenticate', challenge)
    throw new CoreError('NOT_AUTHENTICATED', thrown.message)
  }
}

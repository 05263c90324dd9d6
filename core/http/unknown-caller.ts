import type { FastifyReply } from 'fastify'
import { CoreError } from '../errors.ts'

const isAboutIdentity = (thrown: unknown): thrown is CoreError =>
  thrown instanceof CoreError &&
  (thrown.code === 'NOT_AUTHENTICATED' || thrown.code === 'PERMISSION_DENIED')

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

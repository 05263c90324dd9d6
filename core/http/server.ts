import { Socket } from 'node:net'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import { TooManyLogins } from '../access/authenticate.ts'
import { CoreError, errorCatalogue } from '../errors.ts'

/** Largest body of a request, in bytes. */
const bodyLimit = 2 ** 20
/** Longest part of a path that stands for something: the right to complete a call, in characters. */
const maxParamLength = 600

/** Where faults of the core itself are told; clients never see them. A pino logger will do. */
export type FaultLog = { error(fields: object, message: string): void }

/** How errors are answered. */
export type HttpFaceOptions = {
  readonly log: FaultLog
  /** Media type of the bodies it reads, for the answer to another one. */
  readonly bodyType: string
  /** How this face writes an error: media type and text. */
  readonly print: (error: CoreError) => { readonly type: string; readonly text: string }
  /** The status of an error where it is another one than the catalogue says. */
  readonly statusOf?: (error: CoreError) => number
}

// A client that is refused while it still sends gets this long to read the answer before its connection is cut.
const lingerMs = 1000

const isFastifyError = (thrown: unknown): thrown is FastifyError =>
  thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('FST_')

const clientError = (error: FastifyError, bodyType: string): CoreError | undefined => {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new CoreError(
      'TOO_LARGE',
      `Expected a body of at most ${bodyLimit} bytes; send less at a time`,
    )
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    // A page of somebody else can make a browser send any other type, with the password that the browser knows.
    return new CoreError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Expected a body of content type ${bodyType}; with curl, add -H 'Content-Type: ${bodyType}'`,
    )
  }
  if (error.statusCode === undefined || error.statusCode >= 500) return undefined
  return new CoreError('VALIDATION', error.message)
}

const internal = (): CoreError =>
  new CoreError(
    'INTERNAL',
    'The core failed on this request. Its log says why; nothing was written',
  )

/**
 * Whatever was thrown, as the error its client gets:
 *
 * - {@link CoreError}: itself
 * - what fastify finds wrong with a request: TOO_LARGE, UNSUPPORTED_MEDIA_TYPE or VALIDATION
 * - anything else: INTERNAL, without a word of the original
 */
const coreErrorOf = (thrown: unknown, bodyType: string): CoreError => {
  if (thrown instanceof CoreError) return thrown
  return (isFastifyError(thrown) ? clientError(thrown, bodyType) : undefined) ?? internal()
}

/** Asks for the body only when somebody will read it: after authentication, and never when it is too large. */
const continueOnDemand = (app: FastifyInstance): void => {
  app.server.on('checkContinue', (request, response) => {
    app.routing(request, response)
  })
  app.addHook('preParsing', async (request, reply) => {
    const length = Number(request.headers['content-length'] ?? 0)
    if (request.headers.expect !== undefined && length <= bodyLimit) reply.raw.writeContinue()
  })
}

/** Ends the connection of a client that was answered before it had sent its body. */
const cutUnreadBodies = (app: FastifyInstance): void => {
  app.addHook('onResponse', async ({ raw: { complete, socket } }) => {
    // An injected request has no socket.
    if (complete || !(socket instanceof Socket)) return
    const cut = setTimeout(() => socket.destroy(), lingerMs)
    socket.end()
    socket.once('close', () => clearTimeout(cut))
  })
}

const usualStatus = ({ code }: CoreError): number => errorCatalogue[code].http

/** Answers whatever was thrown, and tells the log of faults. */
export const errorAnswer =
  ({ log, bodyType, print, statusOf = usualStatus }: HttpFaceOptions) =>
  (thrown: unknown, reply: FastifyReply): FastifyReply => {
    const error = coreErrorOf(thrown, bodyType)
    if (error.code === 'INTERNAL') {
      const { method, routeOptions } = reply.request
      log.error({ err: thrown, method, route: routeOptions.url }, 'request failed')
    }
    if (error instanceof TooManyLogins) reply.header('retry-after', error.retryAfterSeconds)
    const { type, text } = print(error)
    // Without it fastify would cut the connection at once, and the client might never read this answer.
    reply.removeHeader('connection')
    return reply.code(statusOf(error)).type(type).send(text)
  }

/**
 * A server with the limits every HTTP face has: sizes, times, and errors in the face's own words. It does not
 * listen. Paths that nobody registered answer 404 before anything of the body is read.
 */
export const createHttpFace = (options: HttpFaceOptions): FastifyInstance => {
  const answer = errorAnswer(options)
  const app = Fastify({
    bodyLimit,
    routerOptions: { maxParamLength },
    requestTimeout: 30_000,
    // A client that stops taking its answer, or a request that takes longer than any should.
    connectionTimeout: 300_000,
    http: { headersTimeout: 10_000, maxHeaderSize: 16_384 },
    frameworkErrors: (error, _request, reply) => {
      answer(error, reply)
    },
  })
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    if (!request.is404) return
    throw new CoreError('NOT_FOUND', `There is no ${request.url.slice(0, 200)} here`)
  })
  app.setErrorHandler((thrown, _request, reply) => answer(thrown, reply))
  continueOnDemand(app)
  cutUnreadBodies(app)
  return app
}

/** Answers 405 with `Allow` to every method of the path that has no route. */
export const refuseOtherMethods = (
  app: FastifyInstance,
  url: string,
  allowed: readonly string[],
): void => {
  // A route for GET answers HEAD as well.
  const answered = new Set([...allowed, ...(allowed.includes('GET') ? ['HEAD'] : [])])
  const allow = [...answered].join(', ')
  const refuse = async (_request: unknown, reply: FastifyReply): Promise<never> => {
    reply.header('allow', allow)
    throw new CoreError('METHOD_NOT_ALLOWED', `Expected one of ${allow} here`)
  }
  const method = app.supportedMethods.filter((name) => !answered.has(name))
  app.route({ method, url, onRequest: refuse, handler: refuse })
}

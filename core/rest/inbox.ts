import { createHash, timingSafeEqual } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ContractError, decodeEvents, type CloudEvent } from '#contract'
import { CoreError, errorCatalogue, type ErrorCode } from '../errors.ts'
import { isDeeper } from '../http/depth.ts'
import { errorAnswer, refuseOtherMethods, type FaultLog } from '../http/server.ts'
import type { Acceptance, Store } from '../store/port.ts'
import type { Identification } from './identify.ts'

export type InboxOptions = {
  /** Texts any of which, at the end of the address, lets in who can show nothing else. */
  readonly secrets: readonly string[]
  /** Is told what became of each request's events. */
  readonly received: (acceptance: Acceptance) => void
}

/** No body is deeper: what walks it could exhaust the stack. */
const mostLevels = 100

/** How long senders are to wait for the database. */
const retryAfterSeconds = 5

const codes: Readonly<Record<string, ErrorCode>> = {
  EVENT_TOO_LARGE: 'TOO_LARGE',
  EVENT_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
}

/** Sources of Kafka say nothing of the type when the record did not; what is sent like this is JSON, or is refused. */
const headersOf = ({ raw, headers }: FastifyRequest, body: Uint8Array): readonly string[] =>
  headers['content-type'] === undefined && body.length > 0
    ? [...raw.rawHeaders, 'content-type', 'application/json']
    : raw.rawHeaders

const eventsIn = (request: FastifyRequest): readonly CloudEvent[] => {
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
  try {
    const decoded = decodeEvents(headersOf(request, body), body)
    return 'id' in decoded ? [decoded] : decoded
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    throw new CoreError(codes[error.code] ?? 'VALIDATION', error.message)
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Takes as long for a text that is nearly right as for any other. */
const isOneOf = (secrets: readonly string[], text: string): boolean => {
  const digest = digestOf(text)
  return secrets.filter((secret) => timingSafeEqual(digestOf(secret), digest)).length > 0
}

/** RFC 9457: senders are no clients of XOS. */
const print = (error: CoreError): { readonly type: string; readonly text: string } => {
  const status = errorCatalogue[error.code].http
  const problem = { status, code: error.code, title: STATUS_CODES[status], detail: error.message }
  return { type: 'application/problem+json', text: JSON.stringify(problem) }
}

type WithSecret = { Params: { secret: string } }

/**
 * POST /events, /events/SECRET: CloudEvents for event steps, in any mode. They are stored when 202 is answered, with
 * nothing in it: a broker would take a body for an event that it has to bring on.
 */
export const addInbox = (
  app: FastifyInstance,
  { deliveries }: Pick<Store, 'deliveries'>,
  log: FaultLog,
  { secrets, received }: InboxOptions,
  { authenticate }: Identification,
): void => {
  const requireSecret = async ({ params }: FastifyRequest<WithSecret>): Promise<void> => {
    if (isOneOf(secrets, params.secret)) return
    throw new CoreError('NOT_AUTHENTICATED', 'This is no address that events are taken at')
  }

  // The bodies of other routes are not read as these are, nor are their errors told like this.
  void app.register(async (inbox) => {
    inbox.removeAllContentTypeParsers()
    inbox.addContentTypeParser('*', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) => body)
    const answer = errorAnswer({ log, bodyType: 'application/cloudevents+json', print })
    inbox.setErrorHandler((thrown, _request, reply) => {
      const isAway = thrown instanceof CoreError && thrown.code === 'UNAVAILABLE'
      if (isAway) reply.header('retry-after', retryAfterSeconds)
      return answer(thrown, reply)
    })

    const take = async (request: FastifyRequest): Promise<void> => {
      const events = eventsIn(request)
      if (events.some(({ data }) => isDeeper(data, mostLevels))) {
        throw new CoreError('VALIDATION', `Expected data of at most ${mostLevels} levels`)
      }
      received(await deliveries.accept(events))
    }
    inbox.post('/events', { onRequest: authenticate }, async (request, reply) => {
      await take(request)
      return reply.code(202).send()
    })
    refuseOtherMethods(inbox, '/events', ['POST'])
    inbox.post<WithSecret>(
      '/events/:secret',
      { onRequest: requireSecret },
      async (request, reply) => {
        await take(request)
        return reply.code(202).send()
      },
    )
    refuseOtherMethods(inbox, '/events/:secret', ['POST'])
  })
}

import type { Incoming } from './incoming.ts'
import { problemReply, type Reply } from './reply.ts'

/** Names of senders, such as `eventgrid.example.com`, that may ask whether they can send events; `*` for all. */
export type AllowedOrigins = readonly string[]

const refused = (origin: string): Reply =>
  problemReply({
    status: 403,
    code: 'ORIGIN_NOT_ALLOWED',
    title: 'Not for you',
    detail: `Events from ${JSON.stringify(origin.slice(0, 200))} are not taken here`,
  })

/**
 * The answer to a sender that asks before it sends (CloudEvents webhooks 1.0, section 4). Undefined when nobody may ask, or
 * the request asks for something else.
 */
export const consentReply = (
  { header }: Pick<Incoming, 'header'>,
  origins: AllowedOrigins,
): Reply | undefined => {
  const origin = header('webhook-request-origin')
  if (origin === undefined || origins.length === 0) return undefined
  if (!origins.includes('*') && !origins.includes(origin)) return refused(origin)
  return {
    status: 200,
    headers: {
      'webhook-allowed-origin': origin,
      'webhook-allowed-rate': '*',
      allow: 'GET, POST, OPTIONS',
      'content-length': 0,
    },
    body: '',
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { maxEventBytes } from '#contract'
import type { Incoming } from './incoming.ts'
import type { Log } from './log.ts'
import { internal } from './refusals.ts'
import type { Reply } from './reply.ts'

/** Bodies that are too large are read on up to here, so that their sender can hear the answer. */
const maxDiscardedBytes = 8 * maxEventBytes

/** The body; undefined when it is too large. Rejects when the sender goes away. */
const readBody = (request: IncomingMessage): Promise<Uint8Array | undefined> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxEventBytes) chunks.push(chunk)
      else if (size > maxDiscardedBytes) resolve(undefined)
    })
    request.on('end', () => {
      const [first, ...more] = chunks
      const whole = first === undefined || more.length > 0 ? Buffer.concat(chunks) : first
      resolve(size > maxEventBytes ? undefined : whole)
    })
    request.on('error', reject)
  })

/** What servers that read bodies by themselves leave of them: `rawBody` of functions-framework, `body` of express.raw. */
const readAlready = (request: IncomingMessage): Uint8Array | undefined =>
  [Reflect.get(request, 'rawBody'), Reflect.get(request, 'body')].find(
    (body): body is Uint8Array => body instanceof Uint8Array,
  )

const bodyOf = (request: IncomingMessage): Promise<Uint8Array | undefined> => {
  if (!request.readableDidRead) return readBody(request)
  const body = readAlready(request)
  if (body === undefined) {
    return Promise.reject(
      new Error('The body was read before the step saw it. Put no parser of bodies before it'),
    )
  }
  return Promise.resolve(body.length > maxEventBytes ? undefined : body)
}

/** A request to a server of Node.js. */
export const nodeIncoming = (request: IncomingMessage, response: ServerResponse): Incoming => ({
  method: request.method ?? '',
  headers: request.rawHeaders,
  header(name) {
    const value = request.headers[name]
    return typeof value === 'string' ? value : undefined
  },
  body: () => bodyOf(request),
  onGone(callback) {
    if (response.destroyed) callback()
    response.once('close', () => {
      if (!response.writableFinished) callback()
    })
  },
})

const writeReply = (response: ServerResponse, { status, headers, body }: Reply): void => {
  response.writeHead(status, headers)
  response.end(body)
}

/** Writes the reply when it is there. Never rejects: what failed goes to the log. */
export const respond = async (
  reply: Promise<Reply>,
  request: IncomingMessage,
  response: ServerResponse,
  log: Log,
): Promise<void> => {
  try {
    writeReply(response, await reply)
  } catch (error) {
    // Without a whole request there is nobody to answer: its sender went away.
    if (!request.complete) {
      response.destroy()
      return
    }
    log.error({ err: error }, 'Request failed')
    writeReply(response, internal)
  }
}

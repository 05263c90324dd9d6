import { Agent, request as openHttp, type IncomingMessage } from 'node:http'
import { Agent as SecureAgent, request as openHttps } from 'node:https'
import type { Exchange, HttpRequest, Reply } from '#conformance'

const longestAnswer = 1024 * 1024

const readAnswer = async (incoming: IncomingMessage): Promise<Reply> => {
  const { statusCode: status = 0, headers } = incoming
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > longestAnswer) {
      return { failure: { kind: 'too-large', detail: 'The answer is longer than 1 MiB' } }
    }
    chunks.push(chunk)
  }
  const header = (name: string): string | undefined => {
    const value = headers[name]
    return typeof value === 'string' ? value : value?.[0]
  }
  return { answer: { status, header, body: Buffer.concat(chunks).toString('utf8') } }
}

/** Of a name with several addresses all errors come at once, and no text of their own. */
const textOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}

const failureOf = (
  error: unknown,
  signal: AbortSignal,
  kind: 'no-connection' | 'cut-off',
): Reply => ({
  failure: signal.aborted
    ? { kind: 'deadline', detail: textOf(signal.reason) }
    : { kind, detail: textOf(error) },
})

/** Asks one function over HTTP/1.1: by a connection of its own each time, unless the request keeps it. */
export const exchangeWith = (origin: string): Exchange => {
  const isSecure = new URL(origin).protocol === 'https:'
  const one = { keepAlive: true, maxSockets: 1 }
  const kept = isSecure ? new SecureAgent(one) : new Agent(one)

  const open = ({ method, url, headers, body, keepsConnection }: HttpRequest) => {
    const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) }
    const agent = keepsConnection === true ? kept : false
    const options = { method, headers: { ...headers, ...length }, agent }
    return isSecure ? openHttps(url, options) : openHttp(url, options)
  }

  return (request, signal) =>
    new Promise((resolve) => {
      const outgoing = open(request)
      const abort = (): void => {
        outgoing.destroy()
      }
      const settle = (reply: Reply): void => {
        signal.removeEventListener('abort', abort)
        resolve(reply)
      }
      let answered = false
      outgoing.once('response', (incoming: IncomingMessage) => {
        answered = true
        readAnswer(incoming).then(settle, (error: unknown) => {
          settle(failureOf(error, signal, 'cut-off'))
        })
      })
      // Who answers before the whole body has come may close the connection: what it said counts.
      outgoing.on('error', (error) => {
        if (!answered) settle(failureOf(error, signal, 'no-connection'))
      })
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) abort()

      const body = Buffer.from(request.body)
      const half = request.rest === undefined ? 0 : body.length >> 1
      if (half > 0) outgoing.write(body.subarray(0, half))
      void (request.rest ?? Promise.resolve()).then(() => outgoing.end(body.subarray(half)))
    })
}

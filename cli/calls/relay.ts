import {
  Agent as HttpAgent,
  createServer,
  request as callHttp,
  type IncomingMessage,
  type Server,
} from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { maxEventBytes, type Clock, type NoAnswer } from '#contract'
import { Failure } from '../failure.ts'
import { tellingOf, type Answered } from './call.ts'

/** One request to a function, and what came of it. */
export type Exchange = {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly durationMs: number
  readonly rawHeaders: readonly string[]
  /** Undefined when it is longer than an event may be. */
  readonly body: Uint8Array | undefined
} & ({ readonly answer: Answered } | { readonly failure: NoAnswer })

type RelayOptions = {
  /** Of the function. What is asked for at a path below it is asked for there. */
  readonly url: string
  readonly clock: Clock
  /** Told of each POST to the function itself once it is over. */
  readonly onExchange: (exchange: Exchange) => void
}

/** A server that hands on what it is asked, as it is, and tells of it. */
export type Relay = {
  /** Port 0 takes any. @throws Failure when the port cannot be had. */
  listen(port: number, host: string): Promise<AddressInfo>
  /** Takes nothing more, and lets what is under way end for at most `graceMs`. */
  close(graceMs: number): Promise<void>
}

/** They belong to one connection, not to the message. */
const ofConnection = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const passedOn = (rawHeaders: readonly string[], but: readonly string[] = []): string[] => {
  const passed: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    const key = name.toLowerCase()
    if (!ofConnection.has(key) && !but.includes(key)) passed.push(name, value)
  }
  return passed
}

/** Its own host, by which gateways tell services from each other, and the length or the lack of one. */
const requestHeaders = ({ rawHeaders, headers }: IncomingMessage, { host }: URL): string[] => {
  const body = headers['transfer-encoding'] === undefined ? [] : ['Transfer-Encoding', 'chunked']
  return ['Host', host, ...passedOn(rawHeaders, ['host']), ...body]
}

const pathAt = ({ pathname, search }: URL, asked: string): string =>
  asked === '/' || asked === '' ? pathname + search : pathname.replace(/\/$/, '') + asked

/** Keeps what a stream brings while it goes elsewhere. Answers how to look at it; undefined when it is too long. */
const gather = (stream: Readable): (() => Buffer | undefined) => {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= maxEventBytes) chunks.push(chunk)
  })
  return () => (size > maxEventBytes ? undefined : Buffer.concat(chunks))
}

const tooLarge: NoAnswer = {
  kind: 'too-large',
  detail: `Expected an answer of at most ${maxEventBytes} bytes, got more`,
}

const answerOf = (
  { statusCode = 0, headers }: IncomingMessage,
  body: Buffer | undefined,
): { readonly answer: Answered } | { readonly failure: NoAnswer } => {
  if (body === undefined) return { failure: tooLarge }
  const header = (name: string): string | undefined => {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined
    return Array.isArray(value) ? value[0] : value
  }
  const answered = { status: statusCode, headers: tellingOf(header), body: body.toString('utf8') }
  return { answer: answered }
}

const listen = (server: Server, port: number, host: string): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.message
      reject(new Failure(`Cannot listen on port ${port} of ${host}: ${code}. Set --port.`))
    })
    server.listen(port, host, () => resolve(server.address() as AddressInfo))
  })

const timeouts = {
  // The function decides how long it takes.
  requestTimeout: 0,
  // Callers reuse connections that are idle for up to 90 s.
  keepAliveTimeout: 100_000,
}

/** For connections to the function, shorter than functions keep them open. */
const idleConnectionMs = 90_000

export const createRelay = ({ url, clock, onExchange }: RelayOptions): Relay => {
  const target = new URL(url)
  const agentOptions = { keepAlive: true, timeout: idleConnectionMs }
  const agent =
    target.protocol === 'https:' ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions)

  const server = createServer(timeouts, (request, response) => {
    const at = clock.now()
    const sent = gather(request)
    let isOver = false

    const end = (came: { readonly answer: Answered } | { readonly failure: NoAnswer }): void => {
      if (isOver) return
      isOver = true
      if (request.method !== 'POST' || request.url !== '/') return
      const { rawHeaders } = request
      onExchange({ at, durationMs: clock.now() - at, rawHeaders, body: sent(), ...came })
    }

    // The agent decides whether that is over TLS.
    const call = callHttp({
      protocol: target.protocol,
      // Of an IPv6 address, without its brackets.
      hostname: target.hostname.replace(/^\[|\]$/g, ''),
      port: target.port,
      agent,
      method: request.method ?? 'GET',
      path: pathAt(target, request.url ?? '/'),
      headers: requestHeaders(request, target),
    })

    const fail = (kind: NoAnswer['kind'], { message }: Error): void => {
      end({ failure: { kind, detail: message } })
      if (response.destroyed) return
      if (response.headersSent) response.destroy()
      else response.writeHead(502, { 'content-type': 'text/plain' }).end(`${message}\n`)
    }

    response.once('close', () => {
      if (response.writableFinished) return
      const detail = `The caller went away after ${clock.now() - at} ms`
      end({ failure: { kind: 'deadline', detail } })
      call.destroy()
    })

    call.on('error', (error) => fail('no-connection', error))
    call.on('response', (answer) => {
      const got = gather(answer)
      answer.on('error', (error) => fail('cut-off', error))
      answer.on('end', () => end(answerOf(answer, got())))
      response.writeHead(answer.statusCode ?? 502, passedOn(answer.rawHeaders))
      answer.pipe(response)
    })
    request.pipe(call)
  })

  return {
    listen: (port, host) => listen(server, port, host),

    close: (graceMs) =>
      new Promise((resolve) => {
        const cancel = clock.after(graceMs, () => server.closeAllConnections())
        server.close(() => {
          cancel()
          agent.destroy()
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { maxEventBytes, type Clock, type CoreAccess } from '#contract'
import { nameOfStep, type AnyStep } from './any-step.ts'
import type { Callers } from './callers.ts'
import type { AllowedOrigins } from './consent.ts'
import { createFunction, type AnswerIncoming } from './function.ts'
import type { Incoming } from './incoming.ts'
import type { Log } from './log.ts'
import { nodeIncoming, respond } from './node-incoming.ts'
import { internal } from './refusals.ts'
import type { Reply } from './reply.ts'
import { processClock, processCore, processLog } from './this-process.ts'

export type HandlerOptions = {
  readonly callers: Callers
  /** @default nobody */
  readonly allowedOrigins?: AllowedOrigins
  /**
   * Name of the function, for people.
   *
   * @default the model that the step observes, if any
   */
  readonly name?: string
  /** @default lines of JSON on the standard output */
  readonly log?: Log
  /** @default the time of this process */
  readonly clock?: Clock
  /**
   * What calls may do in the core that bring no access of their own.
   *
   * @default nothing
   */
  readonly core?: CoreAccess
  /**
   * How steps ask the core.
   *
   * @default that of this process
   */
  readonly fetch?: typeof fetch
}

type Served = { readonly answer: AnswerIncoming; readonly log: Log }

const serveWith = (step: AnyStep, options: HandlerOptions): Served => {
  const { name = nameOfStep(step), log = processLog, clock = processClock } = options
  const own = processCore(options.core)
  const core = { ...own, fetch: options.fetch ?? own.fetch }
  const { answer } = createFunction(step, { ...options, name, log, clock, core })
  return { answer, log }
}

/**
 * A step for a server of Node.js that somebody else runs: `createServer(handler)`, a route of express, the HTTP signature
 * of functions-framework. Whatever path it is given it takes for its own; probes, limits of time and the end are the
 * server's. Throws TypeError when nobody could call it.
 */
export const toNodeHandler = (
  step: AnyStep,
  options: HandlerOptions,
): ((request: IncomingMessage, response: ServerResponse) => void) => {
  const { answer, log } = serveWith(step, options)
  return (request, response) => {
    void respond(answer(nodeIncoming(request, response)), request, response, log)
  }
}

const readBody = async ({ body }: Request): Promise<Uint8Array | undefined> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > maxEventBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const fetchIncoming = (request: Request): Incoming => ({
  method: request.method,
  headers: Object.fromEntries(request.headers),
  header: (name) => request.headers.get(name) ?? undefined,
  body: () => readBody(request),
  onGone(callback) {
    if (request.signal.aborted) callback()
    else request.signal.addEventListener('abort', callback, { once: true })
  },
})

const responseOf = ({ status, headers, body }: Reply): Response => {
  const own = Object.entries(headers).filter(([name]) => name !== 'connection')
  return new Response(body === '' ? null : body, {
    status,
    headers: own.map(([name, value]): [string, string] => [name, String(value)]),
  })
}

/**
 * A step for a server that speaks the Fetch API: Deno, Bun, Hono, edge runtimes. As {@link toNodeHandler} else. Never
 * rejects.
 */
export const toFetchHandler = (
  step: AnyStep,
  options: HandlerOptions,
): ((request: Request) => Promise<Response>) => {
  const { answer, log } = serveWith(step, options)
  return async (request) => {
    try {
      return responseOf(await answer(fetchIncoming(request)))
    } catch (error) {
      log.error({ err: error }, 'Request failed')
      return responseOf(internal)
    }
  }
}

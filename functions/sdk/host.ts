import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import {
  completionAttribute,
  ContractError,
  decodeChange,
  maxEventBytes,
  type ChangeEvent,
  type Clock,
  type CloudEvent,
} from '#contract'
import { boundLog, type Log } from './log.ts'
import { jsonReply, problemReply, replyOfOutcome, textReply, type Reply } from './reply.ts'
import { runChange } from './run-change.ts'
import type { Step } from './step.ts'

export type HostOptions = {
  /** Name of the function, for people. */
  readonly name: string
  readonly log: Log
  readonly clock: Clock
  /** What callers must send as `Authorization: Bearer`. Without it everybody may call. */
  readonly token?: string
}

export type Host = {
  readonly server: Server
  /** Rejects when the port cannot be had. Port 0 takes any. */
  listen(port: number, address?: string): Promise<AddressInfo>
  /**
   * Takes no more calls, lets those under way finish for at most `graceMs`, then cuts them off. Resolves when all
   * connections are closed.
   */
  close(graceMs: number): Promise<void>
}

/** Bodies that are too large are read on up to here, so that their sender can hear the answer. */
const maxDiscardedBytes = 8 * maxEventBytes

/** How long a connection that has not asked for anything yet may hold up the end. */
const silentGraceMs = 1000

const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Proxies reuse connections that are idle for up to 90 s; closing earlier would make their calls fail.
  keepAliveTimeout: 100_000,
}

const tooLarge: Reply = problemReply(
  {
    status: 413,
    code: 'EVENT_TOO_LARGE',
    title: 'Too large',
    detail: `Expected a body of at most ${maxEventBytes} bytes`,
  },
  { connection: 'close' },
)

const unauthorized: Reply = problemReply(
  {
    status: 401,
    code: 'UNAUTHORIZED',
    title: 'Not for you',
    detail: 'Expected the header Authorization: Bearer with the token of this function',
  },
  { 'www-authenticate': 'Bearer' },
)

const draining: Reply = problemReply(
  { status: 503, code: 'DRAINING', title: 'Stopping', detail: 'The function is being stopped' },
  { 'retry-after': '1' },
)

const internal: Reply = problemReply({
  status: 500,
  code: 'INTERNAL',
  title: 'The host failed',
  detail: 'The function host failed; its log says why',
})

const notFound = (path: string): Reply =>
  problemReply({
    status: 404,
    code: 'NOT_FOUND',
    title: 'No such path',
    detail: `Expected /, /health/liveness or /health/readiness, got ${path.slice(0, 200)}`,
  })

const wrongMethod = (method: string, allow: string): Reply =>
  problemReply(
    {
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      title: 'No such method here',
      detail: `Expected ${allow}, got ${method}`,
    },
    { allow },
  )

const wrongModel = (observes: string, model: string): Reply =>
  problemReply({
    status: 422,
    code: 'WRONG_MODEL',
    title: 'Not my model',
    detail: `Expected a record of ${observes}, got one of ${model}; check the URL of the step`,
  })

const tooLate = (lateMs: number): Reply =>
  problemReply({
    status: 500,
    code: 'TOO_LATE',
    title: 'Too late',
    detail: `The deadline had passed ${lateMs} ms before the change arrived; nothing was done. Compare the clocks of both ends`,
  })

const malformed = ({ status, code, message }: ContractError): Reply =>
  problemReply({ status, code, title: 'Not a change event', detail: message })

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compares digests, so that neither the time nor the length tells anything about the token. */
const authorizer = (token: string | undefined): ((request: IncomingMessage) => boolean) => {
  if (token === undefined) return () => true
  if (token === '') throw new TypeError('Expected the token of a function not to be empty')
  const expected = digest(token)
  return ({ headers }) => {
    const given = /^Bearer +(.*)$/i.exec(headers.authorization ?? '')?.[1]
    return timingSafeEqual(digest(given ?? ''), expected)
  }
}

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

const decoded = (request: IncomingMessage, body: Uint8Array): ChangeEvent | Reply => {
  try {
    return decodeChange(request.headersDistinct, body)
  } catch (error) {
    if (error instanceof ContractError) return malformed(error)
    throw error
  }
}

const completionUrlOf = ({ extensions }: CloudEvent): string | undefined => {
  const url = extensions[completionAttribute]
  return typeof url === 'string' ? url : undefined
}

/** A server for one step. It neither listens yet nor reads the environment nor ends the process. */
export const createHost = <R>(step: Step<R>, options: HostOptions): Host => {
  const { name, log, clock } = options
  const isAuthorized = authorizer(options.token)
  const description = jsonReply({
    step: name,
    observes: step.observes,
    include: step.include ?? [],
  })
  let stopping = false

  /** Runs the step while somebody waits for its answer. */
  const run = async (
    { change, event, deadline = Infinity }: ChangeEvent,
    response: ServerResponse,
  ): Promise<Reply> => {
    const leftMs = deadline - clock.now()
    if (leftMs <= 0) return tooLate(-leftMs)
    const controller = new AbortController()
    const cancel = clock.after(leftMs, () =>
      controller.abort(new Error('The deadline of the change has passed')),
    )
    response.once('close', () => {
      if (!response.writableFinished) controller.abort(new Error('The caller has gone'))
    })
    const bound = { model_name: change.model, pk: change.record['id'], event_id: event.id }
    const context = {
      log: boundLog(log, bound),
      signal: controller.signal,
      completionUrl: completionUrlOf(event),
    }
    const outcome = await runChange(step, change, context)
    cancel()
    return replyOfOutcome(outcome)
  }

  const takeChange = async (request: IncomingMessage, response: ServerResponse): Promise<Reply> => {
    if (stopping) return draining
    const body = await readBody(request)
    if (body === undefined) return tooLarge
    const event = decoded(request, body)
    if ('status' in event) return event
    if (event.change.model !== step.observes) return wrongModel(step.observes, event.change.model)
    return run(event, response)
  }

  const replyTo = async (request: IncomingMessage, response: ServerResponse): Promise<Reply> => {
    const { method = '', url = '' } = request
    const path = url.split('?', 1)[0] ?? ''
    const reads = method === 'GET' || method === 'HEAD'
    switch (path) {
      case '/':
        if (!isAuthorized(request)) return unauthorized
        if (reads) return description
        return method === 'POST' ? takeChange(request, response) : wrongMethod(method, 'GET, POST')
      case '/health/liveness':
        return reads ? textReply(200, 'OK') : wrongMethod(method, 'GET')
      case '/health/readiness':
        if (!reads) return wrongMethod(method, 'GET')
        return stopping ? textReply(503, 'stopping') : textReply(200, 'OK')
      default:
        return notFound(path)
    }
  }

  const write = (response: ServerResponse, { status, headers, body }: Reply): void => {
    if (stopping) response.setHeader('connection', 'close')
    response.writeHead(status, headers)
    response.end(body)
  }

  // Connections without a request so far: the server counts them as busy, and would wait for them at the end.
  const silent = new Set<Socket>()

  const server = createServer(timeouts, (request, response) => {
    silent.delete(request.socket)
    replyTo(request, response).then(
      (reply) => write(response, reply),
      (error: unknown) => {
        // Without a whole request there is nobody to answer: its sender went away.
        if (!request.complete) {
          response.destroy()
          return
        }
        log.error({ err: error }, 'Request failed')
        write(response, internal)
      },
    )
  })

  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })

  return {
    server,

    listen: (port, address) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, address, () => {
          server.off('error', reject)
          resolve(server.address() as AddressInfo)
        })
      }),

    close: (graceMs) =>
      new Promise((resolve) => {
        stopping = true
        const cancelSilent = clock.after(Math.min(graceMs, silentGraceMs), () => {
          for (const socket of silent) socket.destroy()
        })
        const cancelAll = clock.after(graceMs, () => server.closeAllConnections())
        server.close(() => {
          cancelSilent()
          cancelAll()
          resolve()
        })
      }),
  }
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { AnyStep } from './any-step.ts'
import { createFunction, type FunctionOptions } from './function.ts'
import { nodeIncoming, respond } from './node-incoming.ts'
import { draining, notFound, wrongMethod } from './refusals.ts'
import { textReply, type Reply } from './reply.ts'

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

/** Longer than any call that is worth finishing; Knative kills at `timeoutSeconds` in any case. */
export const drainMs = 30_000

/** How long a connection that has not asked for anything yet may hold up the end. */
const silentGraceMs = 1000

const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Proxies reuse connections that are idle for up to 90 s; closing earlier would make their calls fail.
  keepAliveTimeout: 100_000,
}

/** A server for one step. It neither listens yet nor reads the environment nor ends the process. */
export const createHost = (step: AnyStep, options: FunctionOptions): Host => {
  const { log, clock } = options
  const { answer, answerMetrics } = createFunction(step, options)
  let stopping = false

  const probe = (method: string, reply: () => Reply): Reply =>
    method === 'GET' || method === 'HEAD' ? reply() : wrongMethod(method, 'GET')

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<Reply> => {
    const { method = '', url = '' } = request
    const path = url.split('?', 1)[0] ?? ''
    switch (path) {
      case '/':
        if (stopping && method === 'POST') return draining
        return answer(nodeIncoming(request, response))
      case '/health/liveness':
        return probe(method, () => textReply(200, 'OK'))
      case '/health/readiness':
        return probe(method, () => (stopping ? textReply(503, 'stopping') : textReply(200, 'OK')))
      case '/metrics':
        return probe(method, () => answerMetrics(nodeIncoming(request, response)))
      default:
        return notFound(path)
    }
  }

  const replyTo = async (request: IncomingMessage, response: ServerResponse): Promise<Reply> => {
    const reply = await route(request, response)
    if (stopping) response.setHeader('connection', 'close')
    return reply
  }

  // Connections without a request so far: the server counts them as busy, and would wait for them at the end.
  const silent = new Set<Socket>()

  const server = createServer(timeouts, (request, response) => {
    silent.delete(request.socket)
    void respond(replyTo(request, response), request, response, log)
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

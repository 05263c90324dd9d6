import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cannotListen } from '../listening.ts'
import type { Handle } from './serve.ts'

/** Where the steps of a project are reached, as if there were Knative's gateway and the names of a cluster. */
export type Proxy = {
  /** Answers the step at an address of its own, too: for those who cannot name a host freely. */
  add(step: string, handle: Handle): Promise<string>
  /** All steps at one port by their hosts, NAME.NAMESPACE.svc.cluster.local. Answers the port. @throws SetupError */
  listen(port: number): Promise<number>
  close(): Promise<void>
}

const host = '127.0.0.1'

const timeouts = {
  // A request is not read while it waits for its turn.
  requestTimeout: 0,
  // Clients of Go's kind, and ours, reuse connections that are idle for up to 90 s.
  keepAliveTimeout: 100_000,
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(cannotListen({ face: 'steps', flag: 'port of emulator.yaml', port, host }, error)),
    )
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })

/** The step that a Host header names, in any of the three spellings a cluster knows. */
const stepOfHost = (given: string, namespace: string): string | undefined => {
  const name = given.toLowerCase().replace(/:\d+$/, '')
  const endings = ['', '.svc', '.svc.cluster.local'].map((rest) => `.${namespace}${rest}`)
  const ending = endings.find((each) => name.endsWith(each))
  return ending === undefined ? undefined : name.slice(0, -ending.length)
}

export const createProxy = (namespace: string): Proxy => {
  const handles = new Map<string, Handle>()
  const servers: Server[] = []

  const serve = (
    port: number,
    handleOf: (request: IncomingMessage) => Handle | undefined,
  ): Promise<number> => {
    const server = createServer(timeouts, (request: IncomingMessage, response: ServerResponse) => {
      const handle = handleOf(request)
      if (handle === undefined) response.writeHead(404).end()
      else void handle(request, response)
    })
    servers.push(server)
    return listen(server, port)
  }

  return {
    async add(step, handle) {
      handles.set(step, handle)
      return `http://${host}:${await serve(0, () => handle)}/`
    },

    listen: (port) =>
      serve(port, ({ headers }) => handles.get(stepOfHost(headers.host ?? '', namespace) ?? '')),

    async close() {
      await Promise.all(
        servers.map(
          (server) =>
            new Promise<void>((resolve) => {
              server.close(() => resolve())
              server.closeAllConnections()
            }),
        ),
      )
    },
  }
}

import { createServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net'
import type { Server, ServerCredentials } from '@grpc/grpc-js'

export type Connection = {
  /** As gRPC tells it: `127.0.0.1:4711`. */
  readonly peer: string
  /** Ends when what is under way was answered, or after that time. Takes no new calls. */
  drain(graceMs: number): void
  /** At once. */
  cut(): void
}

/**
 * The ports of a gRPC server. They are ours and not the library's, so that they can be closed for a while, and each
 * connection ended by itself.
 */
export type Doors = {
  /**
   * Answers the port, which is another than asked for only when that was 0. When it cannot listen it rejects with
   * an error whose `code` is Node's (`EADDRINUSE`, ...).
   */
  open(port: number, host: string, credentials: ServerCredentials): Promise<number>
  connections(): ReadonlySet<Connection>
  /** Refuses new connections. Those that there are stay. */
  shut(): void
  /** Lets new connections in again. Rejects like open. */
  reopen(): Promise<void>
}

type Door = {
  readonly port: number
  readonly host: string
  readonly credentials: ServerCredentials
  server: TcpServer
}

const maxConnections = 1000

const at = (port: number, host: string): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

const cannotListen = (error: NodeJS.ErrnoException, port: number, host: string): Error => {
  const { code } = error
  const failure = new Error(`Cannot listen for gRPC on ${at(port, host)}: ${code ?? error.message}`)
  return Object.assign(failure, code === undefined ? {} : { code })
}

const listen = (server: TcpServer, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const refuse = (error: Error): void => {
      reject(cannotListen(error, port, host))
    }
    server.once('error', refuse)
    server.listen({ port, host }, () => {
      server.off('error', refuse)
      resolve((server.address() as AddressInfo).port)
    })
  })

const peerOf = ({ remoteAddress, remotePort }: Socket): string =>
  `${remoteAddress ?? ''}:${remotePort ?? 0}`

export const createDoors = (grpc: Server): Doors => {
  const doors: Door[] = []
  const connections = new Set<Connection>()

  const accept = (socket: Socket, credentials: ServerCredentials): void => {
    // One for each connection, because all connections of one are drained together.
    const injector = grpc.createConnectionInjector(credentials)
    const connection: Connection = {
      peer: peerOf(socket),
      drain: (graceMs) => {
        injector.drain(graceMs)
      },
      cut: () => socket.destroy(),
    }
    connections.add(connection)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      connections.delete(connection)
      injector.destroy()
    })
    injector.injectConnection(socket)
  }

  const serverFor = (credentials: ServerCredentials): TcpServer => {
    const server = createServer({ noDelay: true }, (socket) => {
      accept(socket, credentials)
    })
    server.maxConnections = maxConnections
    return server
  }

  return {
    async open(port, host, credentials) {
      const server = serverFor(credentials)
      const bound = await listen(server, port, host)
      doors.push({ port: bound, host, credentials, server })
      return bound
    },

    connections: () => connections,

    shut() {
      for (const { server } of doors) server.close()
    },

    async reopen() {
      for (const door of doors) {
        door.server = serverFor(door.credentials)
        await listen(door.server, door.port, door.host)
      }
    },
  }
}

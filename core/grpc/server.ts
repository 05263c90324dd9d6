import {
  logVerbosity,
  Server,
  ServerCredentials,
  setLogVerbosity,
  type ServerInterceptor,
} from '@grpc/grpc-js'
import { dispatchLimits, dispatchService, type Clock } from '#contract'
import { addDispatchService, type DispatchServiceOptions } from './dispatch-service.ts'
import { createDoors } from './doors.ts'
import { addHealthService } from './health.ts'
import { createRestart, type SchemaChange } from './restart.ts'
import { boundStrangers } from './strangers.ts'
import { addXosServices, type XosOptions } from './xos-services.ts'

export type GrpcOptions = DispatchServiceOptions & {
  readonly clock: Clock
  /** See every call before the services do. */
  readonly interceptors?: readonly ServerInterceptor[]
  /** What clients of XOS ask for; without it there are dispatchers only. */
  readonly xos?: XosOptions & { readonly schemaChange: SchemaChange }
  /** Adds services of its own, and answers their full names. */
  readonly services?: (server: Server) => readonly string[]
}

/** PEM texts of a server's certificate, with those that lead to its authority, and of its key. */
export type TlsMaterial = { readonly cert: string; readonly key: string }

export type GrpcFace = {
  /**
   * Plaintext: credentials travel readable, so the port belongs on a trusted network. Answers the port, which is
   * another than asked for only when that was 0. When it cannot listen it rejects with an error whose `code` is
   * Node's (`EADDRINUSE`, ...).
   */
  listen(port: number, host: string): Promise<number>
  /** The same services, behind TLS. Rejects like listen, and when the material is none. */
  listenTls(port: number, host: string, material: TlsMaterial): Promise<number>
  /** Ends streams as {@link addDispatchService} says; what is still open after `graceMs` is cut off. */
  close(graceMs: number): Promise<void>
}

const serverOptions = {
  // As much as a dispatcher may send; services for others take less, and strangers may send less.
  'grpc.max_receive_message_length': dispatchLimits.messageBytes,
  'grpc.max_concurrent_streams': 64,
  // A dispatcher whose machine vanished says nothing: its leases end when it misses a ping.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc-node.max_session_memory': 128,
  'grpc.enable_channelz': 0,
}

const tlsCredentials = ({ cert, key }: TlsMaterial): ServerCredentials =>
  ServerCredentials.createSsl(null, [
    { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) },
  ])

/**
 * The gRPC face of the core (reference core-api.md 1): the services of XOS for clients, `syncstep.v1.Dispatch` for
 * dispatchers, `grpc.health.v1.Health` and reflection.
 */
export const buildGrpc = (options: GrpcOptions): GrpcFace => {
  const { clock, log, xos, interceptors = [], services = () => [] } = options
  // gRPC would write to the terminal by itself; whatever matters reaches us as an error.
  setLogVerbosity(logVerbosity.NONE)
  const server = new Server({
    ...serverOptions,
    interceptors: [boundStrangers(clock), ...interceptors],
  })
  const doors = createDoors(server)
  const dispatch = addDispatchService(server, options)

  const schemaChange = xos?.schemaChange ?? { graceMs: 0, closedMs: 0 }
  const restart = createRestart({
    ...schemaChange,
    doors,
    clock,
    log,
    lasting: () => dispatch.peers(),
  })
  const clientServices =
    xos === undefined ? undefined : addXosServices(server, xos, () => restart.schedule())
  const health = addHealthService(server, [
    dispatchService,
    ...(clientServices?.names ?? []),
    ...services(server),
  ])

  return {
    listen: (port, host) => doors.open(port, host, ServerCredentials.createInsecure()),

    listenTls: (port, host, material) => doors.open(port, host, tlsCredentials(material)),

    async close(graceMs) {
      clientServices?.stop()
      restart.stop()
      doors.shut()
      health.stop()
      dispatch.stop()
      const cancel = clock.after(graceMs, () => {
        server.forceShutdown()
        for (const connection of doors.connections()) connection.cut()
      })
      await new Promise<void>((resolve) => {
        server.tryShutdown(() => {
          resolve()
        })
      })
      cancel()
    },
  }
}

import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js'
import { dispatchLimits, dispatchService, type Clock } from '#contract'
import { addDispatchService, type DispatchServiceOptions } from './dispatch-service.ts'
import { addHealthService } from './health.ts'

export type GrpcOptions = DispatchServiceOptions & { readonly clock: Clock }

export type GrpcFace = {
  /**
   * Answers the port, which is another than asked for only when that was 0. When it cannot listen it rejects
   * with an error whose `code` is Node's (`EADDRINUSE`, ...).
   */
  listen(port: number, host: string): Promise<number>
  /** Ends streams as {@link addDispatchService} says; what is still open after `graceMs` is cut off. */
  close(graceMs: number): Promise<void>
}

const serverOptions = {
  'grpc.max_receive_message_length': dispatchLimits.messageBytes,
  'grpc.max_concurrent_streams': 64,
  // A dispatcher whose machine vanished says nothing: its leases end when it misses a ping.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
}

const address = (port: number, host: string): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** gRPC tells what Node said only in its text. */
const cannotListen = (at: string, error: Error): NodeJS.ErrnoException => {
  const code = /\bE[A-Z]{3,}\b/.exec(error.message)?.[0]
  const failure = new Error(`Cannot listen for gRPC on ${at}: ${code ?? error.message}`)
  return Object.assign(failure, code === undefined ? {} : { code })
}

/**
 * The gRPC face of the core: `syncstep.v1.Dispatch` and `grpc.health.v1.Health`.
 *
 * Plaintext only: credentials travel readable, so the port (50055) belongs on a trusted network. The
 * TLS port (50051) is not there yet.
 */
export const buildGrpc = ({ clock, ...options }: GrpcOptions): GrpcFace => {
  // gRPC would write to the terminal by itself; whatever matters reaches us as an error.
  setLogVerbosity(logVerbosity.NONE)
  const server = new Server(serverOptions)
  const dispatch = addDispatchService(server, options)
  const health = addHealthService(server, [dispatchService])

  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        const at = address(port, host)
        server.bindAsync(at, ServerCredentials.createInsecure(), (error, bound) => {
          if (error === null) resolve(bound)
          else reject(cannotListen(at, error))
        })
      }),

    async close(graceMs) {
      health.stop()
      dispatch.stop()
      const cancel = clock.after(graceMs, () => {
        server.forceShutdown()
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

import { Client, credentials, status, type Metadata, type ServiceError } from '@grpc/grpc-js'
import type protobuf from 'protobufjs'
import type { Clock } from '#contract'
import { RemoteSourceError } from '../remote-connection.ts'

/** One call: the path of its method, and how its messages look. */
export type Method = {
  readonly path: string
  readonly request: protobuf.Type
  readonly response: protobuf.Type
}

/** A core of XOS, asked one question at a time. */
export type XosClient = {
  /** Answers the message as a plain object: what is not in it is absent, lists are always there. */
  ask(method: Method, message: object, metadata?: Metadata): Promise<Record<string, unknown>>
  close(): void
}

export type XosClientOptions = {
  readonly endpoint: string
  readonly metadata: Metadata
  readonly clock: Clock
}

const answerTimeoutMs = 30_000

const clientOptions = {
  // XOS sends a list of any length as one message.
  'grpc.max_receive_message_length': 256 * 1024 * 1024,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5_000,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
}

const codes: ReadonlyMap<status, string> = new Map([
  [status.UNAUTHENTICATED, 'NOT_AUTHENTICATED'],
  [status.PERMISSION_DENIED, 'PERMISSION_DENIED'],
  [status.NOT_FOUND, 'NOT_FOUND'],
  [status.INVALID_ARGUMENT, 'VALIDATION'],
  [status.UNAVAILABLE, 'UNAVAILABLE'],
  [status.CANCELLED, 'UNAVAILABLE'],
])

/** A core that ends while it is asked resets the stream. */
const isCutOff = ({ code, details }: ServiceError): boolean =>
  code === status.INTERNAL && details.includes('RST_STREAM')

/** XOS tells its own errors as JSON. */
const textOf = ({ details }: ServiceError): string => {
  try {
    const told = JSON.parse(details) as { readonly specific_error?: unknown } | null
    return typeof told?.specific_error === 'string' ? told.specific_error : details
  } catch {
    return details
  }
}

const refusalOf = (error: ServiceError, endpoint: string): RemoteSourceError => {
  const code = isCutOff(error) ? 'UNAVAILABLE' : (codes.get(error.code) ?? 'REFUSED')
  if (code === 'UNAVAILABLE') {
    return new RemoteSourceError(code, `No connection: ${error.details} (the core at ${endpoint})`)
  }
  return new RemoteSourceError(code, textOf(error))
}

/** Dials when it is first asked, and again after each outage. Everything rejects with a {@link RemoteSourceError}. */
export const createXosClient = ({ endpoint, metadata, clock }: XosClientOptions): XosClient => {
  const client = new Client(endpoint, credentials.createInsecure(), clientOptions)
  return {
    ask: ({ path, request, response }, message, extra) =>
      new Promise((resolve, reject) => {
        const all = metadata.clone()
        if (extra !== undefined) all.merge(extra)
        const call = client.makeUnaryRequest(
          path,
          (value: object) => Buffer.from(request.encode(request.fromObject(value)).finish()),
          (bytes: Buffer) =>
            response.toObject(response.decode(bytes), { arrays: true, longs: String }),
          message,
          all,
          (error, reply) => {
            cancelTimeout()
            if (error === null) resolve(reply ?? {})
            else reject(refusalOf(error, endpoint))
          },
        )
        const cancelTimeout = clock.after(answerTimeoutMs, () => call.cancel())
      }),

    close: () => client.close(),
  }
}

import {
  Client,
  credentials,
  status,
  type ClientDuplexStream,
  type Metadata,
  type MethodDefinition,
  type StatusObject,
} from '@grpc/grpc-js'
import {
  decodeReply,
  dispatchLimits,
  encodeRequest,
  type Clock,
  type DispatchReply,
  type DispatchRequest,
  type Report,
  type WireReply,
  type WireRequest,
  type Work,
} from '#contract'
import type { Log } from './options.ts'

/**
 * A request that the core refused, or that did not reach it.
 *
 * `code` is the core's own (`VALIDATION`, ...) when it answered; `NOT_AUTHENTICATED` or `PERMISSION_DENIED`
 * when it did not let this dispatcher in; `NO_LEASES` when it is a core of XOS; `UNAVAILABLE` when it cannot be
 * reached, does not answer, or has too much to answer already. Only the last is worth asking again unchanged.
 */
export class RemoteSourceError extends Error {
  override readonly name = 'RemoteSourceError'
  readonly code: string
  readonly fields: Readonly<Record<string, string>>

  constructor(code: string, message: string, fields: Readonly<Record<string, string>> = {}) {
    super(message)
    this.code = code
    this.fields = fields
  }
}

const openTimeoutMs = 10_000
const answerTimeoutMs = 30_000
const closeTimeoutMs = 1_000

const clientOptions = {
  'grpc.max_receive_message_length': dispatchLimits.messageBytes,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  // When to connect again is decided here, by the clock that was given, not by gRPC's own pool.
  'grpc.use_local_subchannel_pool': 1,
  // Nor do environment variables decide the way to the core.
  'grpc.enable_http_proxy': 0,
}

type Stream = ClientDuplexStream<WireRequest, WireReply>

const noLeases = (endpoint: string): string =>
  `The core at ${endpoint} gives no leases, as a core of XOS does not. Set accessor.kind to xos in config.yaml, and run one dispatcher only.`

const letInErrors: Partial<Record<status, string>> = {
  [status.UNAUTHENTICATED]: 'NOT_AUTHENTICATED',
  [status.PERMISSION_DENIED]: 'PERMISSION_DENIED',
}

const readReply = (wire: WireReply): DispatchReply | undefined => {
  try {
    return decodeReply(wire)
  } catch {
    return undefined
  }
}

const released = ({ key, operation, token, change }: Work): Report => ({
  key,
  operation,
  token,
  stamp: change.stamp,
  outcome: { kind: 'released' },
  durationMs: 0,
})

/** What came of a request; a refusal rejects instead. */
export type Answer = Exclude<DispatchReply, { kind: 'wake' | 'failed' }>

/** A request that waits for its answer. */
type Waiting = {
  readonly request: DispatchRequest
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: RemoteSourceError) => void
  readonly cancelTimeout: () => void
  /** Parts of a lease that came so far. */
  readonly work: Work[]
  /** Nobody waits any more: an answer that still comes is given back. */
  abandoned: boolean
}

/** One stream to the core, from dialling to its end. */
export type Connection = {
  /** Resolves when the core has let us in; rejects when it did not. */
  readonly opened: Promise<void>
  /** Resolves with the reason when the stream, open or not, is over. */
  readonly ended: Promise<RemoteSourceError>
  ask(request: DispatchRequest): Promise<Answer>
  close(): Promise<void>
}

export type ConnectionOptions = {
  readonly endpoint: string
  readonly clock: Clock
  readonly log: Log
  readonly metadata: Metadata
  readonly method: MethodDefinition<WireRequest, WireReply>
  readonly onWake: () => void
}

/** Dials the core. One connection makes one attempt: when it has ended, open another. */
export const openConnection = (options: ConnectionOptions): Connection => {
  const { endpoint, clock, log, metadata, method, onWake } = options
  const client = new Client(endpoint, credentials.createInsecure(), clientOptions)
  const stream: Stream = client.makeBidiStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    metadata,
  )
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let outage: RemoteSourceError | undefined
  let cancelReason: string | undefined

  const unavailable = (reason: string): RemoteSourceError =>
    new RemoteSourceError('UNAVAILABLE', `${reason} (the core at ${endpoint})`)

  const abandon = (entry: Waiting): void => {
    entry.abandoned = true
    const seconds = answerTimeoutMs / 1000
    entry.reject(unavailable(`No answer to ${entry.request.method} within ${seconds} s`))
  }

  const ask = (request: DispatchRequest): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (outage !== undefined) {
        reject(outage)
        return
      }
      if (waiting.size >= dispatchLimits.outstanding) {
        reject(unavailable(`${waiting.size} requests wait for an answer already`))
        return
      }
      lastId += 1
      const entry: Waiting = {
        request,
        resolve,
        reject,
        cancelTimeout: clock.after(answerTimeoutMs, () => {
          abandon(entry)
        }),
        work: [],
        abandoned: false,
      }
      waiting.set(lastId, entry)
      stream.write(encodeRequest(lastId, request))
    })

  /** Work that nobody here knows of would stay leased as long as this dispatcher lives. */
  const giveBack = ({ request, work }: Waiting): void => {
    if (request.method !== 'lease' || work.length === 0) return
    log.warn({ dispatcher: request.dispatcher, records: work.length }, 'late lease given back')
    const { dispatcher } = request
    ask({ method: 'report', dispatcher, reports: work.map(released) }).catch((error: unknown) => {
      log.warn({ dispatcher, err: error }, 'late lease could not be given back')
    })
  }

  const settle = (entry: Waiting, reply: Answer | (DispatchReply & { kind: 'failed' })): void => {
    entry.cancelTimeout()
    if (entry.abandoned) giveBack(entry)
    else if (reply.kind === 'failed')
      entry.reject(new RemoteSourceError(reply.code, reply.message, reply.fields))
    else if (reply.kind === 'leased') entry.resolve({ ...reply, work: entry.work })
    else entry.resolve(reply)
  }

  const receive = (reply: DispatchReply): void => {
    if (reply.kind === 'wake') {
      onWake()
      return
    }
    const entry = waiting.get(reply.id)
    if (entry === undefined) return
    if (reply.kind === 'leased') {
      for (const item of reply.work) entry.work.push(item)
      if (reply.more) return
    }
    waiting.delete(reply.id)
    settle(entry, reply)
  }

  const cancel = (reason: string): void => {
    cancelReason = reason
    stream.cancel()
  }

  const outageOf = ({ code, details }: StatusObject): RemoteSourceError => {
    if (code === status.UNIMPLEMENTED) return new RemoteSourceError('NO_LEASES', noLeases(endpoint))
    const ours = letInErrors[code]
    if (ours !== undefined)
      return new RemoteSourceError(ours, `The core at ${endpoint} does not let us in: ${details}`)
    const reason = code === status.OK ? 'it ended the stream' : details
    return unavailable(`No connection: ${cancelReason ?? reason}`)
  }

  const opened = new Promise<void>((resolve, reject) => {
    const cancelTimeout = clock.after(openTimeoutMs, () => {
      cancel(`no answer within ${openTimeoutMs / 1000} s`)
    })
    stream.on('metadata', () => {
      cancelTimeout()
      resolve()
    })
    stream.on('status', (end: StatusObject) => {
      cancelTimeout()
      reject(outageOf(end))
    })
  })
  // Whoever waits for `opened` hears of it; nobody has to.
  opened.catch(() => undefined)

  const ended = new Promise<RemoteSourceError>((resolve) => {
    stream.on('status', (end: StatusObject) => {
      const reason = outageOf(end)
      outage = reason
      for (const entry of waiting.values()) {
        entry.cancelTimeout()
        entry.reject(reason)
      }
      waiting.clear()
      client.close()
      resolve(reason)
    })
  })
  // gRPC tells a bad end twice; `status` comes for every end.
  stream.on('error', () => undefined)
  stream.on('data', (wire: WireReply) => {
    const reply = readReply(wire)
    if (reply === undefined) cancel('it sent a reply that this version does not know')
    else receive(reply)
  })

  return {
    opened,
    ended,
    ask,
    async close() {
      stream.end()
      const cancelTimeout = clock.after(closeTimeoutMs, () => {
        cancel('it did not end the stream in time')
      })
      await ended
      cancelTimeout()
    },
  }
}

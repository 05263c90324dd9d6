import type { MethodDefinition } from '@grpc/grpc-js'
import { fromJSON, type ServiceDefinition } from '@grpc/proto-loader'
import {
  dispatchDescriptor,
  dispatchLimits,
  dispatchLoaderOptions,
  dispatchService,
  partsByWeight,
  type Clock,
  type DispatchRequest,
  type Random,
  type Refused,
  type Registration,
  type Report,
  type WireReply,
  type WireRequest,
  type WorkSource,
} from '#contract'
import { backoffMs } from './backoff.ts'
import { basicMetadata } from './basic-metadata.ts'
import type { Log } from './options.ts'
import {
  openConnection,
  RemoteSourceError,
  type Answer,
  type Connection,
} from './remote-connection.ts'

export { RemoteSourceError } from './remote-connection.ts'

export type RemoteSourceOptions = {
  /** `host:port` of the core's plaintext gRPC port. */
  readonly endpoint: string
  readonly username: string
  readonly password: string
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
}

export type RemoteSource = WorkSource & {
  /** Ends the stream, and with it the leases taken over it. Requests under way reject. */
  close(): Promise<void>
}

const reconnect = { firstMs: 100, capMs: 5_000 }
/** Wrong credentials are not worth a storm: the core counts them, and locks the account for a while. */
const reconnectRefused = { firstMs: 15_000, capMs: 30_000 }

const loadMethod = (): MethodDefinition<WireRequest, WireReply> => {
  const service = fromJSON(dispatchDescriptor, dispatchLoaderOptions)[dispatchService]
  return (service as ServiceDefinition)['Connect'] as MethodDefinition<WireRequest, WireReply>
}

const weightOf = ({ outcome }: Report): number => {
  const texts = 2_048
  if (outcome.kind !== 'synced' || outcome.feedback === undefined) return texts
  return texts + JSON.stringify(outcome.feedback).length
}

const checkSize = ({ models }: Registration): void => {
  const characters = models.reduce((sum, { contents }) => sum + contents.length, 0)
  if (characters <= dispatchLimits.itemCharacters) return
  throw new RemoteSourceError(
    'VALIDATION',
    `Expected models of at most ${dispatchLimits.itemCharacters} characters in all, got ${characters}`,
  )
}

const unexpected = (answer: Answer): RemoteSourceError =>
  new RemoteSourceError(
    'UNAVAILABLE',
    `The core answered with ${answer.kind}; is it of this version?`,
  )

const outageFrom = (error: unknown): RemoteSourceError => {
  if (error instanceof RemoteSourceError) return error
  return new RemoteSourceError(
    'UNAVAILABLE',
    error instanceof Error ? error.message : String(error),
  )
}

/**
 * The core in another process as a {@link WorkSource}: a gRPC stream that is kept up.
 *
 * Connects at once, and again after each outage with back-off; then registers again what was registered
 * last and wakes the listeners. A request waits for a connection being made, but rejects during the pause
 * between two attempts: whoever asks decides when to ask again. A `report` too large for one message goes
 * as several, each in its own transaction.
 */
export const connectRemoteSource = (options: RemoteSourceOptions): RemoteSource => {
  const { endpoint, username, password, log, clock, random } = options
  const method = loadMethod()
  const metadata = basicMetadata(username, password)
  const listeners = new Set<() => void>()
  let registration: Registration | undefined
  let closed = false

  let connection: Connection | undefined
  // The same, as requests see it: being made, open, or rejected until the next attempt.
  let current: Promise<Connection>

  let failures = 0
  let loggedCode: string | undefined
  let cancelPause = (): void => undefined

  const wake = (): void => {
    for (const listener of listeners) listener()
  }

  const dial = async (): Promise<Connection> => {
    connection = openConnection({ endpoint, clock, log, metadata, method, onWake: wake })
    const dialled = connection
    await dialled.opened
    if (registration === undefined) return dialled
    try {
      await dialled.ask({ method: 'register', registration })
    } catch (error) {
      void dialled.close()
      throw error
    }
    return dialled
  }

  const fail = (outage: RemoteSourceError): void => {
    current = Promise.reject(outage)
    // Requests that come meanwhile hear of it; there may be none.
    current.catch(() => undefined)
  }

  const retryLater = (outage: RemoteSourceError): void => {
    if (closed) return
    fail(outage)
    failures += 1
    if (outage.code !== loggedCode)
      log.warn({ endpoint, reason: outage.message }, 'no connection to the core')
    loggedCode = outage.code
    const backoff = outage.code === 'UNAVAILABLE' ? reconnect : reconnectRefused
    cancelPause = clock.after(backoffMs(failures, backoff, random), start)
  }

  const connected = (open: Connection): void => {
    log.info({ endpoint }, 'connected to the core')
    failures = 0
    loggedCode = undefined
    void open.ended.then(retryLater)
    wake()
  }

  const start = (): void => {
    current = dial()
    current.then(connected, (error: unknown) => {
      retryLater(outageFrom(error))
    })
  }
  start()

  const ask = async (request: DispatchRequest): Promise<Answer> => (await current).ask(request)

  const tell = async (request: DispatchRequest): Promise<void> => {
    const answer = await ask(request)
    if (answer.kind !== 'done') throw unexpected(answer)
  }

  const reportPart = async (
    dispatcher: string,
    reports: readonly Report[],
  ): Promise<readonly Refused[]> => {
    const answer = await ask({ method: 'report', dispatcher, reports })
    if (answer.kind !== 'refused') throw unexpected(answer)
    return answer.refused
  }

  return {
    async register(next) {
      checkSize(next)
      const answer = await ask({ method: 'register', registration: next })
      if (answer.kind !== 'registered') throw unexpected(answer)
      registration = next
      return answer.warnings
    },

    async lease(dispatcher, wants, held) {
      const answer = await ask({ method: 'lease', dispatcher, wants, held })
      if (answer.kind !== 'leased') throw unexpected(answer)
      const { work, nextDueMs } = answer
      return nextDueMs === undefined ? { work } : { work, nextDueMs }
    },

    async report(dispatcher, reports) {
      const refused: Refused[] = []
      for (const part of partsByWeight(reports, weightOf, dispatchLimits.partCharacters))
        refused.push(...(await reportPart(dispatcher, part)))
      return refused
    },

    heartbeat: (dispatcher) => tell({ method: 'heartbeat', dispatcher }),

    leave: (dispatcher) => tell({ method: 'leave', dispatcher }),

    onWake(listener) {
      // Its own function, so that one listener added twice is called and removed twice.
      const entry = (): void => {
        listener()
      }
      listeners.add(entry)
      return () => {
        listeners.delete(entry)
      }
    },

    async close() {
      closed = true
      cancelPause()
      fail(
        new RemoteSourceError(
          'UNAVAILABLE',
          `The connection to the core at ${endpoint} was closed`,
        ),
      )
      await connection?.close()
    },
  }
}

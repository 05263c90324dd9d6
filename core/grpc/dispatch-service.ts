import { Metadata, status, type MethodDefinition, type Server } from '@grpc/grpc-js'
import { fromJSON, type ServiceDefinition } from '@grpc/proto-loader'
import {
  dispatchDescriptor,
  dispatchLoaderOptions,
  dispatchService,
  type WireReply,
  type WireRequest,
  type Clock,
  type WorkSource,
} from '#contract'
import { recheck } from '../access/recheck.ts'
import { CoreError, errorCatalogue } from '../errors.ts'
import type { Log } from './log.ts'
import { addressOf } from './methods.ts'
import { openSession, type DispatchCall, type Session } from './dispatch-session.ts'
import { welcome } from './strangers.ts'

export type DispatchServiceOptions = {
  readonly work: WorkSource
  /** Rejects with a CoreError (NOT_AUTHENTICATED, PERMISSION_DENIED, ...) when the caller may not dispatch. */
  readonly authenticate: (metadata: Metadata, address: string) => Promise<void>
  readonly log: Log
  readonly clock: Pick<Clock, 'after'>
}

export type DispatchService = {
  /** Where the streams come from that are open now: `127.0.0.1:4711`. */
  peers(): ReadonlySet<string>
  /** Answers what was asked, then ends every stream with UNAVAILABLE; new ones are refused. Leases stay. */
  stop(): void
}

type Refusal = { readonly code: number; readonly details: string }

const refusalOf = (error: unknown, log: Log): Refusal => {
  if (error instanceof CoreError)
    return { code: errorCatalogue[error.code].grpc, details: error.message }
  log.error({ err: error }, 'authentication of a dispatcher failed')
  return { code: status.INTERNAL, details: 'The core failed on this request; its log says why' }
}

const connectMethod = (): MethodDefinition<WireRequest, WireReply> => {
  const service = fromJSON(dispatchDescriptor, dispatchLoaderOptions)[dispatchService]
  return (service as ServiceDefinition)['Connect'] as MethodDefinition<WireRequest, WireReply>
}

/**
 * Adds `syncstep.v1.Dispatch` to a server: the {@link WorkSource} as a stream (contract: dispatch protocol).
 *
 * A stream is let in before anything of it is read, and again and again while it goes on. When it ends, whoever
 * ended it, the leases that were taken over it end at once; only when the core itself stops they stay until they expire.
 */
export const addDispatchService = (
  server: Server,
  { work, authenticate, log, clock }: DispatchServiceOptions,
): DispatchService => {
  const owners = new Map<string, Session>()
  const sessions = new Map<Session, string>()
  let stopping = false

  const authenticated = (call: DispatchCall): Promise<void> =>
    authenticate(call.metadata, addressOf(call.getPeer()))

  const letIn = async (call: DispatchCall): Promise<Refusal | undefined> => {
    try {
      await authenticated(call)
    } catch (error) {
      return refusalOf(error, log)
    }
    return stopping ? { code: status.UNAVAILABLE, details: 'The core is stopping' } : undefined
  }

  const connect = async (call: DispatchCall): Promise<void> => {
    const refusal = await letIn(call)
    if (call.destroyed) return
    if (refusal !== undefined) {
      call.emit('error', refusal)
      return
    }
    welcome(call.metadata)
    // The dispatcher takes the headers as the word that it is let in.
    call.sendMetadata(new Metadata())
    const session = openSession(call, { work, log, owners })
    sessions.set(session, call.getPeer())
    const stopChecks = recheck(
      clock,
      () => authenticated(call),
      (reason) => call.emit('error', refusalOf(reason, log)),
    )
    call.on('close', () => {
      stopChecks()
      sessions.delete(session)
    })
    log.info({ peer: call.getPeer() }, 'dispatcher stream opened')
  }

  server.addService(
    { Connect: connectMethod() },
    { Connect: (call: DispatchCall) => void connect(call) },
  )

  return {
    peers: () => new Set(sessions.values()),
    stop() {
      stopping = true
      for (const session of sessions.keys()) session.stop()
    },
  }
}

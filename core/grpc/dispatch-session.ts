import { status, type ServerDuplexStream } from '@grpc/grpc-js'
import {
  decodeRequest,
  dispatchLimits,
  encodeLeased,
  encodeReply,
  type DispatchRequest,
  type Registration,
  type Report,
  type WireReply,
  type WireRequest,
  type Work,
  type WorkSource,
} from '#contract'
import { CoreError } from '../errors.ts'
import { createHeldLeases } from './held-leases.ts'
import type { Log } from './log.ts'

export type DispatchCall = ServerDuplexStream<WireRequest, WireReply>

/** One stream of a dispatcher, let in and open. */
export type Session = {
  /** Ends the stream now, and the leases taken over it; resolves when they are ended. */
  replace(): Promise<void>
  /** Answers what was asked, then ends the stream. The leases stay, for the dispatcher to come back to. */
  stop(): void
}

export type SessionOptions = {
  readonly work: WorkSource
  readonly log: Log
  /** Which stream speaks for which dispatcher. Shared by all sessions of a server. */
  readonly owners: Map<string, Session>
}

const releasedReport = ({ key, operation, token, change }: Work): Report => ({
  key,
  operation,
  token,
  stamp: change.stamp,
  outcome: { kind: 'released' },
  durationMs: 0,
})

const tooLargeReport = (work: Work): Report => ({
  ...releasedReport(work),
  outcome: {
    kind: 'failed',
    retry: false,
    text: `The record and what travels with it exceed ${dispatchLimits.itemCharacters} characters; include less in its step`,
  },
})

/** Serves one stream until it ends. */
export const openSession = (call: DispatchCall, options: SessionOptions): Session => {
  const { work, log, owners } = options

  // Dispatchers that this stream speaks for. The promise resolves when the stream that spoke for one of
  // them before has ended its leases: none of them may be mistaken for a lease of this stream.
  const claims = new Map<string, Promise<void>>()
  const held = createHeldLeases()
  let outstanding = 0
  let ending: 'by the dispatcher' | 'by the core' | undefined
  let finished: Promise<void> | undefined

  const send = (reply: WireReply): Promise<void> =>
    new Promise((resolve) => {
      if (call.writable)
        call.write(reply, () => {
          resolve()
        })
      else resolve()
    })

  const leave = async (dispatcher: string): Promise<void> => {
    try {
      // The dispatcher may have come back over another core meanwhile, with leases of its own there.
      await work.leave(dispatcher, held.tokens())
    } catch (error) {
      log.error({ dispatcher, err: error }, 'leases of a dispatcher could not be ended')
    }
    if (owners.get(dispatcher) === session) owners.delete(dispatcher)
  }

  const finish = (): Promise<void> => {
    finished ??= (async () => {
      stopListening()
      const dispatchers = [...claims.keys()]
      if (ending === 'by the core') {
        for (const dispatcher of dispatchers) owners.delete(dispatcher)
        return
      }
      log.info({ dispatchers }, 'dispatcher stream ended')
      await Promise.all(dispatchers.map(leave))
    })()
    return finished
  }

  const claim = async (dispatcher: string): Promise<void> => {
    if (!claims.has(dispatcher)) {
      if (claims.size >= dispatchLimits.dispatchers)
        throw new CoreError(
          'TOO_MANY_REQUESTS',
          `Expected at most ${dispatchLimits.dispatchers} dispatchers on one stream`,
        )
      claims.set(dispatcher, owners.get(dispatcher)?.replace() ?? Promise.resolve())
      owners.set(dispatcher, session)
    }
    await claims.get(dispatcher)
  }

  const report = async (dispatcher: string, reports: readonly Report[]) => {
    const refused = await work.report(dispatcher, reports)
    held.settle(reports)
    return refused
  }

  const lease = async (
    id: number,
    { dispatcher, wants, held: itHolds }: DispatchRequest & { method: 'lease' },
  ): Promise<readonly WireReply[]> => {
    const leased = await work.lease(dispatcher, wants, itHolds)
    if (finished !== undefined) {
      // Nobody is left to hear of it, and the leave of this stream may have come before the lease.
      await work.report(dispatcher, leased.work.map(releasedReport))
      return []
    }
    held.take(leased.work)
    const { replies, tooLarge } = encodeLeased(id, leased)
    if (tooLarge.length > 0) await report(dispatcher, tooLarge.map(tooLargeReport))
    return replies
  }

  const register = async (id: number, registration: Registration): Promise<WireReply> => {
    const warnings = await work.register(registration)
    return encodeReply({ kind: 'registered', id, warnings })
  }

  const perform = async (id: number, request: DispatchRequest): Promise<readonly WireReply[]> => {
    if (request.method !== 'register') await claim(request.dispatcher)
    switch (request.method) {
      case 'register':
        return [await register(id, request.registration)]
      case 'lease':
        return lease(id, request)
      case 'report': {
        const refused = await report(request.dispatcher, request.reports)
        return [encodeReply({ kind: 'refused', id, refused })]
      }
      case 'heartbeat':
        await work.heartbeat(request.dispatcher)
        return [encodeReply({ kind: 'done', id })]
      case 'leave':
        await work.leave(request.dispatcher)
        return [encodeReply({ kind: 'done', id })]
    }
  }

  const failure = (error: unknown, id: number): WireReply => {
    if (error instanceof CoreError) {
      const { code, message, fields } = error
      return encodeReply({ kind: 'failed', id, code, message, fields })
    }
    log.error({ err: error }, 'request of a dispatcher failed')
    const message = 'The core failed on this request; its log says why'
    return encodeReply({ kind: 'failed', id, code: 'INTERNAL', message, fields: {} })
  }

  const understand = (wire: WireRequest): DispatchRequest => {
    try {
      return decodeRequest(wire)
    } catch (error) {
      throw new CoreError('VALIDATION', error instanceof Error ? error.message : String(error))
    }
  }

  const answer = async (wire: WireRequest): Promise<readonly WireReply[]> => {
    try {
      return await perform(wire.id, understand(wire))
    } catch (error) {
      return [failure(error, wire.id)]
    }
  }

  const endWhenAnswered = (): void => {
    if (outstanding > 0 || ending === undefined) return
    if (ending === 'by the dispatcher') call.end()
    else call.emit('error', { code: status.UNAVAILABLE, details: 'The core is stopping' })
  }

  const serve = async (wire: WireRequest): Promise<void> => {
    outstanding += 1
    // Not reading on is what bounds the work, and the memory for answers that a dispatcher does not read.
    if (outstanding >= dispatchLimits.outstanding) call.pause()
    for (const reply of await answer(wire)) await send(reply)
    outstanding -= 1
    if (ending === undefined) call.resume()
    else endWhenAnswered()
  }

  // A change may commit after the wake on its way was read, so one more is owed for all that came meanwhile.
  let waking: 'no' | 'sent' | 'owed' = 'no'
  const wake = (): void => {
    if (waking !== 'no') {
      waking = 'owed'
      return
    }
    waking = 'sent'
    void send(encodeReply({ kind: 'wake' })).then(() => {
      const owed = waking === 'owed'
      waking = 'no'
      if (owed && finished === undefined) wake()
    })
  }
  const stopListening = work.onWake(wake)

  const session: Session = {
    replace() {
      call.emit('error', { code: status.ABORTED, details: 'Another stream took over' })
      return finish()
    },
    stop() {
      ending = 'by the core'
      call.pause()
      endWhenAnswered()
    },
  }

  call.on('data', (wire: WireRequest) => void serve(wire))
  call.on('end', () => {
    ending ??= 'by the dispatcher'
    endWhenAnswered()
  })
  call.on('close', () => void finish())
  return session
}

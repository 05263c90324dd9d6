import {
  ServerInterceptingCall,
  status,
  type Metadata,
  type ServerInterceptor,
} from '@grpc/grpc-js'
import { dispatchLimits, type Clock } from '#contract'

/** Largest message of who has shown no credentials, in bytes: a login, or names that reflection looks up. */
const strangerBytes = 16 * 1024
/** How long it may take to have been sent as a whole. */
const strangerMs = 60_000

/** Where grpc-js keeps what one call may receive. It has a setting for a server as a whole only. */
type Receiving = {
  maxReceiveMessageSize?: number
  readonly decoder?: { maxReadMessageLength?: number }
}

const limit = (call: Receiving, bytes: number): void => {
  call.maxReceiveMessageSize = bytes
  if (call.decoder !== undefined) call.decoder.maxReadMessageLength = bytes
}

const welcomes = new WeakMap<Metadata, () => void>()

/** From now on the client that sent this metadata is no stranger. To be told before anything else of it is read. */
export const welcome = (metadata: Metadata): void => welcomes.get(metadata)?.()

/**
 * Lets a client say little and not for long until it is {@link welcome}. Has to be the first interceptor, the one that
 * sees the calls of grpc-js itself.
 */
export const boundStrangers =
  (clock: Pick<Clock, 'after'>): ServerInterceptor =>
  (_method, call) => {
    const endLate = (): void => {
      const details = `Expected the whole request within ${strangerMs / 1000} s`
      call.sendStatus({ code: status.DEADLINE_EXCEEDED, details })
    }
    let cancel = (): void => undefined
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, pass) {
            limit(call as Receiving, strangerBytes)
            cancel = clock.after(strangerMs, endLate)
            welcomes.set(metadata, () => {
              cancel()
              limit(call as Receiving, dispatchLimits.messageBytes)
            })
            pass(metadata)
          },
          onReceiveHalfClose(pass) {
            cancel()
            pass()
          },
          onCancel: () => {
            cancel()
          },
        }),
    })
  }

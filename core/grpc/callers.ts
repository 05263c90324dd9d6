import type { Metadata } from '@grpc/grpc-js'
import type { Caller } from '../store/port.ts'

const callers = new WeakMap<Metadata, Caller>()

/** Notes who was let in by this metadata, for those who tell of the call when it is over. */
export const rememberCaller = (metadata: Metadata, caller: Caller): void => {
  callers.set(metadata, caller)
}

/** Who was let in by this metadata; undefined when nobody was, or nobody had to be. */
export const callerOf = (metadata: Metadata): Caller | undefined => callers.get(metadata)

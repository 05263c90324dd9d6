/**
 * Dispatcher: leases due records, posts each to its function, and reports what came of it.
 *
 * Start with {@link createDispatcher}; what it needs of a core is `WorkSource` in the contract, what it needs
 * of the network is one {@link Call}, usually that of {@link createHttpCall}. It decides when a record is
 * tried again and when a function is left alone; what a record says of itself is the core's.
 */
export { createDispatcher, type Dispatcher } from './dispatcher.ts'
export type {
  Call,
  CallContext,
  DispatcherOptions,
  Log,
  Observer,
  Target,
  TargetState,
} from './options.ts'
export type { Backoff } from './backoff.ts'
export { createHttpCall, type HttpCall, type HttpCallOptions } from './http-call.ts'
export { createPost } from './post.ts'
export {
  connectRemoteSource,
  RemoteSourceError,
  type RemoteSource,
  type RemoteSourceOptions,
} from './remote-source.ts'
export { connectXosSource } from './xos-source/xos-source.ts'

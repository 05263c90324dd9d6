import {
  completionAttribute,
  coreTokenHeader,
  coreUrlHeader,
  traceIdsOf,
  type Clock,
  type CloudEvent,
  type CoreAccess,
  type Fields,
} from '#contract'
import { createCoreClient, type CoreClient, type CoreClientOptions } from './client.ts'
import type { Incoming } from './incoming.ts'
import type { Arrived, Intake } from './intake.ts'
import { boundLog, type Log } from './log.ts'
import type { CallContext } from './step.ts'
import { traceparentOf } from './trace-call.ts'

export type CoreOptions = Pick<CoreClientOptions, 'fetch' | 'newKey'> & {
  /** For calls that bring no access of their own, as those of a PingSource do. */
  readonly access?: CoreAccess | undefined
}

export type ContextOptions = {
  readonly log: Log
  readonly clock: Clock
  /** How steps reach the core; without it their client cannot be used. */
  readonly core?: CoreOptions | undefined
}

type Running<About> = {
  readonly context: CallContext & About
  /** The step has come to its end: its signal stays quiet. */
  readonly finish: () => void
}

const textOf = ({ extensions }: CloudEvent, name: string): string | undefined => {
  const value = extensions[name]
  return typeof value === 'string' ? value : undefined
}

const traceOf = (event: CloudEvent, incoming: Incoming): Fields => {
  const traceparent = traceparentOf(event, incoming)
  if (traceparent === undefined) return {}
  const { traceId, spanId } = traceIdsOf(traceparent)
  return { trace_id: traceId, span_id: spanId }
}

/** That of the call, or else that of the function; never half of each: an address from outside gets no token of ours. */
const accessOf = ({ header }: Incoming, own: CoreAccess | undefined): CoreAccess | undefined => {
  const url = header(coreUrlHeader)
  const token = header(coreTokenHeader)
  return url === undefined || token === undefined ? own : { url, token }
}

const clientOf = (
  event: CloudEvent,
  incoming: Incoming,
  { core, clock }: ContextOptions,
  signal: AbortSignal,
): CoreClient => {
  const access = accessOf(incoming, core?.access)
  if (core !== undefined && access !== undefined) {
    const traceparent = traceparentOf(event, incoming)
    return createCoreClient({ ...core, ...access, clock, signal, traceparent })
  }
  throw new Error(
    'This call came without access to the core. Tell the core by which address functions reach it, or set SYNCSTEP_CORE_URL and SYNCSTEP_CORE_TOKEN of the function',
  )
}

/**
 * Its log, its signal and its client are made when the step asks for them: most steps do not.
 *
 * A class, so that all contexts share its getters. An object that is made with getters of its own is of a shape of its
 * own to V8, and shapes live long: the garbage of that took a fifth of the time of a call.
 */
class LazyContext implements CallContext {
  readonly completionUrl: string | undefined
  readonly #event: CloudEvent
  readonly #deadline: number | undefined
  readonly #incoming: Incoming
  readonly #options: ContextOptions
  readonly #openLog: () => Log
  #log: Log | undefined
  #client: CoreClient | undefined
  #controller: AbortController | undefined
  #cancel: (() => void) | undefined

  constructor(sent: Arrived, incoming: Incoming, options: ContextOptions, openLog: () => Log) {
    this.completionUrl = textOf(sent.event, completionAttribute)
    this.#event = sent.event
    this.#deadline = sent.deadline
    this.#incoming = incoming
    this.#options = options
    this.#openLog = openLog
  }

  get log(): Log {
    return (this.#log ??= this.#openLog())
  }

  get signal(): AbortSignal {
    return (this.#controller ??= this.#openSignal()).signal
  }

  get client(): CoreClient {
    return (this.#client ??= clientOf(this.#event, this.#incoming, this.#options, this.signal))
  }

  #openSignal(): AbortController {
    const { clock } = this.#options
    const opened = new AbortController()
    if (this.#deadline !== undefined) {
      this.#cancel = clock.after(Math.max(0, this.#deadline - clock.now()), () =>
        opened.abort(new Error('The deadline of the call has passed')),
      )
    }
    this.#incoming.onGone(() => opened.abort(new Error('The caller has gone')))
    return opened
  }

  /** See {@link Running}. */
  static finish(context: LazyContext): void {
    context.#cancel?.()
  }
}

/** What a step is told: what the call is for, and what helps with it. */
export const callContext = <Sent extends Arrived, About extends object>(
  sent: Sent,
  { aboutOf, loggedOf }: Pick<Intake<Sent, About>, 'aboutOf' | 'loggedOf'>,
  incoming: Incoming,
  options: ContextOptions,
): Running<About> => {
  const openLog = (): Log =>
    boundLog(options.log, { ...loggedOf(sent), ...traceOf(sent.event, incoming) })
  const context = Object.assign(new LazyContext(sent, incoming, options, openLog), aboutOf(sent))
  return { context, finish: () => LazyContext.finish(context) }
}

import {
  completionAttribute,
  coreTokenHeader,
  coreUrlHeader,
  traceIdsOf,
  traceparentFrom,
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
  const traceparent = traceparentFrom(
    incoming.header('traceparent') ?? textOf(event, 'traceparent'),
  )
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
  incoming: Incoming,
  { core, clock }: ContextOptions,
  signal: AbortSignal,
): CoreClient => {
  const access = accessOf(incoming, core?.access)
  if (core !== undefined && access !== undefined) {
    return createCoreClient({ ...core, ...access, clock, signal })
  }
  throw new Error(
    'This call came without access to the core. Tell the core by which address functions reach it, or set SYNCSTEP_CORE_URL and SYNCSTEP_CORE_TOKEN of the function',
  )
}

/**
 * What a step is told beside what the call is for. Its log, its signal and its client are made when it asks for them:
 * most steps do not.
 */
export const callContext = <Sent extends Arrived, About extends object>(
  sent: Sent,
  { aboutOf, loggedOf }: Pick<Intake<Sent, About>, 'aboutOf' | 'loggedOf'>,
  incoming: Incoming,
  options: ContextOptions,
): Running<About> => {
  const { event, deadline } = sent
  const { log, clock } = options
  let ownLog: Log | undefined
  let ownClient: CoreClient | undefined
  let controller: AbortController | undefined
  let cancel: (() => void) | undefined

  const openSignal = (): AbortController => {
    const opened = new AbortController()
    if (deadline !== undefined) {
      cancel = clock.after(Math.max(0, deadline - clock.now()), () =>
        opened.abort(new Error('The deadline of the call has passed')),
      )
    }
    incoming.onGone(() => opened.abort(new Error('The caller has gone')))
    return opened
  }

  const signal = (): AbortSignal => (controller ??= openSignal()).signal

  const openLog = (): Log => boundLog(log, { ...loggedOf(sent), ...traceOf(event, incoming) })

  return {
    context: {
      ...aboutOf(sent),
      completionUrl: textOf(event, completionAttribute),
      get log() {
        return (ownLog ??= openLog())
      },
      get signal() {
        return signal()
      },
      get client() {
        return (ownClient ??= clientOf(incoming, options, signal()))
      },
    },
    finish: () => cancel?.(),
  }
}

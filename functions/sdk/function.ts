import {
  completionAttribute,
  ContractError,
  decodeChanges,
  traceIdsOf,
  traceparentFrom,
  type ChangeEvent,
  type Clock,
  type CloudEvent,
  type Fields,
} from '#contract'
import { batchReply } from './batch-reply.ts'
import { createAdmission, type Callers } from './callers.ts'
import { consentReply, type AllowedOrigins } from './consent.ts'
import type { Incoming } from './incoming.ts'
import { boundLog, type Log } from './log.ts'
import { malformed, tooLarge, tooLate, unauthorized, wrongMethod, wrongModel } from './refusals.ts'
import { jsonReply, replyOfOutcome, type Reply } from './reply.ts'
import { runChange } from './run-change.ts'
import type { Step, StepContext } from './step.ts'

export type FunctionOptions = {
  /** Name of the function, for people. */
  readonly name: string
  readonly log: Log
  readonly clock: Clock
  readonly callers: Callers
  /**
   * Who may ask with OPTIONS whether it can send events here. What it sends has to be let in nevertheless.
   *
   * @default nobody
   */
  readonly allowedOrigins?: AllowedOrigins
}

/** Answers what is asked of a function. Rejects when its sender goes away before all has arrived. */
export type AnswerIncoming = (incoming: Incoming) => Promise<Reply>

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

type Running = {
  readonly context: StepContext
  /** The step has come to its end: its signal stays quiet. */
  readonly finish: () => void
}

/** What a step is told beside its record. Its log and its signal are made when it asks for them: most steps do not. */
const contextOf = (
  { change, event, deadline }: ChangeEvent,
  incoming: Incoming,
  { log, clock }: FunctionOptions,
): Running => {
  let ownLog: Log | undefined
  let controller: AbortController | undefined
  let cancel: (() => void) | undefined

  const openSignal = (): AbortController => {
    const opened = new AbortController()
    if (deadline !== undefined) {
      cancel = clock.after(Math.max(0, deadline - clock.now()), () =>
        opened.abort(new Error('The deadline of the change has passed')),
      )
    }
    incoming.onGone(() => opened.abort(new Error('The caller has gone')))
    return opened
  }

  const openLog = (): Log => {
    const bound = { model_name: change.model, pk: change.record['id'], event_id: event.id }
    return boundLog(log, { ...bound, ...traceOf(event, incoming) })
  }

  return {
    context: {
      change,
      completionUrl: textOf(event, completionAttribute),
      get log() {
        return (ownLog ??= openLog())
      },
      get signal() {
        return (controller ??= openSignal()).signal
      },
    },
    finish: () => cancel?.(),
  }
}

/** What a step answers over HTTP, without a server. Throws TypeError when nobody could call it. */
export const createFunction = <R>(step: Step<R>, options: FunctionOptions): AnswerIncoming => {
  const { name, clock, callers, allowedOrigins = [] } = options
  const admit = createAdmission(callers, clock)
  const description = jsonReply({
    step: name,
    observes: step.observes,
    include: step.include ?? [],
  })

  const run = async (event: ChangeEvent, incoming: Incoming): Promise<Reply> => {
    const { change, deadline = Infinity } = event
    if (change.model !== step.observes) return wrongModel(step.observes, change.model)
    const lateMs = clock.now() - deadline
    if (lateMs >= 0) return tooLate(lateMs)
    const { context, finish } = contextOf(event, incoming, options)
    const outcome = await runChange(step, context)
    finish()
    return replyOfOutcome(outcome)
  }

  const runBatch = async (events: readonly ChangeEvent[], incoming: Incoming): Promise<Reply> => {
    const answers = []
    for (const event of events) answers.push({ event, reply: await run(event, incoming) })
    return batchReply(answers)
  }

  const takeBody = async (body: Uint8Array, incoming: Incoming): Promise<Reply> => {
    try {
      const events = decodeChanges(incoming.headers, body)
      return 'event' in events ? await run(events, incoming) : await runBatch(events, incoming)
    } catch (error) {
      if (error instanceof ContractError) return malformed(error)
      throw error
    }
  }

  const post = async (incoming: Incoming): Promise<Reply> => {
    const admission = admit(incoming)
    if (admission === false) return unauthorized
    const body = await incoming.body()
    if (body === undefined) return tooLarge
    if (admission !== true && !admission(body)) return unauthorized
    return takeBody(body, incoming)
  }

  const describe = (incoming: Incoming): Reply => {
    const admission = admit(incoming)
    const isLetIn = typeof admission === 'function' ? admission(new Uint8Array()) : admission
    return isLetIn ? description : unauthorized
  }

  const refuseMethod = (incoming: Incoming): Reply =>
    admit(incoming) === false ? unauthorized : wrongMethod(incoming.method, 'GET, POST')

  return async (incoming) => {
    switch (incoming.method) {
      case 'POST':
        return post(incoming)
      case 'GET':
      case 'HEAD':
        return describe(incoming)
      case 'OPTIONS':
        return consentReply(incoming, allowedOrigins) ?? refuseMethod(incoming)
      default:
        return refuseMethod(incoming)
    }
  }
}

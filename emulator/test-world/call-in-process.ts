import {
  coreTokenHeader,
  coreUrlHeader,
  encodeCall,
  outcomeOfAnswer,
  outcomeOfNoAnswer,
  type Answer,
  type Change,
  type Clock,
  type CoreAccess,
  type Delivery,
  type Message,
  type Outcome,
} from '#contract'
import type { Call, CallContext, Target } from '#dispatcher'
import { toFetchHandler, type AnyStep, type Log } from '#functions'
import { announced } from './announced.ts'

type InProcess = {
  readonly call: Call
  /** True while an event or an answer is under way, and not while a step does its work. */
  readonly isAtWork: () => boolean
}

type InProcessOptions = {
  /** Name of the synchronizer: the source of the events. */
  readonly synchronizer: string
  /** By their names. */
  readonly steps: ReadonlyMap<string, AnyStep>
  readonly clock: Clock
  readonly log: Log
  /** How steps ask the core. */
  readonly fetch: typeof fetch
  /** Is told of each call that ended. */
  readonly called: (target: Target, change: Change | Delivery, outcome: Outcome) => void
}

const answerOf = async (response: Response): Promise<Answer> => {
  const body = await response.text()
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body,
  }
}

/** The answer, or undefined as soon as the signal fires. */
const unlessAborted = <T>(answer: Promise<T>, signal: AbortSignal): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined)
    const settle = (): void => signal.removeEventListener('abort', onAbort)
    answer.finally(settle).then(resolve, reject)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })

const reasonOf = ({ reason }: AbortSignal): string =>
  reason instanceof Error ? reason.message : String(reason)

const headersOf = (access: CoreAccess | undefined): Readonly<Record<string, string>> =>
  access === undefined ? {} : { [coreUrlHeader]: access.url, [coreTokenHeader]: access.token }

/** Calls steps with the request that they would get over HTTP, and reads their answers as from there. */
export const callInProcess = (options: InProcessOptions): InProcess => {
  const { synchronizer, steps, clock, log, called } = options
  const source = `/synchronizers/${synchronizer}`
  let underWay = 0

  const counting = async <T>(work: () => Promise<T>): Promise<T> => {
    underWay += 1
    try {
      return await work()
    } finally {
      underWay -= 1
    }
  }
  const fetch: typeof options.fetch = (...asked) => counting(() => options.fetch(...asked))

  const handlers = new Map(
    [...steps].map(([name, step]) => {
      const told = announced(
        step,
        () => (underWay -= 1),
        () => (underWay += 1),
      )
      return [name, toFetchHandler(told, { callers: 'anyone', name, log, clock, fetch })]
    }),
  )

  const messageOf = (
    target: Target,
    change: Change | Delivery,
    context: Omit<CallContext, 'access'>,
  ): Message => {
    const time = clock.now()
    const deadline = time + target.timeoutMs
    return encodeCall(change, { source, time, deadline, ...context })
  }

  const requestOf = (
    target: Target,
    change: Change | Delivery,
    { access, ...context }: CallContext,
    gone: AbortSignal,
  ): Request => {
    const { headers, body } = messageOf(target, change, context)
    return new Request(target.url, {
      method: 'POST',
      headers: { ...headers, ...headersOf(access) },
      // A text that is empty would have a type nevertheless.
      body: body === '' ? null : body,
      signal: gone,
    })
  }

  const ask = async (request: Request, step: string): Promise<Answer> => {
    const handler = handlers.get(step)
    if (handler === undefined) throw new Error(`There is no step ${step} in this world`)
    return counting(async () => answerOf(await handler(request)))
  }

  return {
    isAtWork: () => underWay > 0,

    async call(target, change, signal, context = {}) {
      // Not the given one, which is the same for many calls.
      const gone = new AbortController()
      const request = requestOf(target, change, context, gone.signal)
      const answer = await unlessAborted(ask(request, target.step), signal)
      if (answer === undefined) gone.abort(signal.reason)
      const asked = { target: target.step, operation: change.operation, now: clock.now() }
      const outcome =
        answer === undefined
          ? outcomeOfNoAnswer({ kind: 'deadline', detail: reasonOf(signal) }, asked)
          : outcomeOfAnswer(answer, asked)
      called(target, change, outcome)
      return outcome
    },
  }
}

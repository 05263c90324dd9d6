import {
  encodeChange,
  outcomeOfAnswer,
  outcomeOfNoAnswer,
  isDelivery,
  type Answer,
  type Change,
  type Clock,
  type Outcome,
} from '#contract'
import type { Call, CallContext, Target } from '#dispatcher'
import { toFetchHandler, type Log, type AnySyncStep } from '#functions'

type InProcess = {
  readonly call: Call
  /** True while an event or an answer is under way, and not while a step does its work. */
  readonly isAtWork: () => boolean
}

type InProcessOptions = {
  /** Name of the synchronizer: the source of the events. */
  readonly synchronizer: string
  /** By their names. */
  readonly steps: ReadonlyMap<string, AnySyncStep>
  readonly clock: Clock
  readonly log: Log
  /** Is told of each call that ended. */
  readonly called: (target: Target, change: Change, outcome: Outcome) => void
}

/** Calls back when a step begins its work, and when it has ended. */
const announced = (step: AnySyncStep, begins: () => void, ends: () => void): AnySyncStep => {
  const around = async <T>(work: () => T | Promise<T>): Promise<T> => {
    begins()
    try {
      return await work()
    } finally {
      ends()
    }
  }
  return {
    observes: step.observes,
    include: step.include,
    sync_record: (o, context) => around(() => step.sync_record(o, context)),
    delete_record: (o, context) => around(() => step.delete_record(o, context)),
  }
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

/** Calls steps with the request that they would get over HTTP, and reads their answers as from there. */
export const callInProcess = (options: InProcessOptions): InProcess => {
  const { synchronizer, steps, clock, log, called } = options
  let underWay = 0
  const handlers = new Map(
    [...steps].map(([name, step]) => {
      const told = announced(
        step,
        () => (underWay -= 1),
        () => (underWay += 1),
      )
      return [name, toFetchHandler(told, { callers: 'anyone', name, log, clock })]
    }),
  )

  const requestOf = (target: Target, change: Change, context: CallContext, gone: AbortSignal) => {
    const time = clock.now()
    const { headers, body } = encodeChange(change, {
      source: `/synchronizers/${synchronizer}`,
      time,
      deadline: time + target.timeoutMs,
      ...context,
    })
    return new Request(target.url, { method: 'POST', headers, body, signal: gone })
  }

  const ask = async (request: Request, step: string): Promise<Answer> => {
    const handler = handlers.get(step)
    if (handler === undefined) throw new Error(`There is no step ${step} in this world`)
    underWay += 1
    try {
      return await answerOf(await handler(request))
    } finally {
      underWay -= 1
    }
  }

  return {
    isAtWork: () => underWay > 0,

    async call(target, change, signal, context = {}) {
      if (isDelivery(change)) throw new TypeError('Expected a record, got an event')
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

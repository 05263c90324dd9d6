import {
  encodeChange,
  outcomeOfAnswer,
  outcomeOfNoAnswer,
  type Change,
  type ChangeEventOptions,
  type Clock,
  type Message,
  type Outcome,
} from '#contract'
import type { Exchange, HttpRequest, Reply } from './exchange.ts'

/** A record that the function is called for, and what travels with it. */
export type Sample = Pick<Change, 'model' | 'record' | 'expanded'>

export type Samples = {
  /** One that the function brings about. */
  readonly synced: Sample
  /** One that it puts off. */
  readonly deferred?: Sample | undefined
  /** One that it will never do. */
  readonly refused?: Sample | undefined
}

/** The function as a process that was started to be checked. */
export type StartedProcess = {
  /** Sends SIGTERM. */
  terminate(): void
  /** Resolves when it has ended, with `exit 0`, `exit 1`, `SIGKILL` and the like. */
  readonly ended: Promise<string>
}

/** A request to the function, and what came of it. */
export type Call = {
  /** For people, such as `a sync in binary mode`. */
  readonly what: string
  readonly reply: Reply
  /** What the dispatcher would take it for. */
  readonly outcome: Outcome
}

/** How a message is sent, where that is not as usual. */
export type Sending = Pick<HttpRequest, 'rest' | 'keepsConnection'> & {
  readonly method?: string
  /** Shown as bearer token; null for none. @default the one that the function knows */
  readonly token?: string | null
}

export type TestedOptions = {
  readonly url: string
  /** What callers show as bearer token; undefined when the function lets everybody in. */
  readonly token: string | undefined
  readonly http: Exchange
  readonly clock: Clock
  /** How long the function has for an answer. */
  readonly timeoutMs: number
  /** Undefined when somebody else started the function. */
  readonly process: StartedProcess | undefined
  /** Fires when nobody wants to know any more. */
  readonly stop: AbortSignal
}

/** The function as the checks see it. */
export type Tested = TestedOptions & {
  readonly samples: Samples
  /** What GET answered. */
  readonly description: Reply
  /** All that was sent to the function so far, probes left out. */
  readonly calls: readonly Call[]
  /** A change of the sample as nobody has sent it before, so that its event has an id of its own. */
  change(more?: Partial<Change>): Change
  /** The event of a change, as the dispatcher sends it. */
  message(change: Change, more?: Partial<ChangeEventOptions>): Message
  send(what: string, message: Message, sending?: Sending): Promise<Call>
}

/** Asks within the time that the function has. */
export const ask = async (
  { http, clock, timeoutMs, stop }: TestedOptions,
  request: HttpRequest,
): Promise<Reply> => {
  const deadline = new AbortController()
  const cancel = clock.after(timeoutMs, () =>
    deadline.abort(new Error(`No answer within ${timeoutMs / 1000} s`)),
  )
  try {
    return await http(request, AbortSignal.any([deadline.signal, stop]))
  } finally {
    cancel()
  }
}

/** The headers of a caller that the function knows. */
export const authorization = (
  token: string | null | undefined,
): Readonly<Record<string, string>> =>
  typeof token === 'string' ? { authorization: `Bearer ${token}` } : {}

const outcomeOf = (reply: Reply, now: number): Outcome => {
  // Feedback to a delete counts for nothing; to see that a function answers the same it does.
  const context = { target: 'under test', operation: 'sync', now } as const
  return 'answer' in reply
    ? outcomeOfAnswer(reply.answer, context)
    : outcomeOfNoAnswer(reply.failure, context)
}

/** The function as the checks see it, nothing of it called yet. */
export const createTested = (
  options: TestedOptions,
  samples: Samples,
  description: Reply,
): Tested => {
  const { url, token: known, clock, timeoutMs } = options
  const calls: Call[] = []
  let stamp = clock.now() * 1000

  return {
    ...options,
    samples,
    description,
    calls,

    change(more = {}) {
      stamp += 1
      return { operation: 'sync', ...samples.synced, stamp, attempt: 1, ...more }
    },

    message(change, more = {}) {
      const time = clock.now()
      const source = '/synchronizers/conform'
      return encodeChange(change, { source, time, deadline: time + timeoutMs, ...more })
    },

    async send(what, { headers, body }, { method = 'POST', token = known, ...sending } = {}) {
      const request = { method, url, headers: { ...headers, ...authorization(token) }, body }
      const reply = await ask(options, { ...request, ...sending })
      const call = { what, reply, outcome: outcomeOf(reply, clock.now()) }
      calls.push(call)
      return call
    },
  }
}

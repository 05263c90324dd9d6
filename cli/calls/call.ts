import {
  createProof,
  encodeCall,
  outcomeOfAnswer,
  outcomeOfNoAnswer,
  type Change,
  type Clock,
  type Delivery,
  type Message,
  type Mode,
  type NoAnswer,
  type Outcome,
} from '#contract'
import { createPost } from '#dispatcher'
import type { Address } from './address.ts'

/** What came back. Of its headers only those that mean something. */
export type Answered = {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One call of a function that is over. */
export type Call<Sent extends Change | Delivery = Change> = {
  /** When it began, RFC 3339. */
  readonly at: string
  /** Name of the function. */
  readonly step: string
  readonly mode: Mode
  readonly change: Sent
  readonly durationMs: number
} & ({ readonly answer: Answered } | { readonly failure: NoAnswer })

const tellingHeaders = ['content-type', 'retry-after', 'allow', 'location', 'www-authenticate']

export const tellingOf = (header: (name: string) => string | undefined): Answered['headers'] =>
  Object.fromEntries(
    tellingHeaders.flatMap((name) => {
      const value = header(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )

/** What a dispatcher makes of it. */
export const outcomeOfCall = (call: Call<Change | Delivery>): Outcome => {
  const { step: target, change, at, durationMs } = call
  const context = { target, operation: change.operation, now: Date.parse(at) + durationMs }
  if ('failure' in call) return outcomeOfNoAnswer(call.failure, context)
  const { status, headers, body } = call.answer
  const header = (name: string): string | undefined =>
    Object.hasOwn(headers, name) ? headers[name] : undefined
  return outcomeOfAnswer({ status, header, body }, context)
}

type CallerOptions = {
  readonly address: Address
  readonly mode: Mode
  /** The deadline that the function is told, from the call on. */
  readonly timeoutMs: number
  /** How many calls may be under way at once. */
  readonly connections: number
  readonly clock: Clock
}

/** Calls one function as a dispatcher does. */
export type Caller = {
  /** What would be posted now. */
  messageFor(change: Change | Delivery): Message
  /** Never rejects for what the function does. The signal cuts the call off. */
  call<Sent extends Change | Delivery>(change: Sent, stop: AbortSignal): Promise<Call<Sent>>
  /** Ends all connections. */
  close(): Promise<void>
}

const source = '/synchronizers/syncstep-send'

export const createCaller = ({
  address,
  mode,
  timeoutMs,
  connections,
  clock,
}: CallerOptions): Caller => {
  const { url, credentials, step } = address
  const post = createPost(url, connections, clock)
  const proof = createProof(credentials)

  const messageFor = (change: Change | Delivery): Message => {
    const time = clock.now()
    const deadline = time + timeoutMs
    const { headers, body } = encodeCall(change, { source, time, deadline, mode })
    const id = headers['idempotency-key'] ?? ''
    return { headers: { ...headers, ...proof({ id, body }, time) }, body }
  }

  return {
    messageFor,

    async call(change, stop) {
      const began = clock.now()
      const late = new AbortController()
      const cancel = clock.after(timeoutMs, () =>
        late.abort(new Error(`No answer within ${timeoutMs / 1_000} s`)),
      )
      const signal = AbortSignal.any([late.signal, stop])
      const posted = await post(messageFor(change), signal).finally(cancel)
      const base = { at: new Date(began).toISOString(), step, mode, change }
      const call = { ...base, durationMs: clock.now() - began }
      if ('failure' in posted) return { ...call, failure: posted.failure }
      const { answer } = posted
      const headers = tellingOf((name) => answer.header(name))
      return { ...call, answer: { status: answer.status, headers, body: answer.body } }
    },

    close: () => post.close(),
  }
}

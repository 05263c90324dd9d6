import {
  coreTokenHeader,
  coreUrlHeader,
  encodeChange,
  encodeDelivery,
  isDelivery,
  outcomeOfAnswer,
  outcomeOfNoAnswer,
  type Change,
  type Clock,
  type Delivery,
  type Message,
  type Outcome,
} from '#contract'
import type { Call, CallContext, Target } from './options.ts'
import { createPost, type Post } from './post.ts'

export type HttpCallOptions = {
  /** Name of the synchronizer: the source of the events. */
  readonly synchronizer: string
  readonly clock: Clock
  /** Sent as a bearer token, so that functions can tell the dispatcher from strangers. */
  readonly token?: string
}

export type HttpCall = {
  readonly call: Call
  /** Ends all connections. */
  readonly close: () => Promise<void>
}

const claims: ReadonlySet<Outcome['kind']> = new Set(['synced', 'in-progress', 'deferred'])

/** What a function did after its deadline does not count. A gateway may still say how the function is. */
const inTime = (outcome: Outcome, lateMs: number): Outcome => {
  if (lateMs <= 0 || !claims.has(outcome.kind)) return outcome
  return {
    kind: 'failed',
    text: `The answer came ${lateMs / 1_000} s after the deadline`,
    retry: true,
  }
}

/**
 * Calls functions over HTTP/1.1 as design section 4 has it: one CloudEvent in binary mode for each call. Each
 * target has its own connections, as many as its concurrency, so that one that hangs takes none from others.
 */
export const createHttpCall = ({ synchronizer, clock, token }: HttpCallOptions): HttpCall => {
  const source = `/synchronizers/${synchronizer}`
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const posts = new Map<Target, Post>()

  const postOf = (target: Target): Post => {
    const known = posts.get(target)
    if (known !== undefined) return known
    const post = createPost(target.url, target.concurrency, clock)
    posts.set(target, post)
    return post
  }

  const messageOf = (
    change: Change | Delivery,
    time: number,
    deadline: number,
    { access, ...context }: CallContext,
  ): Message => {
    const { headers, body } = isDelivery(change)
      ? encodeDelivery(change, { deadline, ...context })
      : encodeChange(change, { source, time, deadline, ...context })
    Object.assign(headers, authorization)
    if (access !== undefined) {
      headers[coreUrlHeader] = access.url
      headers[coreTokenHeader] = access.token
    }
    return { headers, body }
  }

  return {
    async call(target, change, signal, context = {}) {
      const time = clock.now()
      const deadline = time + target.timeoutMs
      const message = messageOf(change, time, deadline, context)
      const posted = await postOf(target)(message, signal)
      const asked = { target: target.step, operation: change.operation, now: clock.now() }
      return 'answer' in posted
        ? inTime(outcomeOfAnswer(posted.answer, asked), asked.now - deadline)
        : outcomeOfNoAnswer(posted.failure, asked)
    },

    async close() {
      await Promise.all([...posts.values()].map((post) => post.close()))
    },
  }
}

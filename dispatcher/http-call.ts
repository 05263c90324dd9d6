import {
  coreTokenHeader,
  coreUrlHeader,
  createProof,
  encodeCall,
  outcomeOfAnswer,
  outcomeOfNoAnswer,
  type Change,
  type Clock,
  type Credentials,
  type Delivery,
  type Message,
  type Outcome,
} from '#contract'
import type { Call, CallContext, Target } from './options.ts'
import { createPost, type Post } from './post.ts'

/** With credentials, functions can tell the dispatcher from strangers. */
export type HttpCallOptions = Credentials & {
  /** Name of the synchronizer: the source of the events. */
  readonly synchronizer: string
  readonly clock: Clock
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
 * Calls functions over HTTP/1.1 as design section 4 has it: one CloudEvent for each call, in binary mode unless
 * calls are signed. Each target has its own connections, as many as its concurrency, so that one that hangs takes none from others.
 * Throws TypeError when the secret is none.
 */
export const createHttpCall = ({
  synchronizer,
  clock,
  ...credentials
}: HttpCallOptions): HttpCall => {
  const source = `/synchronizers/${synchronizer}`
  const proof = createProof(credentials)
  // A signature covers the body: what is signed has all of the event in it.
  const mode = credentials.secret === undefined ? 'binary' : 'structured'
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
    const { headers, body } = encodeCall(change, { source, time, deadline, mode, ...context })
    Object.assign(headers, proof({ id: headers['idempotency-key'] ?? '', body }, time))
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

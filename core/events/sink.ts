import { Agent, request } from 'undici'
import type { Message } from '#contract'

/** What the sink made of an event. */
export type Delivery =
  | { readonly kind: 'taken' }
  /** It will never take this one. */
  | { readonly kind: 'refused'; readonly text: string }
  /** It may take it later. */
  | { readonly kind: 'failed'; readonly text: string }

/** Never rejects. */
export type Deliver = (message: Message, signal: AbortSignal) => Promise<Delivery>

export type Sink = {
  readonly deliver: Deliver
  /** Ends all connections. */
  close(): Promise<void>
}

// Answers that say of the event itself that it is wrong or too large.
const refusals: ReadonlySet<number> = new Set([400, 413, 414, 415, 422, 431])

const largestAnswer = 65_536

const deliveryOf = (status: number): Delivery => {
  if (status >= 200 && status < 300) return { kind: 'taken' }
  const text = `the sink answered ${status}`
  return { kind: refusals.has(status) ? 'refused' : 'failed', text }
}

// Neither its message nor its stack is told: both may have the URL, which may be a secret.
const failureText = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? `no answer from the sink: ${error.code}`
    : 'no answer from the sink'

/** Posts events to one URL over a few connections that are kept alive. Follows no redirect. */
export const openSink = (url: string, connections: number): Sink => {
  const agent = new Agent({ connections, connect: { timeout: 5_000 } })
  return {
    async deliver({ headers, body }, signal) {
      try {
        const answer = await request(url, {
          method: 'POST',
          headers,
          body,
          signal,
          dispatcher: agent,
        })
        await answer.body.dump({ limit: largestAnswer })
        return deliveryOf(answer.statusCode)
      } catch (error) {
        return { kind: 'failed', text: failureText(error) }
      }
    },
    close: () => agent.destroy(),
  }
}

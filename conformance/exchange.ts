import type { Answer, NoAnswer } from '#contract'

/** A request as it goes to the function. */
export type HttpRequest = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The second half of the body follows once this resolves; absent: at once. */
  readonly rest?: Promise<void>
  /** Whether it goes by a connection that other such requests go by, too, one after the other. */
  readonly keepsConnection?: boolean
}

/** The whole answer, or why there is none. */
export type Reply = { readonly answer: Answer } | { readonly failure: NoAnswer }

/**
 * Asks over HTTP and follows no redirect. Whoever asks has the deadline: when the signal fires there is no answer. Never
 * rejects for what the other side does.
 */
export type Exchange = (request: HttpRequest, signal: AbortSignal) => Promise<Reply>

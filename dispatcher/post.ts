import type { IncomingHttpHeaders } from 'node:http'
import { errors, Pool } from 'undici'
import type { Dispatcher } from 'undici'
import type { Answer, Clock, Message, NoAnswer } from '#contract'
import { textOfError } from './text-of-error.ts'

/** A function has to say it in so many bytes. */
const largestAnswer = 1_048_576

type Posted = { readonly answer: Answer } | { readonly failure: NoAnswer }

const headerOf =
  (headers: IncomingHttpHeaders) =>
  (name: string): string | undefined => {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined
    return Array.isArray(value) ? value[0] : value
  }

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : ''

/** A name with several addresses fails with all their errors at once, and no text of its own. */
const connectionErrorText = (error: Error): string => {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  return textOfError(first ?? error) || codeOf(error) || 'no connection'
}

/** An answer came, but it is not HTTP, or its head is too large. */
const isUnreadable = (error: Error): boolean =>
  error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError

const failureOfError = (error: Error, answerBegan: boolean): NoAnswer => {
  if (answerBegan) {
    return { kind: 'cut-off', detail: `The answer was cut off: ${textOfError(error)}` }
  }
  if (isUnreadable(error)) {
    return { kind: 'cut-off', detail: `The answer cannot be read: ${textOfError(error)}` }
  }
  return { kind: 'no-connection', detail: connectionErrorText(error) }
}

const failureOfAbort = ({ reason }: AbortSignal, connected: boolean): NoAnswer =>
  connected
    ? { kind: 'deadline', detail: textOfError(reason) }
    : { kind: 'no-connection', detail: `no connection was made (${textOfError(reason)})` }

const tooLarge: NoAnswer = {
  kind: 'too-large',
  detail: `Expected an answer of at most ${largestAnswer} bytes, got more`,
}

/**
 * Gathers one answer. The low-level handler of undici, because a stream for each answer costs more than the
 * answer: most are empty.
 */
const createAnswerHandler = (
  signal: AbortSignal,
  done: (posted: Posted) => void,
): Dispatcher.DispatchHandler => {
  let controller: Dispatcher.DispatchController | undefined
  let status = 0
  let headers: IncomingHttpHeaders = {}
  let size = 0
  const chunks: Buffer[] = []

  const end = (posted: Posted): void => {
    signal.removeEventListener('abort', onAbort)
    done(posted)
  }

  const fail = (failure: NoAnswer): void => {
    end({ failure })
    controller?.abort(new Error(failure.detail))
  }

  const onAbort = (): void => fail(failureOfAbort(signal, controller !== undefined))

  signal.addEventListener('abort', onAbort, { once: true })

  return {
    onRequestStart(started) {
      controller = started
      // The signal may have fired while the connection was made.
      if (signal.aborted) started.abort(new Error('Nobody waits for the answer'))
    },

    onResponseStart(_controller, statusCode, itsHeaders) {
      if (statusCode < 200) return
      status = statusCode
      headers = itsHeaders
      if (Number(headers['content-length'] ?? 0) > largestAnswer) fail(tooLarge)
    },

    onResponseData(_controller, chunk) {
      size += chunk.length
      if (size > largestAnswer) fail(tooLarge)
      else chunks.push(chunk)
    },

    onResponseEnd() {
      const body = size === 0 ? '' : Buffer.concat(chunks, size).toString('utf8')
      end({ answer: { status, header: headerOf(headers), body } })
    },

    onResponseError(_controller, error) {
      end({ failure: failureOfError(error, status > 0) })
    },
  }
}

/** Connections are made anew that often, so that a function whose name leads elsewhere by now is found there. */
const poolMs = 60_000

export type Post = {
  (message: Message, signal: AbortSignal): Promise<Posted>
  /** Ends all connections, those in use too. */
  close(): Promise<void>
}

/**
 * Posts to one URL over at most `connections` connections, which are kept alive for a minute. Follows no redirect, reads at most
 * 1 MiB, and waits until the signal fires: whoever calls has the deadline. Never rejects for what the other side
 * does. Throws TypeError when the URL is none of http or https.
 */
export const createPost = (url: string, connections: number, clock: Pick<Clock, 'now'>): Post => {
  const { origin, pathname, search } = new URL(url)
  const path = pathname + search
  const open = (): Pool =>
    new Pool(origin, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
  let pool = open()
  let until = clock.now() + poolMs
  const pools = new Set([pool])

  const freshPool = (): Pool => {
    const now = clock.now()
    if (now < until) return pool
    const old = pool
    pool = open()
    until = now + poolMs
    pools.add(pool)
    // Ends once its last call has ended, or is cut off by `close`.
    const over = (): boolean => pools.delete(old)
    old.close().then(over, over)
    return pool
  }

  const post = ({ headers, body }: Message, signal: AbortSignal): Promise<Posted> =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve({ failure: failureOfAbort(signal, false) })
        return
      }
      const request = { path, method: 'POST', headers, body } as const
      freshPool().dispatch(request, createAnswerHandler(signal, resolve))
    })

  return Object.assign(post, {
    async close() {
      await Promise.all([...pools].map((one) => one.destroy()))
    },
  })
}

import type { Clock, CoreAccess, Fields } from '#contract'
import { CoreClientError, errorOfAnswer } from './client-error.ts'

export type CoreHttpOptions = CoreAccess & {
  /** Sends requests: `fetch` of Node.js, or another of its kind. */
  readonly fetch: typeof fetch
  readonly clock: Pick<Clock, 'after'>
  /** A text that nobody made before: `crypto.randomUUID`. */
  readonly newKey: () => string
  /** Ends what is under way, and all that is asked for afterwards. */
  readonly signal?: AbortSignal | undefined
  /** W3C: what the requests are part of, so that what they bring about hangs below it. */
  readonly traceparent?: string | undefined
}

/** A JSON object that the core answered. */
export type CoreAnswer = { readonly body: Fields; readonly etag: string | undefined }

/** Asks the REST face. Rejects with CoreClientError, and with the reason of the signal once that has fired. */
export type CoreHttp = {
  /** @param path with its query, from `/` on */
  get(path: string): Promise<CoreAnswer>
  /** Sent again, it does nothing twice. */
  post(path: string, body: unknown): Promise<CoreAnswer>
}

/** How long one request may take, in milliseconds. */
const requestMs = 30_000
/** After a request that the core may answer another time, in milliseconds; then it is given up. */
const pausesMs = [100, 500, 2_000]
/** The largest answer that is read, in bytes. */
const largestAnswer = 32 * 2 ** 20

const unavailable = (url: string, cause: unknown): CoreClientError =>
  new CoreClientError({
    code: 'UNAVAILABLE',
    detail: `The core at ${url} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  })

const tooLarge = (): CoreClientError =>
  new CoreClientError({
    code: 'TOO_LARGE',
    detail: `The core answered more than ${largestAnswer} bytes; ask for less at a time`,
  })

const textOf = async ({ body }: Response): Promise<string> => {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > largestAnswer) throw tooLarge()
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

const objectIn = (text: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}

type Answered = {
  readonly status: number
  readonly etag: string | undefined
  readonly text: string
}

type Asked = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Another time the answer may be another one. */
const isAboutNow = (error: unknown): boolean =>
  error instanceof CoreClientError && error.code === 'UNAVAILABLE'

/** The REST face of a core as a function reaches it. The token goes nowhere else: redirects are not followed. */
export const createCoreHttp = (options: CoreHttpOptions): CoreHttp => {
  const { url, token, fetch, clock, newKey, signal, traceparent } = options
  const base = url.replace(/\/+$/, '')

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const cancel = clock.after(ms, () => {
        signal?.removeEventListener('abort', give)
        resolve()
      })
      const give = (): void => {
        cancel()
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', give, { once: true })
    })

  const exchange = async ({ path, ...asked }: Asked): Promise<Answered> => {
    const timeout = new AbortController()
    const cancel = clock.after(requestMs, () =>
      timeout.abort(new Error(`no answer within ${requestMs / 1000} s`)),
    )
    try {
      const response = await fetch(`${base}${path}`, {
        ...asked,
        redirect: 'manual',
        signal: signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]),
      })
      const etag = response.headers.get('etag') ?? undefined
      return { status: response.status, etag, text: await textOf(response) }
    } catch (error) {
      signal?.throwIfAborted()
      throw error instanceof CoreClientError ? error : unavailable(base, error)
    } finally {
      cancel()
    }
  }

  const tryOnce = async (asked: Asked): Promise<CoreAnswer> => {
    const { status, etag, text } = await exchange(asked)
    const body = objectIn(text)
    if (status === 200 && body !== undefined) return { body, etag }
    throw errorOfAnswer(status, body ?? {})
  }

  const ask = async (asked: Asked, pauses: readonly number[] = pausesMs): Promise<CoreAnswer> => {
    signal?.throwIfAborted()
    try {
      return await tryOnce(asked)
    } catch (error) {
      const [pauseMs, ...later] = pauses
      if (pauseMs === undefined || !isAboutNow(error)) throw error
      await pause(pauseMs)
      return ask(asked, later)
    }
  }

  const known = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    ...(traceparent === undefined ? {} : { traceparent }),
  }
  return {
    get: (path) => ask({ method: 'GET', path, headers: known }),
    post: (path, body) =>
      ask({
        method: 'POST',
        path,
        headers: { ...known, 'content-type': 'application/json', 'idempotency-key': newKey() },
        body: JSON.stringify(body),
      }),
  }
}

import type { Fields } from '#contract'

/**
 * Why the core did not do what it was asked for.
 *
 * - `NOT_FOUND`: there is no such record, or the caller must not know of it
 * - `INVALID`: a value that its field cannot have, a rule of the model, a name that is none, a question that cannot be asked
 * - `DUPLICATE_KEY`: another record has a value that has to be unique
 * - `CONFLICT`: somebody else has written the record since it was read
 * - `PERMISSION_DENIED`: the step may not do this; the detail says what it may
 * - `NOT_AUTHENTICATED`: the token is not good, or not any more
 * - `TOO_LARGE`: what was sent, or what came
 * - `UNAVAILABLE`: the core does not answer, or not now; it may or may not have done it
 * - `FAILED`: anything else; the log of the core says more
 */
export type CoreClientErrorCode =
  | 'NOT_FOUND'
  | 'INVALID'
  | 'DUPLICATE_KEY'
  | 'CONFLICT'
  | 'PERMISSION_DENIED'
  | 'NOT_AUTHENTICATED'
  | 'TOO_LARGE'
  | 'UNAVAILABLE'
  | 'FAILED'

type Told = {
  readonly code: CoreClientErrorCode
  /** Undefined when nothing was answered. */
  readonly status?: number | undefined
  readonly detail: string
  readonly fields?: Readonly<Record<string, string>>
  readonly operation?: number | undefined
  readonly cause?: unknown
}

/** What the core refused, or could not do. */
export class CoreClientError extends Error {
  override readonly name = 'CoreClientError'
  readonly code: CoreClientErrorCode
  /** Of the answer; undefined when there was none. */
  readonly status: number | undefined
  readonly detail: string
  /** What is wrong with which field, by its name on the wire. */
  readonly fields: Readonly<Record<string, string>>
  /** Which operation of a transaction, from 0; undefined when it is none of several. */
  readonly operation: number | undefined

  constructor({ code, status, detail, fields = {}, operation, cause }: Told) {
    super(detail, cause === undefined ? undefined : { cause })
    this.code = code
    this.status = status
    this.detail = detail
    this.fields = fields
    this.operation = operation
  }
}

const codes: Readonly<Record<number, CoreClientErrorCode>> = {
  400: 'INVALID',
  401: 'NOT_AUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'DUPLICATE_KEY',
  412: 'CONFLICT',
  413: 'TOO_LARGE',
  429: 'UNAVAILABLE',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
}

/** The first try of a request still goes on. */
const stillRunning = 'XOSRequestInProgress'

const isText = (value: unknown): value is string => typeof value === 'string'

const textsIn = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(value ?? {}).filter((entry): entry is [string, string] => isText(entry[1])),
  )

/** The error that an answer of the core stands for: `{"error", "specific_error", "fields", "operation"?}`. */
export const errorOfAnswer = (status: number, body: Fields): CoreClientError => {
  const { error, specific_error: detail, fields, operation } = body
  return new CoreClientError({
    code: error === stillRunning ? 'UNAVAILABLE' : (codes[status] ?? 'FAILED'),
    status,
    detail: isText(detail) ? detail : `The core answered HTTP ${status}`,
    fields: textsIn(fields),
    operation: typeof operation === 'number' ? operation : undefined,
  })
}

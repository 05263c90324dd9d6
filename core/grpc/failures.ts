import { Metadata, status } from '@grpc/grpc-js'
import { CoreError, errorBody, errorCatalogue, plainTextOf, type ErrorCode } from '../errors.ts'
import type { Log } from './log.ts'

/** Names the code of the error in the trailing metadata: what clients of ours decide by. */
const errorCodeKey = 'syncstep-error-code'

/** How clients of XOS know an exception without JSON: these are the words of grpc-python. */
type Prefix = 'Exception calling application: ' | 'Exception iterating responses: '

/** An error that XOS answers with another status, or with a bare text in place of JSON. */
export class StatusError extends CoreError {
  /** A number of {@link status}. */
  readonly status: number
  /** With what stands before the text of an exception. */
  readonly isException: boolean

  constructor(
    code: ErrorCode,
    message: string,
    { status: number, isException }: { readonly status: number; readonly isException: boolean },
  ) {
    super(code, message)
    this.status = number
    this.isException = isException
  }
}

/** The error as XOS tells an exception that it does not know: in the words of the exception, where they are known. */
export const asException = ({ code, message, fields }: CoreError): StatusError =>
  new StatusError(code, fields['message'] ?? message, { status: status.UNKNOWN, isException: true })

// Clients refuse metadata of more than 8 KiB, and then nobody reads what went wrong.
const maxDetailsBytes = 6 * 1024

const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most)}...`

/** A lone half of a surrogate pair cannot travel. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\u{FFFD}')

/** The longest text that fits, given one that can be printed with less and less of what varies. */
const fitting = (print: (most: number) => string): string => {
  for (let most = maxDetailsBytes; ; most = Math.floor(most / 2)) {
    const text = wellFormed(print(most))
    if (encodeURI(text).length <= maxDetailsBytes || most === 0) return text
  }
}

/** XOS tells the id that is not there as a number. */
const fieldsShown = (error: CoreError, most: number): object => {
  const shown = Object.entries(error.fields)
    .slice(0, Math.ceil(most / 256))
    .map(([name, text]) =>
      name === 'id' && /^-?\d{1,10}$/.test(text)
        ? [name, Number(text)]
        : [cut(name, most), cut(text, most)],
    )
  return Object.fromEntries(shown) as object
}

const jsonDetails = (error: CoreError): string =>
  fitting((most) => {
    const { error: name, specific_error: text } = errorBody(error)
    return JSON.stringify({
      error: name,
      specific_error: cut(text, most),
      fields: fieldsShown(error, most),
    })
  })

const textDetails = (prefix: string, text: string): string =>
  fitting((most) => `${prefix}${cut(text, most)}`)

const detailsOf = (error: CoreError, prefix: Prefix): string => {
  if (error instanceof StatusError)
    return textDetails(error.isException ? prefix : '', error.message)
  if (errorCatalogue[error.code].plain) return textDetails(prefix, plainTextOf(error))
  return jsonDetails(error)
}

const internal = (): CoreError =>
  new CoreError('INTERNAL', 'The core failed on this request; its log says why')

/** An error as gRPC sends it: with a number of {@link status}. */
export type Failure = Error & {
  readonly code: number
  readonly details: string
  readonly metadata: Metadata
}

export type FailureContext = {
  /** `/xos.xos/GetSlice`. */
  readonly method: string
  readonly prefix: Prefix
  readonly log: Log
}

/** What the client gets to see of an error (reference core-api.md 1.10). Faults of the core go to its log. */
export const failureOf = (thrown: unknown, { method, prefix, log }: FailureContext): Failure => {
  const error = thrown instanceof CoreError ? thrown : internal()
  if (error.code === 'INTERNAL') log.error({ err: thrown, method }, 'gRPC request failed')
  const metadata = new Metadata()
  metadata.set(errorCodeKey, error.code)
  const code = error instanceof StatusError ? error.status : errorCatalogue[error.code].grpc
  const details = detailsOf(error, prefix)
  return Object.assign(new Error(details), { code, details, metadata })
}

import { status, type ServiceError } from '@grpc/grpc-js'
import { Failure } from '../failure.ts'

/** As XOS tells its errors. */
type Details = { readonly specific_error: string; readonly fields?: unknown }

const isDetails = (value: unknown): value is Details =>
  typeof value === 'object' &&
  value !== null &&
  'specific_error' in value &&
  typeof value.specific_error === 'string'

const detailsOf = (text: string): Details | undefined => {
  try {
    const value = JSON.parse(text) as unknown
    return isDetails(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What the core says was wrong, and with which fields. */
const toldBy = ({ details }: ServiceError): string => {
  const told = detailsOf(details)
  if (told === undefined) {
    return details.replace(/^Exception (calling application|iterating responses): /, '')
  }
  const fields = Object.entries((told.fields ?? {}) as Readonly<Record<string, unknown>>)
  const lines = fields.map(([name, text]) => `\n  ${name}: ${String(text)}`)
  return `${told.specific_error}${lines.join('')}`
}

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && 'details' in error && 'code' in error && typeof error.code === 'number'

export const hasStatus = (error: unknown, code: status): boolean =>
  isServiceError(error) && error.code === code

type Tell = (server: string, error: ServiceError) => string

const tellers: ReadonlyMap<status, Tell> = new Map<status, Tell>([
  [
    status.UNAVAILABLE,
    (server) =>
      `Cannot reach the core at ${server}. Start one with syncstep core or dev, or name another with --server.`,
  ],
  [
    status.DEADLINE_EXCEEDED,
    (server) => `The core at ${server} did not answer in time; --timeout gives it more.`,
  ],
  [
    status.UNIMPLEMENTED,
    (server) => `The core at ${server} cannot do that: it is no core of Syncstep, or an old one.`,
  ],
  [
    status.UNAUTHENTICATED,
    (_, error) =>
      `${toldBy(error)}. Set SYNCSTEP_USERNAME and SYNCSTEP_PASSWORD, or SYNCSTEP_TOKEN.`,
  ],
])

/** The failure of a call, as a person at a keyboard is told it. `server` is the core that was asked. */
export const callFailure = (server: string, error: unknown): unknown => {
  if (!isServiceError(error)) return error
  const tell = tellers.get(error.code)
  return new Failure(tell === undefined ? toldBy(error) : tell(server, error))
}

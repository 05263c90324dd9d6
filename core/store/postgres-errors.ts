import { DatabaseError } from 'pg'
import { CoreError } from '../errors.ts'

/** Where the server is, without the password: for messages. */
export const placeOf = (url: URL): string =>
  `${url.hostname === '' ? 'localhost' : url.hostname}:${url.port === '' ? '5432' : url.port}${url.pathname}`

/** True for what the server said of a statement: the connection lives on. */
const isServerError = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && error.severity !== 'FATAL' && error.severity !== 'PANIC'

const retriable: ReadonlySet<string> = new Set(['40001', '40P01'])

/** True when the server undid everything because of others, so that the same may be tried again. */
export const mayTryAgain = (error: unknown): boolean =>
  isStalePlan(error) || (isServerError(error) && retriable.has(error.code ?? ''))

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ETIMEDOUT: 'it does not answer',
  '28P01': 'it refuses the user or the password',
  '28000': 'it refuses the user',
  '3D000': 'it has no database of that name; create it first',
  '53300': 'it has too many connections already',
  '57P03': 'it is starting or stopping',
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

/** A plan that was prepared before somebody changed the tables. */
export const isStalePlan = (error: unknown): boolean =>
  error instanceof Error && codeOf(error) === '0A000' && error.message.startsWith('cached plan')

// A host with several addresses fails with one error for each.
const firstOf = (error: unknown): unknown =>
  error instanceof AggregateError ? (error.errors[0] as unknown) : error

// Texts of the driver are not passed on unless they are known to be harmless.
const reasonOf = (error: unknown): string => {
  const code = codeOf(firstOf(error))
  if (Object.hasOwn(reasons, code)) return reasons[code] ?? code
  const text = error instanceof Error ? error.message : ''
  if (/timeout/i.test(text)) return 'it does not answer in time'
  if (/SSL/.test(text)) return 'it and this program do not agree on TLS (sslmode of the URL)'
  return code === '' ? 'the connection broke' : code
}

/** Why there is no connection, for the person who set the URL. */
export const cannotConnect = (place: string, error: unknown): CoreError =>
  new CoreError('UNAVAILABLE', `Cannot use PostgreSQL at ${place}: ${reasonOf(error)}.`)

/** What a statement failed with, as the core tells it: trouble of the server is not the caller's mistake. */
export const asCoreError = (place: string, error: unknown): unknown => {
  if (error instanceof CoreError) return error
  if (mayTryAgain(error)) {
    return new CoreError('UNAVAILABLE', 'Others are writing the same records; try again')
  }
  if (isServerError(error)) {
    return error.code === '57014'
      ? new CoreError('UNAVAILABLE', 'The database took too long; try again')
      : error
  }
  return error instanceof DatabaseError || isConnectionError(error)
    ? cannotConnect(place, error)
    : error
}

/** Errors of the driver and of sockets, as opposed to those of our own code. */
export const isConnectionError = (error: unknown): boolean => {
  if (error instanceof DatabaseError) return !isServerError(error)
  if (!(error instanceof Error)) return false
  return (
    /^E(?!RR_)[A-Z_]+$/.test(codeOf(firstOf(error))) ||
    /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client (was closed|has encountered a connection error))/.test(
      error.message,
    )
  )
}

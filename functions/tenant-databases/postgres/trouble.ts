import { DeferredException, TerminalException } from 'syncstep/functions'

/** What sockets and PostgreSQL say while a server is down, starts, stops or is full: it passes. */
const passing: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  '53300',
  '57P01',
  '57P02',
  '57P03',
])

/** A name that PostgreSQL keeps for itself. */
const reservedName = '42939'

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '')

/** The driver has no code for these. */
const isCut = ({ message }: Error): boolean =>
  /^(Connection terminated|timeout expired)/.test(message)

const isPassing = (error: Error): boolean => {
  const code = codeOf(error)
  return passing.has(code) || code.startsWith('08') || isCut(error)
}

/** What an error of PostgreSQL, or on the way there, means for the step. Passwords are in none of their texts. */
export const meaningOf = (error: unknown, server: string): unknown => {
  if (!(error instanceof Error)) return error
  if (isPassing(error)) {
    return new DeferredException(`${server} does not answer: ${error.message || codeOf(error)}`)
  }
  return codeOf(error) === reservedName ? new TerminalException(error.message) : error
}

import type { Fields } from '#contract'

/** Writes one line: a constant message, before it the fields that vary. */
export type LogWriter = {
  (message: string): void
  (fields: Fields, message: string): void
}

/** Where a step writes what it does. A pino logger is one. */
export type Log = {
  readonly debug: LogWriter
  readonly info: LogWriter
  readonly warn: LogWriter
  readonly error: LogWriter
}

/** Both forms of a writer from one function. */
export const logWriter =
  (write: (fields: Fields, message: string) => void): LogWriter =>
  (first: Fields | string, message: string = '') => {
    if (typeof first === 'string') write({}, first)
    else write(first, message)
  }

/** A log that adds the same fields to every line. */
export const boundLog = (log: Log, bound: Fields): Log => {
  const writer = (level: keyof Log) =>
    logWriter((fields, message) => log[level]({ ...bound, ...fields }, message))
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  }
}

import type { Fields } from '#contract'

type Write = (fields: Fields, message: string) => void

/** Where a step writes what it does: fields first, then a constant message. A pino logger is one. */
export type Log = {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

/** A log that adds the same fields to every line. */
export const boundLog = (log: Log, bound: Fields): Log => ({
  debug: (fields, message) => log.debug({ ...bound, ...fields }, message),
  info: (fields, message) => log.info({ ...bound, ...fields }, message),
  warn: (fields, message) => log.warn({ ...bound, ...fields }, message),
  error: (fields, message) => log.error({ ...bound, ...fields }, message),
})

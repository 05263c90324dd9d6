import type { Clock, Fields } from '#contract'
import { logWriter, type Log } from './log.ts'

/** The numbers by which pino, and what reads its lines, know the levels. */
const levels = { debug: 20, info: 30, warn: 40, error: 50 } as const

export type LogLevel = keyof typeof levels

const plainError = (_name: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value)
  if (!(value instanceof Error)) return value
  return { type: value.name, message: value.message, stack: value.stack }
}

/** A log of one line of JSON for each entry, from the level on, as `syncstep function` writes it. */
export const jsonLog = (write: (line: string) => void, level: LogLevel, clock: Clock): Log => {
  const writer = (own: LogLevel) =>
    logWriter((fields: Fields, msg) => {
      if (levels[own] < levels[level]) return
      const time = new Date(clock.now()).toISOString()
      write(`${JSON.stringify({ level: levels[own], time, ...fields, msg }, plainError)}\n`)
    })
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  }
}

export const isLogLevel = (text: string): text is LogLevel => Object.hasOwn(levels, text)

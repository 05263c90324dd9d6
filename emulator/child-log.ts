import type { Log } from './log.ts'

type Entry = { readonly level: number; readonly msg: string; readonly fields: object }

/** What the parent's logger writes itself. */
const ownFields = new Set(['level', 'msg', 'time'])

const entryOf = (line: string): Entry | undefined => {
  if (!line.startsWith('{')) return undefined
  try {
    const value = JSON.parse(line) as Readonly<Record<string, unknown>>
    const { level, msg } = value
    if (typeof level !== 'number') return undefined
    const others = Object.entries(value).filter(([name]) => !ownFields.has(name))
    return {
      level,
      msg: typeof msg === 'string' ? msg : '',
      fields: Object.fromEntries(others),
    }
  } catch {
    return undefined
  }
}

const writerOf = (log: Log, level: number): Log['info'] => {
  if (level >= 50) return log.error
  if (level >= 40) return log.warn
  if (level >= 30) return log.info
  return log.debug
}

/**
 * Writes a line that a step's process printed into the parent's log: an entry of its log at its own level, any other
 * text as it is.
 */
export const logChildLine = (log: Log, step: string, line: string, otherwise: 'info' | 'warn') => {
  if (line.trim() === '') return
  const entry = entryOf(line)
  if (entry === undefined) log[otherwise]({ step }, line)
  else writerOf(log, entry.level).call(log, { ...entry.fields, step }, entry.msg)
}

export type LogEntry = {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A log that keeps what is written to it. */
export const createRecordedLog = () => {
  const entries: LogEntry[] = []
  const writer =
    (level: LogEntry['level']) =>
    (fields: LogEntry['fields'], message: string): void =>
      void entries.push({ level, message, fields })
  return {
    entries,
    log: {
      debug: writer('debug'),
      info: writer('info'),
      warn: writer('warn'),
      error: writer('error'),
    },
  }
}

/** Where log lines go; a pino logger fits. Messages are constant, what varies is in the fields. */
export type Log = {
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
}

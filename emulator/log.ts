type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void

/** Where the emulator tells what happens; a pino logger fits. */
export type Log = {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

/** Runs statements with bound parameters. */
export type Sql = {
  query<Row>(text: string, parameters?: readonly unknown[]): Promise<Row[]>
}

/** The engine under the store: PostgreSQL 14 or newer, here PGlite. */
export type Database = Sql & {
  /** Commits when the work resolves, rolls back when it rejects. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>
  /** Calls the listener after each commit that notified the channel. Answers how to stop. */
  listen(channel: string, listener: () => void): Promise<() => Promise<void>>
  /** True when no other process can use the same data: leases found at start belong to nobody. */
  readonly exclusive: boolean
  close(): Promise<void>
}

/** SQLSTATE of a unique index that refused a row. */
export const uniqueViolation = '23505'

/** The part of a database error that code may look at; undefined for any other error. */
export const databaseError = (
  error: unknown,
): { readonly code: string; readonly constraint: string | undefined } | undefined => {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return undefined
  }
  const constraint =
    'constraint' in error && typeof error.constraint === 'string' ? error.constraint : undefined
  return { code: error.code, constraint }
}

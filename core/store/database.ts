/** Runs statements with bound parameters. */
export type Sql = {
  query<Row>(text: string, parameters?: readonly unknown[]): Promise<Row[]>
}

/** The engine under the store: PostgreSQL 14 or newer, here PGlite. */
export type Database = Sql & {
  /**
   * Commits when the work resolves, rolls back when it rejects. Where others stood in its way the work is begun
   * anew, and told which try it is: 1, 2, ...
   */
  transaction<T>(work: (sql: Sql, attempt: number) => Promise<T>): Promise<T>
  /** Calls the listener after each commit that notified the channel. Answers how to stop. */
  listen(channel: string, listener: () => void): Promise<() => Promise<void>>
  /** True when no other process can use the same data: leases found at start belong to nobody. */
  readonly exclusive: boolean
  /** How the connections are used, where there are several; `waiting` counts callers that want one. */
  connections?(): { readonly open: number; readonly idle: number; readonly waiting: number }
  close(): Promise<void>
}

import type { Schema } from '#xproto'
import { createAccess } from '../access.ts'
import type { Database, Sql } from '../database.ts'
import type { Caller } from '../caller.ts'
import { createLog, type ChangeRow } from './log.ts'
import type { ChangeLog } from './port.ts'
import { createSettling } from './settle.ts'
import { changeChannel } from './triggers.ts'

/** Whoever has this very object may read every change. */
export const coreItself: Caller = { userId: 0, email: 'core', isAdmin: true }

export type Watching = {
  /** The changes of records that the caller may read, as they are after the change. */
  as(caller: Caller): ChangeLog
  /** Calls the listener whenever there may be new changes, whichever core made them. Answers how to stop. */
  onChange(listener: () => void): () => void
}

/** No policy can say who may read a record whose model is gone: administrators may. */
const readableBy = async (
  sql: Sql,
  schema: Schema,
  caller: Caller,
  rows: readonly ChangeRow[],
): Promise<readonly ChangeRow[]> => {
  const access = createAccess({ sql, schema, caller })
  const readable: ChangeRow[] = []
  for (const row of rows) {
    const model = schema.model(row.leaf)
    const mayRead =
      model === undefined
        ? caller.isAdmin && caller.step === undefined
        : await access.mayRead(model, row)
    if (mayRead) readable.push(row)
  }
  return readable
}

export const createWatching = async (
  database: Database,
  schema: () => Promise<Schema>,
): Promise<Watching> => {
  const settle = createSettling(database)
  const listeners = new Set<() => void>()
  await database.listen(changeChannel, () => {
    for (const listener of listeners) listener()
  })
  const context = { sql: database, schema, settle }
  return {
    as: (caller) =>
      createLog({
        ...context,
        readable: async (inForce, rows) =>
          caller === coreItself ? rows : readableBy(database, inForce, caller, rows),
      }),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

import type { Schema } from '#xproto'
import type { Database } from '../database.ts'
import type { Caller } from '../port.ts'
import { requireAdministrator } from '../../access/require-administrator.ts'
import { createLog } from './log.ts'
import type { ChangeLog } from './port.ts'
import { createSettling } from './settle.ts'
import { changeChannel } from './triggers.ts'

export type Watching = {
  /** The changes that the caller may read. */
  as(caller: Caller): ChangeLog
  /** Calls the listener whenever there may be new changes, whichever core made them. Answers how to stop. */
  onChange(listener: () => void): () => void
}

export const createWatching = async (
  database: Database,
  schema: () => Schema,
): Promise<Watching> => {
  const settle = createSettling(database)
  const listeners = new Set<() => void>()
  await database.listen(changeChannel, () => {
    for (const listener of listeners) listener()
  })
  return {
    as(caller) {
      requireAdministrator(caller, 'read changes')
      return createLog({ sql: database, schema, settle, readable: (rows) => Promise.resolve(rows) })
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

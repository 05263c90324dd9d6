import type { Schema, Source } from '#xproto'
import { requireAdministrator } from '../../access/require-administrator.ts'
import { note } from '../audit.ts'
import type { Database, Sql } from '../database.ts'
import type { Caller, LockingRecords } from '../port.ts'
import { moveSchema, type CurrentSchema } from '../schema-state.ts'
import { dump } from './dump.ts'
import { checkBackup } from './read-backup.ts'
import { restore } from './restore.ts'

export type Restored = {
  /** Of all tables. */
  readonly rows: number
  /** When the backup was made, ISO 8601. */
  readonly madeAt: string
}

/** Copies of all there is. All methods throw CoreError: PERMISSION_DENIED for who is no administrator. */
export type Backups = {
  /**
   * Hands the bytes of a backup to `consume`, whose answer it answers. Others may have to wait until it has read
   * them, so it must not wait for a client.
   */
  make<T>(caller: Caller, consume: (bytes: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T>
  /**
   * Puts what a backup holds in place of all there is; VALIDATION, and nothing changed, when it does not fit.
   * `bytes` is asked for twice, or more often. What `after` does belongs to it.
   */
  restore(
    caller: Caller,
    bytes: () => AsyncIterable<Uint8Array>,
    after?: (records: LockingRecords) => Promise<void>,
  ): Promise<Restored>
}

export type BackupsOptions = {
  readonly database: Database
  readonly coreModels: readonly Source[]
  readonly current: CurrentSchema
  /** Microseconds since 1970. */
  readonly now: () => number
  readonly recordsOf: (sql: Sql, schema: Schema, caller: Caller) => LockingRecords
}

export const createBackups = (options: BackupsOptions): Backups => {
  const { database, coreModels, current, now, recordsOf } = options
  return {
    async make(caller, consume) {
      requireAdministrator(caller, 'make backups')
      return dump(database, new Date(now() / 1000).toISOString(), consume)
    },

    async restore(caller, bytes, after) {
      requireAdministrator(caller, 'restore backups')
      const checked = await checkBackup(bytes())
      const loaded = await database.transaction(async (sql) => {
        await current.enterAlone(sql, { caller, now: now() })
        const schema = await restore({ sql, coreModels, now: now() }, checked, bytes)
        await note(sql, caller, { at: now(), operation: 'restored', model: '', id: 0 })
        await after?.(recordsOf(sql, schema, caller))
        return { schema, revision: await moveSchema(sql) }
      })
      current.replace(loaded)
      return { rows: checked.rows, madeAt: checked.madeAt }
    },
  }
}

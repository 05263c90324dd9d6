import { openPglite, openPostgres, postgresPlace, type Database } from '#core'
import type { Closers } from './closers.ts'
import type { CoreSettings } from './core-settings.ts'
import { openDataFolder } from './data-folder.ts'

/** Opens what the settings name: a PostgreSQL server, a folder that is taken for this process alone, or memory. */
export const openDatabase = async (
  { data, database, processes, clock, random, log }: CoreSettings,
  closers: Closers,
): Promise<Database> => {
  if (database !== undefined) {
    log.info({ database: postgresPlace(database) }, 'Opening the database')
    return openPostgres({ url: database, clock, random })
  }
  // Making a new one takes some seconds, in which nothing else can be told.
  log.info({ data: data ?? 'memory' }, 'Opening the database')
  if (data === undefined) return openPglite()
  const opened = await openDataFolder(data, processes, openPglite)
  closers.add('data folder', () => opened.release())
  return opened.database
}

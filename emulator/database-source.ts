import type { WorkSource } from '#contract'
import { openCore, openPostgres, postgresPlace } from '#core'
import type { Closers } from './closers.ts'
import type { CoreSettings } from './core-settings.ts'
import { forUser } from './setup-error.ts'

export type DatabaseSourceOptions = Pick<
  CoreSettings,
  'coreModels' | 'clock' | 'random' | 'log'
> & {
  /** Of the PostgreSQL server that keeps the data of a core; its password appears nowhere else. */
  readonly url: string
}

/**
 * Work straight from the database of a core, without a core in between. Faces, backups and housekeeping stay with the cores.
 *
 * @throws SetupError when the server cannot be had, or stored models do not compile any more.
 */
export const openDatabaseSource = async (
  { url, coreModels, clock, random, log }: DatabaseSourceOptions,
  closers: Closers,
): Promise<WorkSource> => {
  log.info({ database: postgresPlace(url) }, 'Opening the database')
  try {
    const database = await openPostgres({ url, clock, random })
    closers.add('database', () => database.close())
    const { work } = await openCore({ database, coreModels, clock })
    return work
  } catch (error) {
    throw forUser(error)
  }
}

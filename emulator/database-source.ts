import type { WorkSource } from '#contract'
import { openCore, openPostgres, postgresPlace } from '#core'
import type { Closers } from './closers.ts'
import type { CoreSettings } from './core-settings.ts'
import { reachedAt } from './rest-address.ts'
import { forUser } from './setup-error.ts'

export type DatabaseSourceOptions = Pick<
  CoreSettings,
  'coreModels' | 'clock' | 'random' | 'log' | 'completionMs'
> & {
  /** Where functions reach the REST face of a core of that database; undefined: nowhere. */
  readonly publicUrl: URL | undefined
  /** Of the PostgreSQL server that keeps the data of a core; its password appears nowhere else. */
  readonly url: string
}

/**
 * Work straight from the database of a core, without a core in between. Faces, backups and housekeeping stay with the cores.
 *
 * @throws SetupError when the server cannot be had, or stored models do not compile any more.
 */
export const openDatabaseSource = async (
  { url, publicUrl, completionMs, coreModels, clock, random, log }: DatabaseSourceOptions,
  closers: Closers,
): Promise<WorkSource> => {
  log.info({ database: postgresPlace(url) }, 'Opening the database')
  try {
    const database = await openPostgres({ url, clock, random })
    closers.add('database', () => database.close())
    const address = publicUrl?.href.replace(/\/$/, '')
    const reached = reachedAt(() => address, completionMs)
    const { work } = await openCore({ database, coreModels, clock, ...reached })
    return work
  } catch (error) {
    throw forUser(error)
  }
}

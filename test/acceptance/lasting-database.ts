import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPglite, type Database } from '#core'
import { newPostgresDatabase, openTestPostgres } from '../support/database.ts'

/** A database that outlives the cores that open it, on the engine that the vitest project names. */
export type LastingDatabase = {
  open(): Promise<Database>
  remove(): Promise<void>
}

export const makeLastingDatabase = async (): Promise<LastingDatabase> => {
  if (process.env['SYNCSTEP_TEST_ENGINE'] === 'postgres') {
    const url = await newPostgresDatabase()
    return { open: () => openTestPostgres(url), remove: () => Promise.resolve() }
  }
  const folder = await mkdtemp(join(tmpdir(), 'syncstep-lasting-'))
  return { open: () => openPglite(folder), remove: () => rm(folder, { recursive: true }) }
}

import { readFile } from 'node:fs/promises'
import { openCore } from '../../core/core.ts'
import { openPglite } from '../../core/store/pglite.ts'
import { loadModels } from './cores.ts'
import type { Engine } from './simulate.ts'

const coreModels = new URL('../../xproto/models/core.xproto', import.meta.url)

/** A database in memory with the simulated models loaded. `made`: a file with an empty one; see `made-pglite.ts`. */
export const openEngine = async (made: string): Promise<Engine> => {
  const database = await openPglite(undefined, new Blob([await readFile(made)]))
  const sources = [{ file: 'core.xproto', text: await readFile(coreModels, 'utf8') }]
  const admin = { email: 'admin@opencord.org', password: 'letmein' }
  const clock = { now: () => 0, after: () => () => undefined }
  const core = await openCore({ database, coreModels: sources, clock, admin })
  await loadModels(core)
  return { database, coreModels: sources, admin }
}

import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'

/** What uploads and backups are written to until they are whole; see `spool.ts` and `../grpc/files.ts`. */
const isDraft = (name: string): boolean => /^\.(upload|backup)-/.test(name)

/**
 * Removes what cores that were killed left half written.
 *
 * @param before milliseconds since 1970; a younger one may be another core's, which still writes
 */
export const removeLeftovers = async (folder: string, before: number): Promise<void> => {
  // The folder is made when something is written.
  const names = await readdir(folder).catch((): readonly string[] => [])
  for (const name of names.filter(isDraft)) {
    const draft = path.join(folder, name)
    const { mtimeMs } = await stat(draft)
    if (mtimeMs < before) await rm(draft, { recursive: true, force: true })
  }
}

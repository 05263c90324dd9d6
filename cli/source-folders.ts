import { readdir } from 'node:fs/promises'
import path from 'node:path'

/** Each folder costs a watch, of which the system has a limited number. */
const most = 500

/** Whether a folder of this name is one of the user's own. */
export const isSource = (name: string): boolean => !name.startsWith('.') && name !== 'node_modules'

/** The folder and all below it that may hold source files of its own, at most 500. */
export const sourceFolders = async (root: string): Promise<readonly string[]> => {
  const found = [root]
  for (const folder of found) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (found.length === most) return found
      if (entry.isDirectory() && isSource(entry.name)) found.push(path.join(folder, entry.name))
    }
  }
  return found
}

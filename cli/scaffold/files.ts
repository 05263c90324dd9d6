import path from 'node:path'
import { replaceFile } from '../files.ts'

/** Texts of files by their paths in a folder. */
export type Files = Readonly<Record<string, string>>

/**
 * Writes the files below a folder.
 *
 * @throws Failure when one cannot be written.
 */
export const writeFiles = async (folder: string, files: Files): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await replaceFile(path.join(folder, name), text)
  }
}

import { open, readdir, stat } from 'node:fs/promises'
import { Failure } from './failure.ts'

const longestFile = 1024 * 1024

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

/**
 * Text of a file of the project, at most 1 MiB.
 *
 * @throws Failure when it cannot be read; `purpose` ends the sentence "Expected ...".
 */
export const readText = async (file: string, purpose: string): Promise<string> => {
  const text = await readTextIfAny(file)
  if (text === undefined) throw new Failure(`Expected ${purpose} at ${file}: no such file.`)
  return text
}

/** As {@link readText}, undefined when there is no such file. */
export const readTextIfAny = async (file: string): Promise<string | undefined> => {
  try {
    const handle = await open(file, 'r')
    try {
      const { size } = await handle.stat()
      if (size > longestFile) throw new Failure(`${file} is longer than 1 MiB.`)
      return await handle.readFile('utf8')
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new Failure(`Cannot read ${file}: ${code ?? 'unknown reason'}.`)
  }
}

/** Names of the plain files in a folder, sorted. */
export const listFiles = async (folder: string, purpose: string): Promise<readonly string[]> => {
  await assertFolder(folder, purpose)
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => entry.name)
    .sort()
}

/** @throws Failure unless it is a folder; `purpose` ends the sentence "Expected ...". */
export const assertFolder = async (folder: string, purpose: string): Promise<void> => {
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined) throw new Failure(`Expected ${purpose} at ${folder}: no such folder.`)
  if (!found.isDirectory())
    throw new Failure(`Expected ${purpose} at ${folder}: it is not a folder.`)
}

/** @throws Failure unless it is a file; `purpose` ends the sentence "Expected ...". */
export const assertFile = async (file: string, purpose: string): Promise<void> => {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) throw new Failure(`Expected ${purpose} at ${file}: no such file.`)
  if (!found.isFile()) throw new Failure(`Expected ${purpose} at ${file}: it is not a file.`)
}

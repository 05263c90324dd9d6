import { randomUUID } from 'node:crypto'
import {
  chmod,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { Failure } from './failure.ts'

const longestFile = 1024 * 1024

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

/** What the system means, by its code. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'not permitted'],
  ['EROFS', 'nothing can be written there'],
  ['ENOENT', 'no such file or folder'],
  ['ENOTDIR', 'a file is where a folder should be'],
  ['EEXIST', 'a file is where a folder should be'],
  ['EISDIR', 'it is a folder'],
  ['ELOOP', 'its symbolic links lead round in a circle'],
  ['ENOSPC', 'the disk is full'],
])

/** The failure that an error of the file system is; `action` starts the sentence: `Cannot read a.xproto`. */
export const fileFailure = (action: string, error: unknown): Failure => {
  if (error instanceof Failure) return error
  const code = codeOf(error) ?? 'unknown reason'
  const reason = reasons.get(code)
  return new Failure(`${action}: ${reason === undefined ? code : `${reason} (${code})`}.`)
}

/**
 * Text of a file of the project, at most 1 MiB unless `longest` says how many bytes.
 *
 * @throws Failure when it cannot be read; `purpose` ends the sentence "Expected ...".
 */
export const readText = async (
  file: string,
  purpose: string,
  longest: number = longestFile,
): Promise<string> => {
  const text = await readTextIfAny(file, longest)
  if (text === undefined) throw new Failure(`Expected ${purpose} at ${file}: no such file.`)
  return text
}

/** As {@link readText}, undefined when there is no such file. */
export const readTextIfAny = async (
  file: string,
  longest: number = longestFile,
): Promise<string | undefined> => {
  try {
    const handle = await open(file, 'r')
    try {
      const { size } = await handle.stat()
      if (size > longest) throw new Failure(`${file} is longer than ${longest / longestFile} MiB.`)
      return await handle.readFile('utf8')
    } finally {
      await handle.close()
    }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw fileFailure(`Cannot read ${file}`, error)
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

const replaceAsOne = async (place: string, text: string): Promise<void> => {
  const folder = path.dirname(place)
  await mkdir(folder, { recursive: true })
  const mode = (await stat(place).catch(() => undefined))?.mode
  const draft = path.join(folder, `.${path.basename(place)}.${randomUUID()}`)
  try {
    await writeFile(draft, text, { flag: 'wx', mode: mode ?? 0o666 })
    // The first write is narrowed by the mask of the process.
    if (mode !== undefined) await chmod(draft, mode)
    await rename(draft, place)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/**
 * Puts a file in place as a whole: whoever reads it sees the old text or the new one. The folders above it are made; a
 * file that is replaced hands on its mode, and a symbolic link stays one.
 *
 * @throws Failure when it cannot be written; then what was there is as it was.
 */
export const replaceFile = async (file: string, text: string): Promise<void> => {
  try {
    await replaceAsOne(await realpath(file).catch(() => file), text)
  } catch (error) {
    throw fileFailure(`Cannot write ${file}`, error)
  }
}

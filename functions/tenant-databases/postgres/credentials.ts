import { readFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { requireName } from './names.ts'

/** Who a step is on a server. */
export type Credentials = {
  readonly username: string
  readonly password: string
  /** Whose word is taken for the server being the right one; undefined: nobody is asked, and nothing is encrypted. */
  readonly authority: string | undefined
}

/** A folder that the environment names. Throws when it names none. */
export const folderFrom = (variable: string): string => {
  const folder = process.env[variable] ?? ''
  if (folder !== '') return folder
  throw new Error(`Expected ${variable} to name a folder`)
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** The text of a file without the end of its last line; undefined when there is no such file. */
export const textIfAny = async (file: string): Promise<string | undefined> => {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const textOf = async (file: string): Promise<string> => {
  const text = await textIfAny(file)
  if (text !== undefined) return text
  throw new Error(`There is no ${file}`)
}

/**
 * Reads a folder of TENANT_DATABASES_CREDENTIALS as a Secret of Kubernetes is mounted: `username`, `password` and perhaps
 * `ca.crt`. It is read for each call, so that a password can be replaced at any time.
 *
 * @throws Error naming the file that is missing, TerminalException when the name is none.
 */
export const readCredentials = async (name: string): Promise<Credentials> => {
  const folder = path.join(
    folderFrom('TENANT_DATABASES_CREDENTIALS'),
    requireName('the credentials of the server', name),
  )
  const fileOf = (file: string): string => path.join(folder, file)
  return {
    username: await textOf(fileOf('username')),
    password: await textOf(fileOf('password')),
    authority: await textIfAny(fileOf('ca.crt')),
  }
}

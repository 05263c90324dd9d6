import path from 'node:path'
import { Failure } from './failure.ts'
import { readText } from './files.ts'

/** A password of the form `@file` is the first line of that file, relative to the folder. */
export const readPassword = async (folder: string, password: string): Promise<string> => {
  if (!password.startsWith('@')) return password
  const file = path.resolve(folder, password.slice(1))
  const [line = ''] = (await readText(file, 'the file of the password')).split(/\r?\n/)
  if (line === '') throw new Failure(`The first line of ${file} must be the password.`)
  return line
}

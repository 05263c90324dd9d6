import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { root } from './syncstep-command.ts'

const { resolve } = createRequire(import.meta.url)
const installed = path.join(path.dirname(resolve('@electric-sql/pglite')), '..', 'package.json')

const cacheFile = async (): Promise<string> => {
  const { version } = JSON.parse(await readFile(installed, 'utf8')) as { version: string }
  return path.join(root, 'node_modules', '.cache', 'syncstep', `pglite-${version}.tar`)
}

/** Of two that do so at once, either leaves a whole file. */
const makeIn = async (file: string): Promise<void> => {
  const pglite = await PGlite.create()
  const dumped = await pglite.dumpDataDir('none')
  await pglite.close()
  await mkdir(path.dirname(file), { recursive: true })
  const unfinished = `${file}.${randomUUID()}`
  await writeFile(unfinished, dumped.stream())
  await rename(unfinished, file)
}

/**
 * The file with an empty database of PGlite as a dumped folder. Making one takes seconds, so that is done once and kept
 * with what npm brought.
 */
export const madePgliteFile = async (): Promise<string> => {
  const file = await cacheFile()
  if (!existsSync(file)) await makeIn(file)
  return file
}

/** Makes a folder for `--data` as a first start leaves it that was killed before it wrote anything of its own. */
export const makeDataFolder = async (folder: string): Promise<string> => {
  const postgres = path.join(folder, 'postgres')
  await mkdir(postgres, { recursive: true })
  await promisify(execFile)('tar', ['-xf', await madePgliteFile(), '-C', postgres])
  await writeFile(path.join(folder, 'whole'), '')
  return folder
}

export const madePglite = async (): Promise<Blob> =>
  new Blob([await readFile(await madePgliteFile())])

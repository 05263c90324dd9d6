import { createReadStream } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import type { Source } from '#xproto'
import { Failure } from './failure.ts'
import { fileFailure } from './files.ts'
import { isSource } from './source-folders.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'

export const pathsParameter = {
  name: 'PATH...',
  help: 'files, folders with .xproto files in and below them, or - for standard input',
}

/** What standard input is called in messages. */
const stdinName = '<stdin>'

const longestText = 16 * 1024 * 1024

const decode = (bytes: Uint8Array, name: string): string => {
  try {
    // The byte order mark is kept, so that places count as in the file and formatting sees it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Failure(`${name} is not UTF-8 text. Save it as UTF-8.`)
  }
}

const readAll = async (stream: Readable, name: string): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > longestText) throw new Failure(`${name} is longer than 16 MiB.`)
      chunks.push(chunk)
    }
  } catch (error) {
    const isAbort = error instanceof Error && error.name === 'AbortError'
    throw isAbort ? new Failure('Interrupted.') : fileFailure(`Cannot read ${name}`, error)
  }
  return decode(Buffer.concat(chunks), name)
}

/** The .xproto files in and below a folder, sorted; not those of packages, nor hidden ones. */
const modelFilesBelow = async (folder: string): Promise<readonly string[]> => {
  const folders = [folder]
  const files: string[] = []
  for (const at of folders) {
    const entries = await readdir(at, { withFileTypes: true })
    for (const entry of entries.filter(({ name }) => isSource(name))) {
      const place = path.join(at, entry.name)
      if (entry.isDirectory()) folders.push(place)
      else if (entry.name.endsWith('.xproto')) files.push(place)
    }
  }
  return files.sort()
}

const filesAt = async (given: string, { cwd }: World): Promise<readonly string[]> => {
  if (given === '-') return [stdinName]
  const place = path.resolve(cwd, given)
  const found = await stat(place).catch(() => undefined)
  if (found === undefined) throw new UsageError(`No file or folder ${given}.`)
  if (!found.isDirectory()) return [path.normalize(given)]
  try {
    const files = await modelFilesBelow(place)
    if (files.length === 0) throw new UsageError(`No .xproto file in ${given} or below it.`)
    return files.map((file) => path.join(given, path.relative(place, file)))
  } catch (error) {
    throw error instanceof UsageError ? error : fileFailure(`Cannot read ${given}`, error)
  }
}

/** What a path comes down to in the end. A pipe has a path and is nowhere. */
const identityOf = (place: string): Promise<string> => realpath(place).catch(() => place)

/**
 * The texts that are meant by paths on the command line, each once, also when symbolic links lead to it, by the names
 * under which they were given: relative to the working folder unless absolute.
 *
 * @throws UsageError when there is nothing at a path, Failure when a text cannot be read or is no text.
 */
export const readXproto = async (
  paths: readonly string[],
  world: World,
): Promise<readonly Source[]> => {
  const { cwd, stdin, stop } = world
  const files = new Map<string, string>()
  for (const given of paths) {
    for (const file of await filesAt(given, world)) {
      const identity = await identityOf(path.resolve(cwd, file))
      if (!files.has(identity)) files.set(identity, file)
    }
  }
  const sources: Source[] = []
  for (const file of files.values()) {
    const stream = file === stdinName ? stdin() : createReadStream(path.resolve(cwd, file))
    sources.push({ file, text: await readAll(addAbortSignal(stop, stream), file) })
  }
  return sources
}

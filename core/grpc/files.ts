import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, mkdtemp, open, rename, rm, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { CoreError } from '../errors.ts'

/** What a file is called by clients of XOS: the folder they know, and a name in it. */
const prefix = 'file:///var/run/xos/backup/local/'

/** What its messages can count (int32). */
const maxBytes = 2 ** 31 - 1

const readBytes = 64 * 1024

export type Written = {
  /** `sha256:` and 64 hex digits. */
  readonly checksum: string
  readonly bytes: number
}

/** The files of one folder. All methods throw CoreError; nothing outside of the folder is ever touched. */
export type Files = {
  /** The bytes of a file, in pieces of at most 64 KiB. */
  read(uri: string): AsyncIterable<Uint8Array>
  /** Makes the file from the pieces, or replaces it, when all of them have come; before that there is no trace. */
  write(uri: string, pieces: AsyncIterable<Uint8Array>): Promise<Written>
}

const nameIn = (uri: string): string => {
  const name = uri.startsWith(prefix) ? uri.slice(prefix.length) : ''
  // No separator, no leading dot: it can mean nothing but a file of this folder.
  if (/^\w[\w.-]{0,199}$/.test(name)) return name
  throw new CoreError(
    'VALIDATION',
    `Expected a uri ${prefix}NAME, the name of letters, digits, ".", "_" and "-", got ${JSON.stringify(uri.slice(0, 300))}`,
  )
}

const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined

const openExisting = async (file: string, uri: string): Promise<FileHandle> => {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (thrown) {
    // ELOOP: a symbolic link, which this folder has none of.
    if (!['ENOENT', 'ELOOP'].includes(codeOf(thrown) ?? '')) throw thrown
    throw new CoreError('NOT_FOUND', `There is no file ${uri}`)
  }
}

async function* piecesOf(file: string, uri: string): AsyncGenerator<Uint8Array> {
  const handle = await openExisting(file, uri)
  try {
    if (!(await handle.stat()).isFile()) throw new CoreError('NOT_FOUND', `There is no file ${uri}`)
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(readBytes), 0, readBytes)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

const writeNew = async (file: string, pieces: AsyncIterable<Uint8Array>): Promise<Written> => {
  const handle = await open(file, 'wx', 0o600)
  try {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const piece of pieces) {
      bytes += piece.length
      if (bytes > maxBytes) {
        throw new CoreError('TOO_LARGE', `Expected a file of at most ${maxBytes} bytes`)
      }
      hash.update(piece)
      await handle.writeFile(piece)
    }
    await handle.sync()
    return { checksum: `sha256:${hash.digest('hex')}`, bytes }
  } finally {
    await handle.close()
  }
}

/** `folder` is an absolute path; it is made when something is written and it is not there. */
export const createFiles = (folder: string): Files => ({
  read: (uri) => piecesOf(path.join(folder, nameIn(uri)), uri),

  async write(uri, pieces) {
    const name = nameIn(uri)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    // No name of a file begins with a dot, so that nobody can ask for what is only half here.
    const draft = await mkdtemp(path.join(folder, '.upload-'))
    try {
      const written = await writeNew(path.join(draft, name), pieces)
      await rename(path.join(draft, name), path.join(folder, name))
      return written
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  },
})

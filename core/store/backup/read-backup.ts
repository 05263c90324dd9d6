import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CoreError } from '../../errors.ts'
import {
  backupFormat,
  backupVersion,
  unfit,
  type BackupHeader,
  type ControlLine,
} from './format.ts'

/** One row with everything in it. */
const longestLine = 64 * 1024 * 1024

/** Lines without their ends, of bytes that may be cut anywhere. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  // Parts of a line whose end did not come yet; joining them once keeps long lines cheap.
  let parts: string[] = []
  let length = 0
  for await (const piece of bytes) {
    const [first = '', ...others] = decoder.decode(piece, { stream: true }).split('\n')
    parts.push(first)
    length += first.length
    if (length > longestLine) throw unfit('A line of the backup is too long')
    for (const other of others) {
      yield parts.join('')
      parts = [other]
      length = other.length
    }
  }
  if (length > 0) throw unfit('The backup is cut off')
}

const isReadingError = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (String(error.code).startsWith('Z_') || error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA')

/** The lines of a backup. Throws VALIDATION when it is none, or cut off. */
export async function* backupLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const source = Readable.from(bytes)
  const gunzip = createGunzip()
  // Whatever goes wrong with the bytes shows where the lines are read.
  source.on('error', (error) => gunzip.destroy(error))
  try {
    yield* linesOf(source.pipe(gunzip))
  } catch (error) {
    if (error instanceof CoreError || !isReadingError(error)) throw error
    throw unfit('That is no backup of Syncstep, or it is damaged')
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

const jsonOf = (line: string): unknown => {
  try {
    return JSON.parse(line) as unknown
  } catch {
    throw unfit('The backup is damaged')
  }
}

const headerFrom = (line: string): BackupHeader => {
  const header = jsonOf(line) as Partial<BackupHeader> | null
  if (header?.format !== backupFormat) throw unfit('That is no backup of Syncstep')
  if (header.version !== backupVersion) {
    throw unfit(
      `The backup has format ${String(header.version)}, this version of Syncstep reads ${backupVersion}`,
    )
  }
  return header as BackupHeader
}

/** A control line; what it says is taken at its word, because the sum of all lines was checked before. */
export const controlFrom = (line: string): ControlLine => jsonOf(line) as ControlLine

/** What a backup says of itself once its sum was found to be right. */
export type Checked = BackupHeader & { readonly rows: number }

/** Reads a backup to its end. Throws VALIDATION when it is none, newer than this version, damaged or cut off. */
export const checkBackup = async (bytes: AsyncIterable<Uint8Array>): Promise<Checked> => {
  const hash = createHash('sha256')
  let header: BackupHeader | undefined
  let rows: number | undefined
  for await (const line of backupLines(bytes)) {
    if (rows !== undefined) throw unfit('The backup goes on behind its end')
    if (header === undefined) header = headerFrom(line)
    else if (line.startsWith('["end"')) {
      const [, end] = jsonOf(line) as Extract<ControlLine, readonly ['end', unknown]>
      if (end.sha256 !== hash.digest('hex')) throw unfit('The backup is damaged: its sum is wrong')
      rows = end.rows
      continue
    }
    hash.update(`${line}\n`)
  }
  if (header === undefined || rows === undefined) throw unfit('The backup is cut off')
  return { ...header, rows }
}

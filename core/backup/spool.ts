import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import path from 'node:path'

/** Bytes on disk, to be written once and read as often and as slowly as it takes. */
export type Spool = {
  write(bytes: AsyncIterable<Uint8Array>): Promise<void>
  read(): AsyncIterable<Uint8Array>
  remove(): Promise<void>
}

const readBytes = 64 * 1024

/** A new file in the folder. It is for nobody else: its name begins with a dot, and clients can name no such file. */
export const openSpool = async (folder: string): Promise<Spool> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const own = await mkdtemp(path.join(folder, '.backup-'))
  const file = path.join(own, 'bytes')
  return {
    async write(bytes) {
      const handle = await open(file, 'wx', 0o600)
      try {
        for await (const piece of bytes) await handle.writeFile(piece)
      } finally {
        await handle.close()
      }
    },
    read: () => createReadStream(file, { highWaterMark: readBytes }),
    remove: () => rm(own, { recursive: true, force: true }),
  }
}

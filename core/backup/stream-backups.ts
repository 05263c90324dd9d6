import { CoreError } from '../errors.ts'
import type { Backups, Restored } from '../store/backup/backups.ts'
import type { Caller } from '../store/port.ts'
import { openSpool } from './spool.ts'

/** Larger than any backup that is restored over a stream. */
const mostBytes = 16 * 2 ** 30

export type StreamedBackups = {
  readonly backups: Backups
  /** Absolute path of the folder that may be used for as long as a call takes. */
  readonly files: string
}

/** The bytes of a backup. It is made whole before the first of them is handed out, so a slow reader disturbs nobody. */
export async function* backupStream(
  { backups, files }: StreamedBackups,
  caller: Caller,
): AsyncGenerator<Uint8Array> {
  const spool = await openSpool(files)
  try {
    await backups.make(caller, (bytes) => spool.write(bytes))
    yield* spool.read()
  } finally {
    await spool.remove()
  }
}

async function* bounded(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > mostBytes) {
      throw new CoreError('TOO_LARGE', `Expected a backup of at most ${mostBytes} bytes`)
    }
    yield piece
  }
}

/** Restores a backup once all its bytes have come. */
export const restoreStream = async (
  { backups, files }: StreamedBackups,
  caller: Caller,
  pieces: AsyncIterable<Uint8Array>,
): Promise<Restored> => {
  const spool = await openSpool(files)
  try {
    await spool.write(bounded(pieces))
    return await backups.restore(caller, () => spool.read())
  } finally {
    await spool.remove()
  }
}

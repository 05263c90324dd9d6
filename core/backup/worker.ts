import type { Clock } from '#contract'
import { createBell, pause } from '../events/bell.ts'
import { createFiles } from '../grpc/files.ts'
import { carryOutBackups, type CarryOutOptions } from './carry-out.ts'
import { removeLeftovers } from './leftovers.ts'

export type BackupWorkerOptions = Omit<CarryOutOptions, 'files' | 'now'> & {
  /** Absolute path of the folder that XOS clients call /var/run/xos/backup/local. */
  readonly files: string
  /** Whether no other core uses the store: then what is under way at the start was cut short. */
  readonly isAlone: boolean
  readonly clock: Clock
}

/** How often it looks without having heard of a change, and at most when there are many. */
const everyMs = 60_000
const quietMs = 250
/** What an operation may take. */
const longestMs = 15 * 60_000
/** What an upload by a slow client may take. */
const longestUploadMs = 24 * 3_600_000

/** Carries out backup operations as they are asked for. Closing it waits for the one under way. */
export const startBackupWorker = (options: BackupWorkerOptions): { close(): Promise<void> } => {
  const { store, clock, log, isAlone } = options
  const stop = new AbortController()
  const { signal } = stop
  const bell = createBell({ clock, signal, onChange: (listener) => store.onChange(listener) })
  const carryOut = { ...options, files: createFiles(options.files), now: () => clock.now() }

  const run = async (): Promise<void> => {
    const age = isAlone ? 0 : longestUploadMs
    await removeLeftovers(options.files, clock.now() - age).catch((error: unknown) =>
      log.error({ err: error }, 'Cannot remove what was left half written'),
    )
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      await carryOutBackups(carryOut, isFirst && isAlone ? 0 : longestMs).catch((error: unknown) =>
        log.error({ err: error }, 'Cannot look for backup operations'),
      )
      await bell.wait(everyMs)
      await pause(clock, quietMs, signal)
    }
  }
  const running = run()
  return {
    async close() {
      stop.abort()
      await running
      bell.stop()
    },
  }
}

import { watch } from 'node:fs'
import path from 'node:path'
import type { WatchFolder } from '#emulator'

export const watchFolder: WatchFolder = (folder, onChange) => {
  const watcher = watch(folder, (_event, name) => {
    if (name !== null) onChange(path.join(folder, name))
  })
  // A watched folder may go away, or the system may have no watches left; steps then stay as they are.
  watcher.on('error', () => watcher.close())
  return () => watcher.close()
}

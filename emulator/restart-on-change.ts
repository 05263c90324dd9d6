import path from 'node:path'
import type { Clock } from '#contract'

/** Calls back with the absolute path of a file in the folder that was written, made or removed. Answers how to stop. */
export type WatchFolder = (folder: string, onChange: (file: string) => void) => () => void

export type RestartOnChangeOptions = {
  /** Absolute. */
  readonly folders: readonly string[]
  /** The steps that run here, by their absolute file. */
  readonly steps: ReadonlyMap<string, { restart(): void }>
  readonly watch: WatchFolder
  readonly clock: Clock
}

/** An editor writes a file in several goes. */
const quietMs = 50

const isSource = (file: string): boolean =>
  /\.(?:[cm]?[jt]s|json)$/.test(file) && !/^test|\.test\.|\.d\.ts$/.test(path.basename(file))

/**
 * Restarts a step when its file changes, and all of them when another source file does, because any of them may
 * import it. Answers how to stop.
 */
export const restartOnChange = (options: RestartOnChangeOptions): (() => void) => {
  const { folders, steps, watch, clock } = options
  const due = new Set<{ restart(): void }>()
  let cancel = (): void => undefined

  const restartDue = (): void => {
    const restarting = [...due]
    due.clear()
    for (const step of restarting) step.restart()
  }

  const onChange = (file: string): void => {
    if (!isSource(file)) return
    const own = steps.get(file)
    for (const step of own === undefined ? steps.values() : [own]) due.add(step)
    cancel()
    cancel = clock.after(quietMs, restartDue)
  }

  const stops = folders.map((folder) => watch(folder, onChange))
  return () => {
    cancel()
    for (const stop of stops) stop()
  }
}

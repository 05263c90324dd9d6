import type { Readable } from 'node:stream'
import type { SpawnStep, Ask, WatchFolder, Processes } from '#emulator'
import type { Clock, Random } from '#contract'
import type { Npm } from './npm.ts'

export type Output = {
  write(text: string): void
  readonly isTerminal: boolean
  /** Characters in a line and lines of a terminal, now. */
  readonly size?: () => { readonly columns: number; readonly rows: number }
}

/** Everything the commands may know of and do to the world outside; made once, in main.ts. */
export type World = {
  /** What stands behind `syncstep` on the command line. */
  readonly words: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Asked for only by a command that reads it. */
  readonly stdin: () => Readable
  /** Data and logs. */
  readonly stdout: Output
  /** What is said to the person at the keyboard. */
  readonly stderr: Output
  /** Fires when the program shall end. */
  readonly stop: AbortSignal
  readonly clock: Clock
  readonly random: Random
  readonly randomBytes: (size: number) => Uint8Array
  readonly processes: Processes
  readonly spawnStep: SpawnStep
  readonly ask: Ask
  readonly watch: WatchFolder
  readonly npm: Npm
}

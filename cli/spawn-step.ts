import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'
import type { Clock } from '#contract'
import type { SpawnStep } from '#emulator'

/** What a spare process is told: to be `syncstep function FILE` with these variables added. */
export type SpareTask = {
  readonly file: string
  readonly environment: Readonly<Record<string, string>>
}

/** Settings of this program, its password among them, are not for the code of steps. */
const foreign = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('SYNCSTEP_')))

/** That it drops types is nothing to tell of in the log of a step. */
const quietly = '--disable-warning=ExperimentalWarning'

/** What starts now has the processors to itself for so long. */
const spareAfterMs = 2_000

export type SpawnerOptions = {
  /** The program that knows `function FILE`; beside it is the spare one. */
  readonly script: string
  /** What Node.js is told before it. */
  readonly execArgv: readonly string[]
  readonly clock: Clock
}

const isAlive = (child: ChildProcess): boolean =>
  child.connected && child.exitCode === null && child.signalCode === null

/**
 * Runs `syncstep function FILE` by the same Node.js as this process. The channel between both closes when this
 * process ends, however it ends, and then the child ends too.
 *
 * A moment after each start a spare process is made, which has loaded everything but the step: the next start, such as
 * that of a step whose file has changed, takes a fraction of the time.
 */
export const stepSpawner = ({ script, execArgv, clock }: SpawnerOptions): SpawnStep => {
  const spareScript = path.join(path.dirname(script), `spare${path.extname(script)}`)
  let spare: ChildProcess | undefined
  let cancel = (): void => undefined

  const start = (words: readonly string[], environment: SpareTask['environment']): ChildProcess =>
    spawn(process.execPath, [...execArgv, quietly, ...words], {
      env: { ...foreign(process.env), ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })

  const makeSpare = (file: string): void => {
    if (spare !== undefined && isAlive(spare)) return
    spare = start([spareScript, file], {})
    // Where none can be started, a step that starts anew says so.
    spare.on('error', () => undefined)
  }

  const takeSpare = (): ChildProcess | undefined => {
    const taken = spare
    spare = undefined
    return taken !== undefined && isAlive(taken) ? taken : undefined
  }

  return (file, environment) => {
    cancel()
    cancel = clock.after(spareAfterMs, () => makeSpare(file))
    const child = takeSpare()
    if (child === undefined) return start([script, 'function', file], environment)
    const task: SpareTask = { file, environment }
    child.send(task)
    return child
  }
}

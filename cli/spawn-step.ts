import { spawn } from 'node:child_process'
import process from 'node:process'
import type { SpawnStep } from '#emulator'

/** Settings of this program, its password among them, are not for the code of steps. */
const foreign = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('SYNCSTEP_')))

/** That it drops types is nothing to tell of in the log of a step. */
const quietly = '--disable-warning=ExperimentalWarning'

/**
 * Runs `syncstep function FILE` by the same Node.js as this process. The channel between both closes when this
 * process ends, however it ends, and then the child ends too.
 */
export const stepSpawner =
  (script: string): SpawnStep =>
  (file, environment) =>
    spawn(process.execPath, [...process.execArgv, quietly, script, 'function', file], {
      env: { ...foreign(process.env), ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })

import { spawn } from 'node:child_process'
import type { StartedProcess } from '#conformance'

export type CommandProcess = StartedProcess & {
  /** Ends it at once, if it still runs. */
  kill(): void
  /** The end of what it printed. */
  lastOutput(): string
}

const keptOutput = 4096

/** The words of a command line; quotes hold together what they enclose. */
export const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  )

/** Runs a program without a shell, so that signals reach the program itself. */
export const startCommand = (
  [program = '', ...words]: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string | undefined>>,
): CommandProcess => {
  const child = spawn(program, words, {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-keptOutput)
    })
  }
  return {
    ended: new Promise((resolve) => {
      child.once('error', (error) => resolve(`not started: ${error.message}`))
      // Not at its exit: what it printed last may still be on the way.
      child.once('close', (code, signal) => resolve(signal ?? `exit ${String(code)}`))
    }),
    terminate: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
    lastOutput: () => output,
  }
}

#!/usr/bin/env node
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { askOverHttp } from './ask.ts'
import { npm } from './npm.ts'
import { systemProcesses } from './processes.ts'
import { realClock } from './real-clock.ts'
import { run } from './run.ts'
import { stepSpawner } from './spawn-step.ts'
import { stopSignal } from './stop-signal.ts'
import { watchFolder } from './watch-folder.ts'

const output = (stream: NodeJS.WriteStream) => {
  // A reader such as `head` that has seen enough is no fault of ours.
  stream.on('error', () => process.exit(1))
  return {
    write: (text: string) => void stream.write(text),
    isTerminal: stream.isTTY,
    // A terminal that does not know its size says 0.
    size: () => ({ columns: stream.columns || 80, rows: stream.rows || 24 }),
  }
}

const status = await run({
  words: process.argv.slice(2),
  environment: process.env,
  cwd: process.cwd(),
  stdin: () => process.stdin,
  stdout: output(process.stdout),
  stderr: output(process.stderr),
  stop: stopSignal({ process, now: Date.now, kill: () => process.exit(130) }),
  clock: realClock,
  random: Math.random,
  randomBytes,
  processes: systemProcesses,
  spawnStep: stepSpawner({
    script: fileURLToPath(import.meta.url),
    execArgv: process.execArgv,
    clock: realClock,
  }),
  ask: askOverHttp,
  watch: watchFolder,
  npm,
})
// A pipe takes a long text bit by bit, and exit would not wait for the rest.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise((written) => stream.write('', written))
}
process.exit(status)

/**
 * A process that has loaded what every step needs, and is told later which one it serves: `{ file, environment }` over
 * the channel to its parent. From then on it is what `syncstep function FILE` is.
 */
import process from 'node:process'
import './function.ts'
import { readTypeScript } from './read-typescript.ts'
import './run.ts'
import type { SpareTask } from './spawn-step.ts'

const end = (): never => process.exit(0)

/** Another of the same project, written in the same language. */
const [, , example = ''] = process.argv
readTypeScript(example)

process.once('disconnect', end)
// The parent may have ended while this process was still loading, when nobody listened yet.
if (!process.connected) end()
process.once('message', ({ file, environment }: SpareTask) => {
  Object.assign(process.env, environment)
  process.argv.splice(2, 1, 'function', file)
  void import('./main.ts')
})

import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'

/** The folder of the package. */
export const root = path.resolve(import.meta.dirname, '../..')

/** As the npm script `syncstep` has it. */
const fromSource = [
  '-C',
  'source',
  '--enable-source-maps',
  '--disable-warning=ExperimentalWarning',
  '--import',
  './typescript.register.js',
  path.join(root, 'cli/main.ts'),
]

/** What `npm run build` made starts several times faster, which counts where a test starts it hundreds of times. */
const fromBuild = [path.join(root, 'dist/cli/main.js')]

/** What stands behind `node` to run `syncstep`: from its source, or with SYNCSTEP_TEST_BUILD what was built. */
export const syncstepArguments =
  process.env['SYNCSTEP_TEST_BUILD'] === undefined ? fromSource : fromBuild

/** As the command line starts it, but with plain variables. */
export const spawnStep = (
  file: string,
  environment: Readonly<Record<string, string>>,
): ChildProcess =>
  spawn(process.execPath, [...syncstepArguments, 'function', file], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })

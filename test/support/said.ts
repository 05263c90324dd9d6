import { Readable } from 'node:stream'
import { realClock } from '../../cli/real-clock.ts'
import { run } from '../../cli/run.ts'
import type { World } from '../../cli/world.ts'

const unexpected = (): never => {
  throw new Error('This command line must not come so far')
}

type Said = { readonly status: number; readonly stdout: string; readonly stderr: string }

/** What the command line answers, run in this process: no clock, no network and an empty standard input. */
export const said = async (words: readonly string[], world: Partial<World> = {}): Promise<Said> => {
  let stdout = ''
  let stderr = ''
  const status = await run({
    words,
    environment: {},
    cwd: process.cwd(),
    stdin: () => Readable.from([]),
    stdout: { isTerminal: false, write: (text) => (stdout += text) },
    stderr: { isTerminal: false, write: (text) => (stderr += text) },
    stop: new AbortController().signal,
    clock: realClock,
    random: unexpected,
    randomBytes: unexpected,
    processes: { ownId: 1, startOf: unexpected },
    spawnStep: unexpected,
    ask: unexpected,
    watch: unexpected,
    npm: unexpected,
    ...world,
  })
  return { status, stdout, stderr }
}

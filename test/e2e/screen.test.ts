import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { root, syncstepArguments } from '../support/syncstep-command.ts'
import { until } from '../support/until.ts'
import { copyTutorial } from './program.ts'

/** That of util-linux, which gives a program a terminal of its own. */
const hasTerminals = (spawnSync('script', ['--version']).stdout as Buffer | null)?.includes('util-linux') === true // prettier-ignore

/** Runs `syncstep` in a terminal; what is written to its input is typed there. */
const runInTerminal = (words: readonly string[]) => {
  const program = [process.execPath, ...syncstepArguments, ...words].join(' ')
  const command = `stty cols 100 rows 40; exec ${program}`
  const { PATH, HOME } = process.env
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: root,
    env: { PATH, HOME, TERM: 'xterm', NO_COLOR: '1' },
  })
  const state = { text: '' }
  child.stdout.on('data', (chunk: Buffer) => (state.text += chunk.toString()))
  const exit = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exit
  })
  return { state, exit, type: (text: string) => child.stdin.write(text) }
}

test.skipIf(!hasTerminals)(
  'in a terminal a table of steps and records stays below the log, and Ctrl-C leaves it there',
  async () => {
    const { project, data, remove } = await copyTutorial('')
    onTestFinished(remove)
    const ports = ['rest', 'tosca', 'grpc', 'grpc-tls', 'health'].flatMap((face) => [
      `--${face}-port`,
      '0',
    ])
    const { state, exit, type } = runInTerminal(['dev', project, '--data', data, ...ports])
    await until('the table', () =>
      /^hello-world-service +sync +ready +0 +0 +0\r$/m.test(state.text),
    )
    type('\u0003')

    expect(await exit).toEqual([0, null])
    const end = state.text.slice(state.text.lastIndexOf('\u001b[?2026h'))
    expect(end).toMatch(/^STEP +KIND +STATE +IN FLIGHT +CALLS +FAILED +LAST\r$/m)
    expect(state.text).toContain('Stopping')
  },
)

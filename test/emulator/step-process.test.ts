import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { askOverHttp } from '../../cli/ask.ts'
import { realClock } from '../../cli/real-clock.ts'
import type { Description } from '../../emulator/describe.ts'
import { keepStepProcess, restartDelayMs } from '../../emulator/step-process.ts'
import { createRecordedLog } from '../support/recorded-log.ts'
import { root, spawnStep, syncstepArguments } from '../support/syncstep-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const stepText = (observes: string): string =>
  `console.log('I am ' + process.env.K_REVISION)
   export default { observes: '${observes}', include: ['owner'], sync_record() {}, delete_record() {} }`

const start = async (text: string) => {
  const folder = await temporaryFolder({ 'package.json': '{"type":"module"}', 'paint.js': text })
  const file = path.join(folder, 'paint.js')
  const children: ChildProcess[] = []
  const described: Description[] = []
  const ports: number[] = []
  const state = { deaths: 0 }
  const { log, entries } = createRecordedLog()
  const token = 'secret'
  const stopping = new AbortController()
  const run = keepStepProcess(
    {
      step: 'paint',
      revision: 'paint-00001',
      file,
      token,
      spawn: (...given) => {
        const child = spawnStep(...given)
        children.push(child)
        return child
      },
      ask: askOverHttp,
      clock: realClock,
      log,
      coldStartMs: 0,
      graceMs: 60_000,
      onReady(port, description) {
        ports.push(port)
        described.push(description)
      },
      onLeaving: async () => undefined,
      onDeath: () => (state.deaths += 1),
    },
    new AbortController().signal,
    stopping.signal,
  )
  const stop = async (): Promise<void> => {
    stopping.abort()
    await run
  }
  onTestFinished(stop)
  const url = () => `http://127.0.0.1:${ports[0] ?? 0}/`
  return { url, token, children, described, entries, state, stop }
}

const messages = (entries: readonly { readonly message: string }[]): readonly string[] =>
  entries.map(({ message }) => message)

test('a step is served by a process of its own, which ends with it', async () => {
  const { url, token, children, described, entries, stop } = await start(stepText('Color'))
  await until('its description', () => described.length === 1)

  expect(described).toMatchObject([{ kind: 'sync', observes: 'Color', include: ['owner'] }])
  expect(await askOverHttp({ url: url(), token }, new AbortController().signal)).toMatchObject({
    status: 200,
  })
  expect(
    await askOverHttp({ url: url(), token: 'wrong' }, new AbortController().signal),
  ).toMatchObject({ status: 401 })
  expect(messages(entries)).toContain('I am paint-00001')

  await stop()
  expect(children.map((child) => child.exitCode)).toEqual([0])
})

test('a process that is killed is started again, and its death is told', async () => {
  const { children, described, entries, state } = await start(stepText('Color'))
  await until('its description', () => described.length === 1)
  children[0]?.kill('SIGKILL')
  await until('its second description', () => described.length === 2)

  expect(state.deaths).toBe(1)
  expect(messages(entries).filter((message) => message === 'I am paint-00001')).toHaveLength(2)
  expect(entries).toContainEqual({
    level: 'error',
    message: 'Step process ended',
    fields: { step: 'paint', revision: 'paint-00001', exit: 'SIGKILL', stderr: '' },
  })
})

test('a step that does not import says why', async () => {
  const { described, entries, state } = await start('throw new Error("no such colour")')
  await until('its death', () => state.deaths > 0)

  const death = entries.find(({ message }) => message === 'Step process ended')
  expect(death?.fields).toMatchObject({ step: 'paint', exit: 'exit 1' })
  expect(String(death?.fields['stderr'])).toContain('Error: no such colour')
  expect(described).toEqual([])
})

test('a step that does not stop when asked is stopped all the same', async () => {
  const { children, entries, stop } = await start(
    `${stepText('Stubborn')}
     setTimeout(() => { console.log('I hang'); for (;;); }, 50)`,
  )
  await until('its process to hang', () => messages(entries).includes('I hang'))
  await stop()

  expect([children[0]?.exitCode, children[0]?.signalCode]).toEqual([null, 'SIGKILL'])
})

test('a step ends with its parent, even when that is killed', async () => {
  const folder = await temporaryFolder({
    'package.json': '{"type":"module"}',
    'paint.js': stepText('Color'),
    'parent.js': `
      import { spawn } from 'node:child_process'
      const child = spawn(process.execPath, process.argv.slice(2), {
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
        env: { ...process.env, PORT: '0' },
      })
      child.stdout.on('data', () => console.log(child.pid))`,
  })
  const parent = spawn(
    process.execPath,
    [
      path.join(folder, 'parent.js'),
      ...syncstepArguments,
      'function',
      path.join(folder, 'paint.js'),
      '--anyone',
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [printed] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(String(printed).split('\n')[0])
  expect(process.kill(pid, 0)).toBe(true)
  parent.kill('SIGKILL')

  await until('the child to end', () => {
    try {
      process.kill(pid, 0)
      return false
    } catch {
      return true
    }
  })
})

test.each([
  [1, 100],
  [2, 200],
  [3, 400],
  [8, 10_000],
  [1_000, 10_000],
])('after %i deaths in a row the next start waits %i ms', (deaths, ms) => {
  expect(restartDelayMs(deaths)).toBe(ms)
})

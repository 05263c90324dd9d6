import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { askOverHttp } from '../../cli/ask.ts'
import { stepSpawner } from '../../cli/spawn-step.ts'
import { freePort } from '../../emulator/free-port.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { root } from '../support/syncstep-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const token = 'secret'
const environment = { SYNCSTEP_HOST: '127.0.0.1', SYNCSTEP_FUNCTION_TOKEN: token }

const openSpawner = async () => {
  const clock = createManualClock()
  const step = `export default { observes: 'Color', sync_record() {}, delete_record() {} }`
  const folder = await temporaryFolder({ 'package.json': '{"type":"module"}', 'paint.js': step })
  const spawnStep = stepSpawner({
    script: path.join(root, 'cli/main.ts'),
    execArgv: ['-C', 'source', '--import', './typescript.register.js'],
    clock,
  })
  const start = async () => {
    const port = await freePort('127.0.0.1')
    const variables = { ...environment, PORT: String(port), K_SERVICE: 'paint' }
    const child = spawnStep(path.join(folder, 'paint.js'), variables)
    onTestFinished(() => end(child))
    return { child, url: `http://127.0.0.1:${port}/` }
  }
  return { clock, start }
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'close')
}

const becomesReady = (url: string) =>
  until('the step to be ready', async () => {
    const signal = new AbortController().signal
    return (await askOverHttp({ url: `${url}health/readiness`, token }, signal)).status === 200
  })

const isSpare = ({ spawnargs }: ChildProcess): boolean =>
  spawnargs.some((word) => word.endsWith('spare.ts'))

test('a start after the first takes a process that is ready for it, and ends as any other', async () => {
  const { clock, start } = await openSpawner()
  const first = await start()
  const soon = await start()
  await clock.advance(2_000)
  const later = await start()
  await Promise.all([first, soon, later].map(({ url }) => becomesReady(url)))

  expect([first, soon, later].map(({ child }) => isSpare(child))).toEqual([false, false, true])
  later.child.kill('SIGTERM')
  expect(await once(later.child, 'close')).toEqual([0, null])
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { serveUntilStopped, type ServeOptions, type Step } from '#functions'
import { createManualClock } from '../support/manual-clock.ts'
import { root, syncstepArguments } from '../support/syncstep-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const step: Step = {
  observes: 'Color',
  sync_record: () => undefined,
  delete_record: () => undefined,
}

type Line = { readonly msg: string; readonly port?: number }

const begin = (
  environment: Readonly<Record<string, string>>,
  options: ServeOptions = { port: 0, host: '127.0.0.1' },
) => {
  const lines: Line[] = []
  const stop = new AbortController()
  const ended = serveUntilStopped(step, options, {
    environment,
    write: (line) => void lines.push(JSON.parse(line) as Line),
    clock: createManualClock(Date.UTC(2026, 0, 31)),
    stop: stop.signal,
  })
  return { lines, ended, stop: () => stop.abort() }
}

test('a step is served as the environment says, until it is stopped', async () => {
  const { lines, ended, stop } = begin({
    K_SERVICE: 'paint',
    K_REVISION: 'paint-00003',
    SYNCSTEP_FUNCTION_TOKEN: 'new old',
  })
  await until('the function to listen', () => lines.length > 0)
  const url = `http://127.0.0.1:${String(lines[0]?.port)}`
  expect((await fetch(`${url}/health/readiness`)).status).toBe(200)
  expect((await fetch(url)).status).toBe(401)
  for (const token of ['new', 'old']) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    expect(await response.json()).toMatchObject({ step: 'paint', observes: 'Color' })
  }

  stop()
  await ended
  const common = { level: 30, time: '2026-01-31T00:00:00.000Z', revision: 'paint-00003' }
  expect(lines).toEqual([
    { ...common, step: 'paint', port: expect.any(Number) as number, msg: 'Function is listening' },
    { ...common, step: 'paint', msg: 'Function has stopped' },
  ])
})

test.each<[string, Readonly<Record<string, string>>, RegExp]>([
  ['that nobody could call', {}, /SYNCSTEP_FUNCTION_TOKEN or SYNCSTEP_FUNCTION_SECRET/],
  ['with a secret that is none', { SYNCSTEP_FUNCTION_SECRET: 'x' }, /24 to 64 bytes in base64/],
  ['at a port that is none', { SYNCSTEP_FUNCTION_TOKEN: 't', PORT: '80a' }, /PORT .* got "80a"/],
  [
    'with a level of log that is none',
    { SYNCSTEP_FUNCTION_TOKEN: 't', SYNCSTEP_LOG_LEVEL: 'loud' },
    /debug, info, warn or error, got "loud"/,
  ],
])('a step %s is not served', async (_, environment, reason) => {
  await expect(begin(environment, {}).ended).rejects.toThrow(reason)
})

test('SIGTERM lets a call under way finish, and the program exits with 0', async () => {
  const folder = await temporaryFolder({
    'package.json': '{"type":"module"}',
    'serve.js': `
      import { serve } from ${JSON.stringify(path.join(root, 'functions/sdk/index.ts'))}
      const sync_record = async () => {
        process.stdout.write('{"msg":"Begun"}\\n')
        await new Promise((resolve) => process.once('SIGTERM', () => setImmediate(resolve)))
        return { painted: true }
      }
      const step = { observes: 'Color', sync_record, delete_record() {} }
      await serve(step, { port: 0, host: '127.0.0.1', callers: 'anyone' })`,
  })
  const source = syncstepArguments.slice(0, -1)
  const program = spawn(process.execPath, [...source, path.join(folder, 'serve.js')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void program.kill('SIGKILL'))
  const exit = once(program, 'exit')
  let told = ''
  program.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()))
  await until('the function to listen', () => told.includes('is listening'))
  const { port } = JSON.parse(told.split('\n')[0] ?? '') as Line

  const answer = fetch(`http://127.0.0.1:${String(port)}`, {
    method: 'POST',
    headers: {
      'ce-specversion': '1.0',
      'ce-id': 'i',
      'ce-source': '/s',
      'ce-type': 'org.opencord.xos.sync_record.v1',
      'content-type': 'application/json',
    },
    body: '{"operation":"sync","model":"Color","record":{"id":7},"expanded":{},"stamp":5,"attempt":1}',
  })
  await until('the call to begin', () => told.includes('Begun'))
  program.kill('SIGTERM')
  expect(await (await answer).json()).toEqual({ feedback: { painted: true } })
  expect(await exit).toEqual([0, null])
})

import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eachLine } from '../../emulator/lines.ts'
import { until } from '../support/until.ts'
import { installPacked, type Installed } from './packed.ts'

const syncstep = 'node_modules/.bin/syncstep'
const authorization = `Basic ${Buffer.from('admin@opencord.org:letmein').toString('base64')}`

/** Any that are free. */
const ports = Object.fromEntries(
  ['REST', 'TOSCA', 'GRPC', 'GRPC_TLS', 'HEALTH'].map((face) => [`SYNCSTEP_${face}_PORT`, '0']),
)

let installed: Installed

beforeAll(async () => {
  installed = await installPacked()
})

afterAll(() => installed.remove())

const inDemo = (name: string): string => path.join(installed.folder, 'demo', name)

test('a service is made with the packed package, outside the repository', async () => {
  const words = [syncstep, 'init', 'demo', '--no-install', '--syncstep', '0.1.0']

  expect(await installed.run(words)).toEqual({
    status: 0,
    text: 'Made demo\n\n  cd demo\n  npm install\n  npm test\n  npm start\n\n',
  })
})

test('its doctor finds nothing wrong', async () => {
  const { status, text } = await installed.run(['npm', 'run', '--silent', 'doctor'], 'demo')

  expect({ status, text }).toMatchObject({ status: 0 })
  expect(text).toContain('Nothing is wrong')
})

test('its tests pass: those of one step, and those of the whole service', async () => {
  const { status, text } = await installed.run(['npm', 'test'], 'demo')

  expect(status, text).toBe(0)
  expect(text).toMatch(/3 passed/)
})

test('a misspelled field is found by the compiler', async () => {
  const file = inDemo('steps/demo-service-instance.ts')
  const step = await readFile(file, 'utf8')
  await writeFile(file, step.replace('o.owner.hello_from', 'o.owner.helo_from'))
  const { status, text } = await installed.run(['npm', 'test'], 'demo')
  await writeFile(file, step)

  expect(status).not.toBe(0)
  expect(text).toMatch(/demo-service-instance\.ts.*Property 'helo_from' does not exist/)
})

test('a step of each kind is made with its test, which passes', async () => {
  const models = inDemo('models/demo.xproto')
  const shelf = '\nmessage DemoShelf (XOSBase) {\n    required string name = 1;\n}\n'
  await writeFile(models, (await readFile(models, 'utf8')) + shelf)
  const made = [
    [['step', 'demo-shelf', '-m', 'DemoShelf'], 'steps/demo-shelf.ts'],
    [['policy', 'demo-fill', '-m', 'DemoShelf'], 'model_policies/demo-fill.ts'],
    [['event', 'demo-event'], 'event_steps/demo-event.ts'],
    [['pull', 'demo-pull'], 'pull_steps/demo-pull.ts'],
  ] as const
  for (const [words, file] of made) {
    const { status, text } = await installed.run([`../${syncstep}`, 'new', ...words], 'demo')
    expect(status, text).toBe(0)
    expect(text).toContain(`${file}\n`)
  }

  const names = made.map(([[, name]]) => name)
  const { status, text } = await installed.run(['npm', 'test', '--', ...names], 'demo')
  expect(status, text).toBe(0)
  expect(text).toMatch(/7 passed/)
})

test('npm start runs it: its recipe is synced, and Ctrl-C ends it', async () => {
  const child = installed.start(['npm', 'start'], 'demo', ports)
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) eachLine(stream, (line) => lines.push(line))
  }
  const exit = once(child, 'close')
  try {
    await until(`a curl to try in:\n${lines.join('\n')}`, () =>
      lines.some((line) => line.includes('curl -H')),
    )
    const urlOf = (face: string): string =>
      lines
        .find((line) => line.trimStart().startsWith(face))
        ?.trim()
        .split(/\s+/)[1] ?? ''
    const recipe = await fetch(urlOf('TOSCA'), {
      method: 'POST',
      headers: { 'xos-username': 'admin@opencord.org', 'xos-password': 'letmein' },
      body: await readFile(inDemo('samples/demo.yaml'), 'utf8'),
    })
    expect(recipe.status, await recipe.text()).toBe(200)

    const instance = new URL('demo/demoserviceinstances/1', urlOf('REST'))
    const greeting = await until('the greeting of the step', async () => {
      const answer = await fetch(instance, { headers: { authorization } })
      return ((await answer.json()) as { readonly greeting?: string }).greeting
    })
    expect(greeting).toBe('Jhon Snow is saying hello to Daenerys Targaryen')
  } finally {
    // As the terminal does it: to all processes of the group.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
    await exit
  }
  expect(lines.join('\n')).not.toMatch(/ExperimentalWarning|DeprecationWarning/)
})

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { expect, test } from 'vitest'
import { said } from '../support/said.ts'
import { root, syncstepArguments } from '../support/syncstep-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const environment = process.env

type Checked = {
  readonly id: string
  readonly verdict: string
  readonly expected?: string
  readonly came?: string
}

/** What `syncstep conform --command LINE` finds in a function that it starts. */
const checked = async (line: string, cwd: string, words: readonly string[]) => {
  const { status, stdout, stderr } = await said(
    ['conform', '--command', line, '--output', 'json', ...words],
    { cwd, environment, randomBytes },
  )
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly Checked[] }
  const failed = checks.filter(({ verdict }) => verdict === 'failed')
  return { status, stderr, checks, failed }
}

const helloWorld = path.join(root, 'functions/hello-world')
const otherLanguages = path.join(root, 'functions/other-languages')

const tyrion = {
  model: 'HelloWorldServiceInstance',
  record: { id: 2, hello_to: 'Tyrion Lannister' },
  expanded: {},
}

const withModels = ['--models', path.join(helloWorld, 'models')]

const withDeferred = async (): Promise<readonly string[]> => {
  const folder = await temporaryFolder({ 'tyrion.json': JSON.stringify(tyrion) })
  return [...withModels, '--deferred', path.join(folder, 'tyrion.json')]
}

/** Why a program cannot be tried; undefined when it can. */
const missing = (program: string): string | undefined =>
  spawnSync(program, ['--help']).error === undefined ? undefined : `${program} is not on the PATH`

const passes = { status: 0, failed: [] }

const slowStart = { timeout: 120_000 }

test('a step of the SDK keeps the contract, from its start to its end', slowStart, async () => {
  const step = path.join(helloWorld, 'steps/hello-world-service-instance.ts')
  const line = [process.execPath, ...syncstepArguments, 'function', step]
    .map((word) => `"${word}"`)
    .join(' ')

  expect(await checked(line, root, await withDeferred())).toMatchObject(passes)
})

test('the function in Python keeps the contract', async ({ skip }) => {
  const python = missing('python3')
  if (python !== undefined) skip(python)
  const cwd = path.join(otherLanguages, 'python')
  const line = 'python3 hello_world_service_instance.py'

  expect(await checked(line, cwd, await withDeferred())).toMatchObject(passes)
})

test('the function in Go keeps the contract', { timeout: 300_000 }, async ({ skip }) => {
  const go = missing('go')
  if (go !== undefined) skip(go)
  const cwd = path.join(otherLanguages, 'go')
  const program = path.join(await temporaryFolder(), 'step')
  const env = { ...environment, GOTOOLCHAIN: 'local' }
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd, env, encoding: 'utf8' })

  expect(built).toMatchObject({ status: 0, stderr: '' })
  expect(await checked(program, cwd, withModels)).toMatchObject(passes)
})

const serving = (atSigterm: string): string => `
  import { createServer } from 'node:http'
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end())
  }).listen(process.env.PORT)
  ${atSigterm}
`

const record = JSON.stringify({ model: 'Color', record: { id: 7 } })

/** What is found of the end of a function, whatever else it does wrong. */
const endOf = async (atSigterm: string): Promise<Checked | undefined> => {
  const cwd = await temporaryFolder({ 'step.mjs': serving(atSigterm), 'color.json': record })
  const words = ['--record', 'color.json']
  const { checks } = await checked(`"${process.execPath}" step.mjs`, cwd, words)
  return checks.find(({ id }) => id === 'sigterm')
}

test('a function that ends well passes', async () => {
  const end = await endOf(`process.on('SIGTERM', () => server.close(() => process.exit(0)))`)

  expect(end).toMatchObject({ verdict: 'passed' })
})

test.each([
  ['leaves SIGTERM to the system', '', /a delete under way at SIGTERM/, /no answer/],
  [
    'drops what runs',
    `process.on('SIGTERM', () => process.exit(0))`,
    /a delete under way at SIGTERM/,
    /no answer/,
  ],
  [
    'does not end as one that did well',
    `process.on('SIGTERM', () => server.close(() => process.exit(3)))`,
    /exit 0 after SIGTERM/,
    /^exit 3$/,
  ],
])('a function that %s fails', async (_, atSigterm, expected, came) => {
  expect(await endOf(atSigterm)).toMatchObject({
    verdict: 'failed',
    expected: expect.stringMatching(expected) as string,
    came: expect.stringMatching(came) as string,
  })
})

test('a function that does not start is told of, with what it said', async () => {
  const cwd = await temporaryFolder({
    'step.mjs': 'throw new Error("no such colour")',
    'color.json': record,
  })
  const words = ['--record', 'color.json']
  const { status, stderr, failed } = await checked(`"${process.execPath}" step.mjs`, cwd, words)

  expect(status).toBe(1)
  expect(failed).toMatchObject([{ id: 'reachable', came: 'no answer (the process ended: exit 1)' }])
  expect(stderr).toMatch(/The function said last:\n[^]*no such colour/)
})

test('a program that is not there is told of', async () => {
  const cwd = await temporaryFolder({ 'color.json': record })
  const { failed } = await checked('no-such-program --now', cwd, ['--record', 'color.json'])

  expect(failed).toMatchObject([
    { id: 'reachable', came: expect.stringMatching(/not started: .*no-such-program/) as string },
  ])
})

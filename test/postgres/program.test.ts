import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../emulator/free-port.ts'
import { copyTutorial, runProgram, type Instance, type Program } from '../e2e/program.ts'
import { newPostgresDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

const authorization = `Basic ${btoa('admin@opencord.org:letmein')}`

const run = (
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Program => {
  const program = runProgram(words, environment)
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await program.exit
  })
  return program
}

const runCore = (url: string): Program => {
  const ports = ['rest', 'tosca', 'grpc', 'grpc-tls', 'health'].flatMap((face) => [
    `--${face}-port`,
    '0',
  ])
  return run(['core', '--development', ...ports], { DATABASE_URL: url })
}

const entryOf = async (program: Program, message: string): Promise<Instance> =>
  JSON.parse(await program.said(new RegExp(`"msg":"${message}"`))) as Instance

test('two cores that start at once on one server serve the same data, and do not tell its password', async () => {
  const url = await newPostgresDatabase()
  const password = decodeURIComponent(new URL(url).password)
  const cores = [runCore(url), runCore(url)]
  const opening = await Promise.all(cores.map((core) => entryOf(core, 'Opening the database')))
  const [here, there] = await Promise.all(cores.map((core) => entryOf(core, 'Core is ready')))
  const sites = (at: Instance | undefined, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${String(at?.['rest'])}/xosapi/v1/core/sites`, {
      ...init,
      headers: { authorization, 'content-type': 'application/json' },
    })

  const body = JSON.stringify({
    name: 'abroad',
    abbreviated_name: 'abroad',
    login_base: 'abroad',
    site_url: 'http://abroad.test/',
  })
  expect((await sites(here, { method: 'POST', body })).status).toBe(200)
  const { items } = (await (await sites(there)).json()) as { items: Instance[] }

  expect(items.map(({ name }) => name)).toEqual(['mysite', 'abroad'])
  const { host, pathname } = new URL(url)
  expect(opening.map(({ database }) => database)).toEqual([host + pathname, host + pathname])
  for (const core of cores) {
    for (const secret of [password, encodeURIComponent(password)]) {
      expect(JSON.stringify(opening) + core.stderr()).not.toContain(secret)
    }
  }
})

test('a core whose server refuses the password ends with one sentence and no password', async () => {
  const url = new URL(await newPostgresDatabase())
  url.password = 's3cr3t'
  const core = runCore(url.href)
  expect(await core.exit).not.toBe(0)
  expect(core.stderr()).toMatch(
    /Cannot use PostgreSQL at 127\.0\.0\.1:\d+\/test_\w+: it refuses the user/,
  )
  expect(core.stderr()).not.toMatch(/s3cr3t|\n\s+at /)
})

test('a dispatcher takes work straight from the database of a core, before the core is there too, and does not tell its password', async () => {
  const [port, nobodysPort] = await Promise.all([1, 2].map(() => freePort('127.0.0.1')))
  const tutorial = await copyTutorial(`
functions:
  hello-world-service: { url: 'http://127.0.0.1:${port}/' }
  hello-world-service-instance: { url: 'http://127.0.0.1:${nobodysPort}/' }
`)
  onTestFinished(() => tutorial.remove())
  const url = await newPostgresDatabase()
  run(['function', path.join(tutorial.project, 'steps/hello-world-service.ts'), '--anyone'], {
    PORT: String(port),
  })
  const dispatcher = run(['dispatcher', tutorial.project, '--health-port', '0'], {
    DATABASE_URL: url,
  })
  await dispatcher.said(/"msg":"Loaded sync steps"/)
  const at = await entryOf(runCore(url), 'Core is ready')

  const services = `http://127.0.0.1:${String(at['rest'])}/xosapi/v1/hello-world/helloworldservices`
  const headers = { authorization, 'content-type': 'application/json' }
  const body = JSON.stringify({ name: 'hello', hello_from: 'Jhon Snow' })
  expect((await fetch(services, { method: 'POST', headers, body })).status).toBe(200)

  await until('the service to be synced', async () => {
    const record = (await (await fetch(`${services}/1`, { headers })).json()) as Instance
    return record['backend_code'] === 1
  })
  dispatcher.kill('SIGTERM')
  expect(await dispatcher.exit).toBe(0)
  const told = dispatcher.lines.join() + dispatcher.stderr()
  expect(told).not.toContain(decodeURIComponent(new URL(url).password))
  expect(told).not.toContain(new URL(url).password)
})

test('a dispatcher that is given no URL of PostgreSQL says what it expected, and not what it got', async () => {
  const dispatcher = run(['dispatcher', 'functions/hello-world'], {
    DATABASE_URL: 'mysql://me:s3cr3t@host/db',
    SYNCSTEP_STEP_URL: 'http://{step}.test/',
  })
  expect(await dispatcher.exit).toBe(1)
  expect(dispatcher.stderr()).toBe(
    'Expected --database (DATABASE_URL) to be postgres://USER:PASSWORD@HOST:PORT/DATABASE.\n',
  )
})

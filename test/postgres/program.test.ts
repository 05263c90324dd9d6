import { expect, onTestFinished, test } from 'vitest'
import { runProgram, type Instance, type Program } from '../e2e/program.ts'
import { newPostgresDatabase } from '../support/database.ts'

const authorization = `Basic ${btoa('admin@opencord.org:letmein')}`

const runCore = (url: string): Program => {
  const ports = ['rest', 'tosca', 'grpc', 'grpc-tls', 'health'].flatMap((face) => [
    `--${face}-port`,
    '0',
  ])
  const program = runProgram(['core', '--development', ...ports], { DATABASE_URL: url })
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await program.exit
  })
  return program
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

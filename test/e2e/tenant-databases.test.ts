import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  startDatabaseHost,
  type DatabaseHost,
} from '../../functions/tenant-databases/test/database-host.ts'
import { findBinaries } from '../support/postgres-binaries.ts'
import { root } from '../support/syncstep-command.ts'
import { until } from '../support/until.ts'
import { copyService, startDev, type Instance, type Running } from './program.ts'

const sample = path.join(root, 'functions/tenant-databases/samples/shop.yaml')

/** With times that a test can wait for. */
const quick = (config: string): string =>
  `${config.replace(
    'functions:\n',
    `functions:
  sizes: { every: 500ms }
  signed-up: { retry: { first: 50ms } }
  tenant-database: { retry: { first: 50ms } }
`,
  )}
deferred_delay: 100ms
`

let host: DatabaseHost
let service: Awaited<ReturnType<typeof copyService>>
let running: Running

/** The record of that name; undefined when there is none. */
const find = async (model: string, name: string): Promise<Instance | undefined> => {
  const { body } = await running.rest('GET', `records/${model}?name=${name}`)
  return (body['items'] as readonly Instance[])[0]
}

const becomes = (model: string, name: string, code: number, text: RegExp): Promise<Instance> =>
  until(`${model} ${name} to have status ${code} ${String(text)}`, async () => {
    const record = await find(model, name)
    const isSo = record?.['backend_code'] === code && text.test(String(record['backend_status']))
    return isSo && record
  })

const limit = async (connection_limit: number): Promise<void> => {
  const { status } = await running.rest('PUT', `tenant-databases/tenantdatabases/1`, {
    connection_limit,
  })
  expect(status).toBe(200)
}

/** Databases of tenants that the server has, with their limits. */
const databases = () =>
  host.ask<{ readonly datname: string; readonly datconnlimit: number }>(
    `select datname, datconnlimit from pg_database
     where datname not in ('postgres', 'template0', 'template1') order by 1`,
  )

const signUp = async (id: string, tenant: string): Promise<void> => {
  const { status } = await running.restRaw('/events', {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa('admin@opencord.org:letmein')}`,
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-source': '/shop',
      'ce-type': 'org.example.tenant.signed-up',
    },
    body: JSON.stringify({ tenant, plan: 'free' }),
  })
  expect(status).toBe(202)
}

describe.skipIf(typeof findBinaries() === 'string')('databases of tenants', () => {
  beforeAll(async () => {
    host = await startDatabaseHost()
    service = await copyService('tenant-databases', quick)
    running = await startDev(service.project, service.data, host.environment)
  })

  afterAll(async () => {
    running.kill('SIGKILL')
    await running.exit
    await host.stop()
    await service.remove()
  })

  test('a recipe makes a database, and a policy its user, who can log in', async () => {
    const recipe = await readFile(sample, 'utf8')
    await running.recipe(recipe.replace('54329', String(host.port)))
    await becomes('DatabaseUser', 'shop_reports', 1, /^OK$/)
    const user = await becomes('DatabaseUser', 'shop', 1, /^OK$/)

    const orders = 'create table orders as select generate_series(1, 10000) as id'
    expect(await host.askAs(String(user['password_file']), 'shop', orders)).toEqual([])
    expect(await databases()).toEqual([{ datname: 'shop', datconnlimit: 20 }])
    expect(await find('TenantDatabase', 'shop')).toMatchObject({
      connection_url: `postgres://127.0.0.1:${host.port}/shop`,
      policy_code: 1,
    })
  })

  test('its size is looked at again and again, which calls no step', async () => {
    const size = await until(
      'a size',
      async () => (await find('TenantDatabase', 'shop'))?.['size_bytes'],
    )
    const syncs = running.count('Synced object  model_name=TenantDatabase')
    await host.askAs('local/shop', 'shop', 'insert into orders select generate_series(1, 10000)')
    await until('a larger size', async () => {
      const record = await find('TenantDatabase', 'shop')
      return Number(record?.['size_bytes']) > Number(size)
    })

    expect(running.count('Synced object  model_name=TenantDatabase')).toBe(syncs)
  })

  test('what is made neither gets another name nor another place', async () => {
    const { status, body } = await running.rest('PUT', 'tenant-databases/tenantdatabases/1', {
      name: 'store',
    })

    expect({ status, error: body['specific_error'] }).toEqual({
      status: 400,
      error: expect.stringContaining('The database is local/shop already') as string,
    })
  })

  test('while the server is down records wait, and when it is back all goes on', async () => {
    await host.pause()
    await limit(7)
    await becomes('TenantDatabase', 'shop', 0, /does not answer: .*ECONNREFUSED/)
    await host.goOn()
    await becomes('TenantDatabase', 'shop', 1, /^OK$/)

    expect(await databases()).toEqual([{ datname: 'shop', datconnlimit: 7 }])
  })

  test('a tenant who signs up gets a database, and one, however often the event comes', async () => {
    await signUp('1', 'bakery')
    await signUp('1', 'bakery')
    await signUp('2', 'bakery')
    await becomes('DatabaseUser', 'bakery', 1, /^OK$/)

    expect(await databases()).toEqual([
      { datname: 'bakery', datconnlimit: 5 },
      { datname: 'shop', datconnlimit: 7 },
    ])
  })

  test('a function that is killed in the middle of making a database makes it later', async () => {
    // The step cannot make this role, nor go on, before it is known what becomes of ours.
    await host.ask('begin')
    await host.ask('create role "florist:write"')
    await signUp('3', 'florist')
    await until('the step to wait', async () => {
      const waiting = await host.ask('select from pg_locks where not granted')
      return waiting.length > 0
    })
    process.kill(running.stepPid('tenant-database'), 'SIGKILL')
    await host.ask('rollback')

    await becomes('DatabaseUser', 'florist', 1, /^OK$/)
    expect(await databases()).toContainEqual({ datname: 'florist', datconnlimit: 5 })
  })

  test('what is deleted is taken away, its users first', async () => {
    await running.rest('DELETE', 'tenant-databases/tenantdatabases/1')
    await until('the record to go', async () => {
      const { status } = await running.rest('GET', 'tenant-databases/tenantdatabases/1')
      return status === 404
    })

    expect((await databases()).map(({ datname }) => datname)).toEqual(['bakery', 'florist'])
    expect(await host.ask(`select rolname from pg_roles where rolname ~ '^shop'`)).toEqual([])
    const kept = path.join(host.environment.TENANT_DATABASES_PASSWORDS, 'local')
    expect(await readdir(kept)).toEqual(['bakery', 'florist'])
  })
})

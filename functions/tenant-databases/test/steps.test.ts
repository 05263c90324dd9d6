import { readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import {
  checkIdempotent,
  expectDeferred,
  expectFailed,
  expectSynced,
  record,
  runPull,
  runStep,
  type RunOptions,
} from 'syncstep/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findBinaries } from '../../../test/support/postgres-binaries.ts'
import { speakTls } from '../../../test/support/postgres-tls.ts'
import { until } from '../../../test/support/until.ts'
import { DatabaseServer, DatabaseUser, TenantDatabase } from '../models/types.ts'
import { connectTo, inSession, type Connect } from '../postgres/session.ts'
import sizes from '../pull_steps/sizes.ts'
import SyncDatabaseServer from '../steps/database-server.ts'
import SyncDatabaseUser from '../steps/database-user.ts'
import SyncTenantDatabase from '../steps/tenant-database.ts'
import { startDatabaseHost, type DatabaseHost } from './database-host.ts'

let host: DatabaseHost

const server = (fields: object = {}) => {
  const { port, credentials } = host
  return record(DatabaseServer, { name: 'local', host: host.host, port, credentials, ...fields })
}

const shop = (fields: object = {}) =>
  record(TenantDatabase, { name: 'shop', connection_limit: 20, ...fields })

const reader = (fields: object = {}) =>
  record(DatabaseUser, { name: 'reports', can_write: false, ...fields })

const syncServer = (fields?: object) => runStep(new SyncDatabaseServer(), server(fields))

const database = (fields: object = {}, options: RunOptions = {}) =>
  runStep(new SyncTenantDatabase(), shop(fields), { expanded: { server: server() }, ...options })

const related = () => ({ database: { ...shop(), server: server() } })

const user = (fields: object = {}, options: RunOptions = {}) =>
  runStep(new SyncDatabaseUser(), reader(fields), { expanded: related(), ...options })

/** All that the steps make on the server, so that a test begins without it. */
const clear = async (): Promise<void> => {
  await host.ask('drop database if exists shop with (force)')
  await host.ask('drop role if exists "shop:write", "shop:read", shop, reports')
  await rm(host.environment.TENANT_DATABASES_PASSWORDS, { recursive: true, force: true })
}

/** The databases and roles of tenants, as somebody sees them who looks at the server. */
const made = async () => ({
  databases: await host.ask(
    `select datname, datconnlimit, array(
       select grantee::regrole::text from aclexplode(datacl) where privilege_type = 'CONNECT' order by 1
     ) as admitted
     from pg_database where datname = 'shop'`,
  ),
  roles: await host.ask(
    `select rolname, rolcanlogin, array(
       select roleid::regrole::text from pg_auth_members where member = r.oid order by 1
     ) as groups
     from pg_roles r where rolname in ('shop:write', 'shop:read', 'reports') order by 1`,
  ),
})

describe.skipIf(typeof findBinaries() === 'string')('on a PostgreSQL server', () => {
  beforeAll(async () => {
    host = await startDatabaseHost()
    Object.assign(process.env, host.environment)
  })

  afterAll(() => host.stop())

  beforeEach(clear)

  test('a server that is there says its version', async () => {
    const { version } = expectSynced(await syncServer())

    expect(version).toMatch(/^\d+(\.\d+)?/)
  })

  test('a server that is not there is looked for later', async () => {
    expectDeferred(await syncServer({ port: 1 }), /^127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/)
  })

  test.each([
    ['that are not there', 'elsewhere', /^There is no .*elsewhere\/username$/, true],
    ['that would lead elsewhere', '../local', /^Expected the credentials of the server/, false],
  ])('credentials %s are a failure', async (_, credentials, text, retry) => {
    expect(expectFailed(await syncServer({ credentials }), text).retry).toBe(retry)
  })

  test('a server for which an authority vouches is spoken to over TLS, and no other is', async () => {
    const { authority, stranger } = await speakTls((sql) => host.ask(sql))
    await host.pause()
    await host.goOn()
    await host.trust('vouched', authority)
    await host.trust('doubted', stranger)
    const [row] = await inSession(connectTo(server({ credentials: 'vouched' })), (session) =>
      session.run('select ssl from pg_stat_ssl where pid = pg_backend_pid()'),
    )

    expect(row).toEqual({ ssl: true })
    expectSynced(await syncServer({ credentials: 'vouched' }))
    expectFailed(await syncServer({ credentials: 'doubted' }), /certificate/)
  })

  test('a database is made, and changed, and keeps strangers out', async () => {
    expectSynced(await database(), {
      backend_handle: 'local/shop',
      connection_url: `postgres://127.0.0.1:${host.port}/shop`,
    })
    expectSynced(await database({ connection_limit: 3 }))

    expect((await made()).databases).toEqual([
      {
        datname: 'shop',
        datconnlimit: 3,
        admitted: ['"shop:read"', '"shop:write"', 'tester'],
      },
    ])
  })

  test('a database of somebody else is neither taken over nor dropped', async () => {
    await host.ask('create database shop')

    const { retry } = expectFailed(await database(), /^There is a database shop already/)
    expect(retry).toBe(false)
    expectSynced(await database({}, { operation: 'delete' }))
    expect((await made()).databases).toHaveLength(1)
  })

  test('a role of somebody else is neither taken over nor dropped', async () => {
    await host.ask('create role reports')
    await database()

    expect(expectFailed(await user(), /^There is a role reports on the server/).retry).toBe(false)
    expectSynced(await user({}, { operation: 'delete' }))
    expect((await made()).roles).toContainEqual(expect.objectContaining({ rolname: 'reports' }))
  })

  test.each(['', 'Shop', 'a/b', 'a"; drop', 'x'.repeat(51)])(
    '%j is no name of a database',
    async (name) => {
      const { retry } = expectFailed(await database({ name }), /^Expected the name of the database/)

      expect(retry).toBe(false)
    },
  )

  test('a user reads what writers make, logs in with a password that is in a file, and cannot write', async () => {
    await database()
    expectSynced(await user({ name: 'shop', can_write: true }))
    const { password_file } = expectSynced(await user()) as { password_file: string }
    await host.askAs('local/shop', 'shop', 'create table orders as select 7 as id')

    expect(await host.askAs(password_file, 'shop', 'select id from orders')).toEqual([{ id: 7 }])
    await expect(host.askAs(password_file, 'shop', 'delete from orders')).rejects.toThrow(
      'permission denied',
    )
    await expect(host.askAs(password_file, 'shop', 'create table t ()')).rejects.toThrow(
      'permission denied',
    )
    const file = path.join(host.environment.TENANT_DATABASES_PASSWORDS, password_file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  test('a user who may write no more cannot, not even in a session that is open, and one who may again can', async () => {
    await database()
    const sessions = `select from pg_stat_activity where usename = 'reports' and state = 'active'`
    const write = (can_write: boolean) => user({ can_write })
    const insert = () => host.askAs('local/reports', 'shop', 'insert into orders values (1)')
    await write(true)
    await host.askAs('local/reports', 'shop', 'create table orders (id int)')
    const open = host.askAs('local/reports', 'shop', 'select pg_sleep(60)')
    const ended = expect(open).rejects.toThrow('terminating connection')
    await until('the session', async () => (await host.ask(sessions)).length > 0)
    await write(false)
    await ended
    await expect(insert()).rejects.toThrow('permission denied')
    await write(true)

    expect(await insert()).toEqual([])
  })

  test('a password stays what its file says, and one whose file is removed is made anew', async () => {
    await database()
    await user()
    const file = path.join(host.environment.TENANT_DATABASES_PASSWORDS, 'local/reports')
    const first = await readFile(file, 'utf8')
    await host.ask(`alter role reports password 'stolen'`)
    await user()
    expect(await host.askAs('local/reports', 'shop', 'select 1 as one')).toEqual([{ one: 1 }])
    await rm(file)
    await user()

    expect(await readFile(file, 'utf8')).not.toBe(first)
    expect(await host.askAs('local/reports', 'shop', 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('what a user made stays when the user goes', async () => {
    await database()
    await user({ can_write: true })
    await host.askAs('local/reports', 'shop', 'reset role; create table own as select 1 as id')
    expectSynced(await user({}, { operation: 'delete' }))
    await user({ name: 'shop' })

    expect((await made()).roles).toHaveLength(2)
    expect(await readdir(path.join(host.environment.TENANT_DATABASES_PASSWORDS, 'local'))).toEqual([
      'shop',
    ])
    const [row] = await host.ask(`select count(*)::int from pg_roles where rolname = 'reports'`)
    expect(row).toEqual({ count: 0 })
  })

  test.each(['sync', 'delete'] as const)(
    'a step may die anywhere in the %s of a database',
    async (operation) => {
      await checkIdempotent<Connect>({
        backend: () => clear().then(() => connectTo),
        step: (connect) => new SyncTenantDatabase(connect),
        state: made,
        record: shop(),
        options: { operation, expanded: { server: server() } },
      })
    },
  )

  test.each(['sync', 'delete'] as const)(
    'a step may die anywhere in the %s of a user',
    async (operation) => {
      await database()
      await checkIdempotent<Connect>({
        backend: () => host.ask('drop role if exists reports').then(() => connectTo),
        step: (connect) => new SyncDatabaseUser(connect),
        state: async () => ({
          ...(await made()),
          passwords: await readdir(host.environment.TENANT_DATABASES_PASSWORDS, {
            recursive: true,
          }),
        }),
        record: reader(),
        options: { operation, expanded: related() },
      })
    },
  )

  test('sizes are written where they are others, and a server that is down keeps none from it', async () => {
    await database()
    const written: unknown[] = []
    const records = {
      DatabaseServer: [server({ name: 'gone', port: 1 }), server()],
      TenantDatabase: [shop({ id: 5 }), shop({ id: 6, name: 'not_there' })],
    }
    const pull = () =>
      runPull(sizes, {
        client: {
          async *list(model) {
            yield* records[model as keyof typeof records]
          },
          update: (...all: readonly unknown[]) => {
            written.push(all)
            return Promise.resolve({ id: 1 })
          },
        },
      })

    const { outcome, logs } = await pull()
    expect(outcome.kind).toBe('synced')
    expect(logs.map(({ fields }) => fields['server'])).toEqual(['gone'])
    expect(written).toEqual([
      [
        'TenantDatabase',
        expect.objectContaining({ id: 5 }),
        { size_bytes: expect.any(Number) as unknown },
      ],
    ])
  })
})

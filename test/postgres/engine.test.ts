import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPglite, type CoreError, type Database } from '#core'
import { createListener } from '../../core/store/postgres-listener.ts'
import { versionFinding } from '../../core/store/postgres.ts'
import { newPostgresDatabase, openTestPostgres } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { until } from '../support/until.ts'

let url: string
let postgres: Database
let pglite: Database

beforeAll(async () => {
  url = await newPostgresDatabase()
  postgres = await openTestPostgres(url)
  pglite = await openPglite()
  await postgres.query(`create table counter (name text primary key, value int not null)`)
  await postgres.query(`insert into counter values ('a', 0), ('b', 0)`)
})

afterAll(async () => {
  await Promise.all([postgres.close(), pglite.close()])
})

const failureOf = (work: Promise<unknown>): Promise<CoreError> =>
  work.then(
    () => {
      throw new Error('It did not fail')
    },
    (error: unknown) => error as CoreError,
  )

test.each([
  ['bigint', `select 1767225600123456::bigint as v`, []],
  ['a bigint beyond what a number holds', `select 9223372036854775807::bigint as v`, []],
  ['integers and counts', `select 7::int as v, (select count(*) from (values (1)) t) as n`, []],
  ['double precision', `select 1.5::float8 as v, 'NaN'::float8 as n`, []],
  ['boolean', `select true as v, false as w, null::boolean as n`, []],
  ['jsonb', `select '{"a": [1, null, "x"], "b": 1.25}'::jsonb as v, 'null'::jsonb as n`, []],
  ['arrays of text', `select array['a', null, 'b,"c"'] as v`, []],
  ['arrays of jsonb', `select $1::jsonb as v`, [JSON.stringify([{ root: 'A', id: 1 }])]],
  ['text as it is', `select $1::text as v`, ['\\ \' " \u{1f600} \n']],
  ['null parameters', `select $1::text is null as v`, [null]],
  ['list parameters', `select 'b' = any($1::text[]) as v`, [['a', 'b,"c"', 'b']]],
  ['number parameters', `select $1::bigint + 1 as v`, [1767225600123456]],
  ['boolean parameters', `select not $1::boolean as v`, [true]],
  ['no rows', `select 1 as v where false`, []],
])('both engines answer the same for %s', async (_, text, parameters) => {
  expect(await postgres.query(text, parameters)).toEqual(await pglite.query(text, parameters))
})

test.each([
  ['nothing of itself', '', '4MB'],
  ['settings of its own', '?options=-c%20work_mem%3D5MB', '5MB'],
])(
  'no statement is compiled to machine code by a server whose URL asks for %s',
  async (_, asked, memory) => {
    const opened = await openTestPostgres(`${url}${asked}`)
    const settings = `select current_setting('jit') as jit, current_setting('work_mem') as memory`
    expect(await opened.query(settings)).toEqual([{ jit: 'off', memory }])
    await opened.close()
  },
)

test.each([
  [
    'nothing listens',
    'postgres://tester:s3cr3t@127.0.0.1:1/x',
    /127\.0\.0\.1:1\/x: nothing listens/,
  ],
  ['no such host', 'postgres://tester:s3cr3t@no-such-host.invalid/x', /invalid:5432\/x/],
  ['no URL', 's3cr3t', /Expected the URL of a PostgreSQL server/],
  [
    'another scheme',
    'mysql://tester:s3cr3t@localhost/x',
    /Expected the URL of a PostgreSQL server/,
  ],
  ['a URL that does not parse', 'postgres://tester:s3/cr3t@:x:y/x', /Expected the URL/],
])('where it cannot connect, it says so without the password: %s', async (_, bad, message) => {
  const error = await failureOf(openTestPostgres(bad, { connectTimeoutMs: 5_000 }))
  expect(error.message).toMatch(message)
  expect(JSON.stringify([error.message, error.stack, error.cause])).not.toMatch(/s3\/?cr3t/)
})

test.each([
  ['a wrong password', { password: 's3cr3t' }, /refuses the user or the password/],
  ['an unknown database', { pathname: '/nowhere' }, /no database of that name/],
])('the server refuses %s, and the message says why', async (_, change, message) => {
  const bad = Object.assign(new URL(url), change)
  const error = await failureOf(openTestPostgres(bad.href))
  expect(error.code).toBe('UNAVAILABLE')
  expect(error.message).toMatch(message)
  expect(error.message).not.toContain(bad.password)
})

test.each([
  [130_022, '13.22', 'Expected PostgreSQL 14 or newer at db:5432/x, got 13.22.'],
  [140_000, '14.0', undefined],
  [180_004, '18.4', undefined],
])('version %i: %s is judged', (number, text, finding) => {
  expect(versionFinding('db:5432/x', number, text)).toBe(finding)
})

test('a transaction that fails leaves nothing behind', async () => {
  const failing = postgres.transaction(async (sql) => {
    await sql.query(`update counter set value = 99`)
    throw new Error('Enough')
  })
  await expect(failing).rejects.toThrow('Enough')
  expect(await postgres.query(`select max(value) as max from counter`)).toEqual([{ max: 0 }])
})

test('a transaction whose statement failed cannot be mistaken for one that was written', async () => {
  const swallowing = postgres.transaction(async (sql) => {
    await sql.query(`update counter set value = 99`)
    await sql.query(`select no_such_function()`).catch(() => undefined)
  })
  await expect(swallowing).rejects.toThrow('rolled back')
  expect(await postgres.query(`select max(value) as max from counter`)).toEqual([{ max: 0 }])
})

test('of two that lock crosswise one begins anew, and both are written once', async () => {
  await postgres.query(`update counter set value = 0`)
  let runs = 0
  let arrived = 0
  let bothHere = (): void => undefined
  const both = new Promise<void>((resolve) => (bothHere = resolve))
  const add = (first: string, second: string) =>
    postgres.transaction(async (sql) => {
      runs += 1
      await sql.query(`update counter set value = value + 1 where name = $1`, [first])
      arrived += 1
      if (arrived === 2) bothHere()
      await both
      await sql.query(`update counter set value = value + 1 where name = $1`, [second])
    })
  await Promise.all([add('a', 'b'), add('b', 'a')])
  expect(await postgres.query(`select value from counter`)).toEqual([{ value: 2 }, { value: 2 }])
  expect(runs).toBe(3)
})

test('a statement that waits too long is given up, and the next one is served', async () => {
  const hasty = await openTestPostgres(url, { statementTimeoutMs: 200, connections: 1 })
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  let hold = (): void => undefined
  const held = new Promise<void>((resolve) => (hold = resolve))
  const holder = postgres.transaction(async (sql) => {
    await sql.query(`select from counter where name = 'a' for update`)
    hold()
    await released
  })
  await held
  const error = await failureOf(hasty.query(`update counter set value = 5 where name = 'a'`))
  release()
  await holder
  expect(error).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'The database took too long; try again',
  })
  expect(await hasty.query(`select 1 as v`)).toEqual([{ v: 1 }])
  await hasty.close()
})

test('a connection that breaks in a transaction fails that one only', async () => {
  const broken = failureOf(
    postgres.transaction(async (sql) => {
      const [me] = await sql.query<{ pid: number }>(`select pg_backend_pid() as pid`)
      await postgres.query(`select pg_terminate_backend($1)`, [me?.pid])
      await sql.query(`select 1`)
    }),
  )
  expect((await broken).code).toBe('UNAVAILABLE')
  expect(await postgres.query(`select 1 as v`)).toEqual([{ v: 1 }])
})

test('a pool that was cut off while it lay idle serves the next transaction', async () => {
  await postgres.transaction((sql) => sql.query(`select 1`))
  const admin = await openTestPostgres(url, { connections: 1 })
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  )
  expect(await postgres.transaction((sql) => sql.query(`select 1 as v`))).toEqual([{ v: 1 }])
  await admin.close()
})

test('a hot statement is prepared once a connection, and how many are kept is bounded', async () => {
  const one = await openTestPostgres(url, { connections: 1 })
  const prepared = async () => {
    const [row] = await one.query<{ count: number }>(
      `select count(*)::int as count from pg_prepared_statements`,
    )
    return row?.count ?? 0
  }
  for (let use = 0; use < 10; use += 1) await one.query(`select $1::int as v`, [use])
  const afterHot = await prepared()
  for (let text = 0; text < 400; text += 1) {
    for (let use = 0; use < 3; use += 1) await one.query(`select ${text} as v`)
  }
  const afterMany = await prepared()
  await one.close()
  expect(afterHot).toBe(1)
  expect(afterMany).toBeLessThanOrEqual(256)
})

test('a prepared statement outlives a change of the tables by another core', async () => {
  await postgres.query(`create table changing (a int)`)
  const one = await openTestPostgres(url, { connections: 1 })
  const read = () => one.transaction((sql) => sql.query(`select * from changing`))
  for (let use = 0; use < 5; use += 1) await read()
  await postgres.query(`alter table changing add column b int`)
  await postgres.query(`insert into changing values (1, 2)`)
  expect(await read()).toEqual([{ a: 1, b: 2 }])
  await one.close()
})

test('a listener hears what is committed by others, also after its connection was lost', async () => {
  const clock = createManualClock()
  const listening = await openTestPostgres(url, { clock, random: () => 0.5 })
  let heard = 0
  const stop = await listening.listen('news', () => (heard += 1))
  await postgres.query(`select pg_notify('news', '')`)
  await until('the first news', () => heard === 1)

  await postgres.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and query = 'listen news'`,
  )
  await until('the pause before it connects again', () => clock.timerCount() === 1)
  await clock.advance(100)
  await until('the call that makes up for what was missed', () => heard === 2)
  await postgres.query(`select pg_notify('news', '')`)
  await until('news over the new connection', () => heard === 3)

  await stop()
  await listening.close()
})

test('a listener tries one connection at a time, also while the server lets go of each at once', async () => {
  let tries = 0
  const server = createServer((socket) => {
    tries += 1
    socket.once('data', () => socket.end())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clients = [new Client(url)]
  const first = clients[0]
  const clock = createManualClock()
  const listener = createListener({
    client: () => clients.shift() ?? new Client({ host: '127.0.0.1', port }),
    clock,
    random: () => 1,
  })
  await listener.listen('news', () => undefined)
  await first?.end()

  for (const [index, pauseMs] of [100, 200, 400].entries()) {
    await until('the pause before the next try', () => clock.timerCount() === 1)
    expect(tries).toBe(index)
    await clock.advance(pauseMs)
    await until('the next try', () => tries > index)
  }
  await until('the pause after the last one', () => clock.timerCount() === 1)
  expect(tries).toBe(3)

  await listener.close()
  server.close()
})

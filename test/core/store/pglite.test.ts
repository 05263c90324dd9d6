import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPglite, type Database, type Sql } from '#core'
import { madePglite } from '../../support/made-pglite.ts'

let database: Database

beforeAll(async () => {
  database = await openPglite(undefined, await madePglite())
})

afterAll(() => database.close())

/** More often than a statement has to come before it is kept. */
const times = 5

const again = async <T>(work: (time: number) => Promise<T>): Promise<readonly T[]> => {
  const results: T[] = []
  for (let time = 0; time < times; time += 1) results.push(await work(time))
  return results
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error('It did not fail')
    },
    (error: unknown) => error,
  )

test('rows that are updated for ever do not make the database grow for ever', async () => {
  await database.query(`create table counted (id integer primary key, text text)`)
  await database.query(
    `insert into counted select n, repeat('x', 100) from generate_series(1, 1000) n`,
  )
  const grow = async (updates: number): Promise<number> => {
    for (let update = 0; update < updates; update += 1) {
      await database.transaction((sql) => sql.query(`update counted set text = text`))
    }
    const [size] = await database.query<{ pages: number }>(
      `select pg_relation_size('counted')::int / 8192 as pages`,
    )
    return size?.pages ?? 0
  }

  const logged = async (since: string): Promise<number> => {
    const [row] = await database.query<{ bytes: number }>(
      `select (pg_current_wal_lsn() - ${since})::float8 as bytes from pg_control_checkpoint()`,
    )
    return row?.bytes ?? 0
  }
  const start = await logged(`'0/0'`)

  const early = await grow(70)
  const late = await grow(80)

  expect(late).toBeLessThanOrEqual(early * 1.2)
  expect(await logged('redo_lsn')).toBeLessThan(((await logged(`'0/0'`)) - start) / 2)
})

test.each([
  [
    'integers',
    `select 7::int as a, 5::bigint as b, 9007199254740993::bigint as c`,
    { a: 7, b: 5, c: 9007199254740993n },
  ],
  [
    'other numbers',
    `select 1.5::float8 as a, 'NaN'::float8 as b, 1.50::numeric as c`,
    { a: 1.5, b: NaN, c: '1.50' },
  ],
  ['booleans and nulls', `select true as a, null::boolean as b`, { a: true, b: null }],
  [
    'jsonb',
    `select '{"a": [1, null, "x"]}'::jsonb as a, 'null'::jsonb as b`,
    { a: { a: [1, null, 'x'] }, b: null },
  ],
  [
    'arrays',
    `select array['a', null, 'b,"c"'] as a, array[1, 2] as b, '{}'::text[] as c`,
    { a: ['a', null, 'b,"c"'], b: [1, 2], c: [] },
  ],
  [
    'bytes and times',
    `select '\\x00ff'::bytea as a, '2026-01-01T00:00:00Z'::timestamptz as b`,
    { a: Uint8Array.of(0, 255), b: new Date(Date.UTC(2026, 0, 1)) },
  ],
  [
    'texts',
    `select $$a"b\\c ' \u{e9}\u{6f22}\u{1f600}$$ as a, '' as b`,
    { a: `a"b\\c ' \u{e9}\u{6f22}\u{1f600}`, b: '' },
  ],
  ['no columns', `select`, {}],
])('%s are read as what they are each time a statement runs', async (_, text, row) => {
  expect(await again(() => database.query(text))).toEqual(Array(times).fill([row]))
})

test.each([
  ['nothing', `select 1 as v where $1::int = 0`, 5, []],
  ['a number', `select $1::bigint + 1 as v`, 1767225600123456, [{ v: 1767225600123457 }]],
  ['a number without a limit', `select $1::numeric as v`, 12, [{ v: '12' }]],
  ['a boolean', `select not $1::boolean as v`, true, [{ v: false }]],
  ['null', `select $1::text is null as v`, null, [{ v: true }]],
  ['a list', `select 'b' = any($1::text[]) as v`, ['a', 'b,"c"', 'b'], [{ v: true }]],
  ['a value of JSON', `select $1::jsonb as v`, { a: [1] }, [{ v: { a: [1] } }]],
  ['bytes', `select $1::bytea as v`, Uint8Array.of(1, 255), [{ v: Uint8Array.of(1, 255) }]],
  ['a long text', `select length($1) as v`, '\u{6f22}'.repeat(3_000_000), [{ v: 3_000_000 }]],
])('%s is bound each time a statement runs', async (_, text, parameter, rows) => {
  expect(await again(() => database.query(text, [parameter]))).toEqual(Array(times).fill(rows))
})

test('a statement that fails says why each time, and the next one runs', async () => {
  await database.query(`create table named (name text primary key check (name <> ''))`)
  await database.query(`insert into named values ('taken')`)
  const insert = (name: string) => database.query(`insert into named values ($1)`, [name])

  const failures = await again(() => failureOf(insert('taken')))
  const others = await again(() => failureOf(insert('')))
  const unparsed = await again(() => failureOf(database.query(`select no_such_column`)))
  await again((time) => insert(`free ${time}`))

  const taken = { code: '23505', constraint: 'named_pkey', detail: expect.any(String) as string }
  expect(failures).toMatchObject(Array(times).fill(taken))
  expect(others).toMatchObject(Array(times).fill({ code: '23514', table: 'named' }))
  expect(unparsed).toMatchObject(Array(times).fill({ code: '42703' }))
  expect(await database.query(`select count(*) from named`)).toEqual([{ count: times + 1 }])
})

test('a transaction that fails leaves nothing behind, whatever made it fail', async () => {
  await database.query(`create table kept (text text)`)
  const insert = `insert into kept values ($1)`
  const enough = () => Promise.reject(new Error('Enough'))
  const divide = (sql: Sql) => sql.query(`select 1 / $1::int`, [0])
  const failures = await again(async () => [
    await failureOf(database.transaction((sql) => sql.query(insert, ['a']).then(enough))),
    await failureOf(
      database.transaction((sql) => sql.query(insert, ['b']).then(() => divide(sql))),
    ),
    await failureOf(
      database.transaction(async (sql) => {
        await sql.query(insert, ['c'])
        await divide(sql).catch(() => undefined)
      }),
    ),
  ])

  expect(failures.flat().map(String)).toEqual(
    Array(times)
      .fill(['Error: Enough', 'error: division by zero', 'Error: The transaction was rolled back'])
      .flat(),
  )
  expect(await database.query(`select from kept`)).toEqual([])
})

test('what runs at once does not get mixed up, within a transaction and beside it', async () => {
  await database.query(`create table mixed (n integer)`)
  const answers: number[] = []
  const add = async (sql: Sql, n: number): Promise<void> => {
    const [row] = await sql.query<{ n: number }>(`insert into mixed values ($1) returning n`, [n])
    const [other] = await sql.query<{ v: number }>(`select ${n} + $1::int as v`, [n])
    answers.push(row?.n ?? 0, other?.v ?? 0)
  }
  const numbers = Array.from({ length: 10 }, (_, n) => n)
  await Promise.all([
    database.transaction((sql) => Promise.all(numbers.map((n) => add(sql, n)))),
    failureOf(
      database.transaction(async (sql) => {
        await Promise.all(numbers.map((n) => add(sql, n)))
        throw new Error('Enough')
      }),
    ),
    ...numbers.map((n) => add(database, n)),
  ])

  expect(answers.toSorted((a, b) => a - b)).toEqual(
    numbers.flatMap((n) => [n, n, n, 2 * n, 2 * n, 2 * n]).toSorted((a, b) => a - b),
  )
  expect(await database.query(`select count(*) from mixed`)).toEqual([{ count: 20 }])
})

test('a statement outlives a change of the tables, alone and in a transaction, which is begun anew', async () => {
  await database.query(`create table changing (a int)`)
  await database.query(`insert into changing values (1)`)
  const read = `select * from changing`
  await again(() => database.query(read))

  await database.query(`alter table changing add column b int default 2`)
  const alone = await database.query(read)
  await again(() => database.query(read))
  await database.query(`alter table changing drop column a`)
  const attempts: number[] = []
  const together = await database.transaction(async (sql, attempt) => {
    attempts.push(attempt)
    await sql.query(`insert into changing values (3)`)
    return sql.query(read)
  })

  expect(alone).toEqual([{ a: 1, b: 2 }])
  expect(together).toEqual([{ b: 2 }, { b: 3 }])
  expect(attempts).toEqual([1, 2])
  expect(await database.query(read)).toEqual(together)
})

test('a hot statement is prepared once, and how many are kept is bounded', async () => {
  const one = await openPglite(undefined, await madePglite())
  const prepared = async (): Promise<unknown> =>
    (await one.query(`select count(*) from pg_prepared_statements where statement like '%as v'`))[0]
  await again((time) => one.query(`select $1::int as v`, [time]))
  const afterHot = await prepared()
  for (let text = 0; text < 400; text += 1) await again(() => one.query(`select ${text} as v`))
  const afterMany = await prepared()
  await one.close()

  expect(afterHot).toEqual({ count: 1 })
  expect(afterMany).toEqual({ count: 256 })
})

test('a listener hears of what is committed, once, and of nothing else', async () => {
  let heard = 0
  const stop = await database.listen('news', () => (heard += 1))
  const tell = `select pg_notify('news', '')`
  const counts = await again(async () => {
    await database.query(tell)
    await database.transaction((sql) => sql.query(tell).then(() => sql.query(tell)))
    await failureOf(
      database.transaction((sql) => sql.query(tell).then(() => sql.query(`nonsense`))),
    )
    return heard
  })
  await stop()
  await database.query(tell)

  expect(counts).toEqual([2, 4, 6, 8, 10])
  expect(heard).toBe(10)
})

test('no statement gets into a transaction that has ended, or into a database that is closed', async () => {
  const one = await openPglite(undefined, await madePglite())
  const late = await one.transaction(async (sql) => sql)
  const afterEnd = await failureOf(late.query(`select 1`))
  await one.close()

  expect(String(afterEnd)).toBe('Error: The transaction has ended')
  expect(String(await failureOf(one.query(`select 1`)))).toBe('Error: The database is closed')
})

import { expect, onTestFinished, test } from 'vitest'
import { openCore, type Database } from '#core'
import { newPostgresDatabase, openTestPostgres } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import {
  administrator,
  asAdministrator,
  coreModels,
  helloWorldModels,
  openTestStore,
} from '../support/store.ts'
import { until } from '../support/until.ts'
import { endedOrBlocked, pausing } from './pausing.ts'

const cups = (options: string): string => `
option name = "cups";
option app_label = "cups";

message Cup (XOSBase) {
  required string name = 1 [max_length = 20${options}];
}
`

const opened = async (url: string): Promise<Database> => {
  const database = await openTestPostgres(url)
  onTestFinished(() => database.close())
  return database
}

/** One that hears of nothing, as when the news is still under way. */
const deaf = (database: Database): Database => ({
  ...database,
  listen: () => Promise.resolve(() => Promise.resolve()),
})

test('four cores that start at once on an empty database make it once', async () => {
  const url = await newPostgresDatabase()
  const admin = { email: administrator.email, password: 'letmein' }
  const clock = createManualClock()
  const cores = await Promise.all(
    Array.from({ length: 4 }, async () =>
      openCore({ database: await opened(url), coreModels, clock, admin }),
    ),
  )
  for (const { store } of cores) {
    expect((await asAdministrator(store).list('User')).map(({ id }) => id)).toEqual([1])
    expect((await asAdministrator(store).list('Site')).map(({ id }) => id)).toEqual([1])
  }
})

test('a core knows the models that another one was given', async () => {
  const url = await newPostgresDatabase()
  const one = await openTestStore(await opened(url))
  const two = await openTestStore(await opened(url))
  await one.load(cups(''), [], 'cups')
  await until('the news of the models', () => two.store.schema().model('Cup'))
  expect(await asAdministrator(two.store).list('Cup')).toEqual([])
})

test('a core that could not read new models when it heard of them tries again', async () => {
  const url = await newPostgresDatabase()
  const one = await openTestStore(await opened(url))
  const database = await opened(url)
  let failures = 0
  const two = await openTestStore({
    ...database,
    query: (text, parameters) => {
      if (!text.includes('schema_state') || failures > 0) return database.query(text, parameters)
      failures += 1
      return Promise.reject(new Error('The server is gone'))
    },
  })
  await one.load(cups(''), [], 'cups')
  await until('the pause before it tries again', () => two.clock.timerCount() === 1)
  expect(two.store.schema().model('Cup')).toBeUndefined()

  await two.clock.advance(5_000)
  await until('the news of the models', () => two.store.schema().model('Cup'))
})

test('a core that has not heard of new models watches their records all the same', async () => {
  const url = await newPostgresDatabase()
  const one = await openTestStore(await opened(url))
  const two = await openTestStore(deaf(await opened(url)))
  const log = two.store.changes(administrator)
  const after = await log.position()
  await one.load(helloWorldModels, [], 'hello-world')
  await asAdministrator(one.store).create('HelloWorldService', { name: 'a', hello_from: 'Ann' })

  const { changes } = await log.changes({ after, models: ['Service'], limit: 10 })
  expect(changes).toMatchObject([{ model: 'HelloWorldService', object: { hello_from: 'Ann' } }])
})

test('a core that has not heard of new models writes by them all the same', async () => {
  const url = await newPostgresDatabase()
  const one = await openTestStore(await opened(url))
  await one.load(cups(''), [], 'cups')
  const two = await openTestStore(deaf(await opened(url)))
  await one.load(cups(', unique = True'), [], 'cups')

  await asAdministrator(two.store).create('Cup', { name: 'blue' })
  const again = asAdministrator(two.store).create('Cup', { name: 'blue' })
  await expect(again).rejects.toMatchObject({ code: 'DUPLICATE_KEY' })
  const elsewhere = asAdministrator(one.store).create('Cup', { name: 'blue' })
  await expect(elsewhere).rejects.toMatchObject({ code: 'DUPLICATE_KEY' })
})

test('models do not change under a write: it ends first, and the change counts it', async () => {
  const url = await newPostgresDatabase()
  const watcher = await opened(url)
  const first = pausing(await opened(url))
  const one = await openTestStore(first)
  const two = await openTestStore(await opened(url))
  await one.load(cups(''), [], 'cups')
  await asAdministrator(one.store).create('Cup', { name: 'blue' })

  const pause = first.pauseBefore('commit')
  const writing = asAdministrator(one.store).create('Cup', { name: 'blue' })
  await pause.reached
  const changing = two.load(cups(', unique = True'), [], 'cups')
  const refused = expect(changing).rejects.toMatchObject({ code: 'VALIDATION' })
  await endedOrBlocked(watcher, changing)
  pause.letGo()
  await writing
  await refused
})

test('a core with other core models does not write once another version has started', async () => {
  const url = await newPostgresDatabase()
  const old = await openTestStore(await opened(url))
  await asAdministrator(old.store).create('Site', {
    name: 'a',
    abbreviated_name: 'a',
    login_base: 'a',
    site_url: 'http://a.b/',
  })

  const newer = coreModels.map(({ file, text }) => ({ file, text: `${text}\n// newer\n` }))
  const admin = { email: administrator.email, password: 'letmein' }
  await openCore({ database: await opened(url), coreModels: newer, clock: old.clock, admin })

  const write = asAdministrator(old.store).create('Site', { name: 'b', login_base: 'b' })
  await expect(write).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

const loading = (options: string) => ({
  name: 'cups',
  version: '1',
  xprotos: [{ filename: 'cups.xproto', contents: cups(options) }],
  decls: [],
  attics: [],
  convenienceMethods: [],
  migrations: [],
  coreVersion: '',
})

test('two cores that are given the same models at once take them once, and both say so once', async () => {
  const url = await newPostgresDatabase()
  const one = await openTestStore(await opened(url))
  const two = await openTestStore(await opened(url))
  const heard = [0, 0]
  for (const [index, { store }] of [one, two].entries()) {
    store.onSchemaChange(() => {
      heard[index] = (heard[index] ?? 0) + 1
    })
  }
  const statuses = await Promise.all(
    [one, two, one, two].map(({ store }) => store.services.load(loading(''), administrator)),
  )
  expect(statuses.toSorted()).toEqual([
    'SUCCESS',
    'SUCCESS_NOTHING_CHANGED',
    'SUCCESS_NOTHING_CHANGED',
    'SUCCESS_NOTHING_CHANGED',
  ])
  await until('the news of the models', () => two.store.schema().model('Cup'))
  await until('the news of the models', () => one.store.schema().model('Cup'))

  const last = { name: 'cups', version: '1', cleanup: 'PURGE' } as const
  await two.store.services.unload(last, administrator)
  await until('the news of the models', () => one.store.schema().model('Cup') === undefined)
  expect(heard).toEqual([2, 2])
})

test('a core that has not heard of an unload does not write by the models that are gone', async () => {
  const url = await newPostgresDatabase()
  const one = await openTestStore(await opened(url))
  await one.store.services.load(loading(''), administrator)
  const two = await openTestStore(deaf(await opened(url)))
  const last = { name: 'cups', version: '1', cleanup: 'REQUIRE_CLEAN' } as const
  expect(await one.store.services.unload(last, administrator)).toBe('SUCCESS')
  const write = asAdministrator(two.store).create('Cup', { name: 'blue' })
  await expect(write).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('records are written while others are cleaned away, and none of them is left', async () => {
  const url = await newPostgresDatabase()
  const one = await openTestStore(await opened(url))
  const two = await openTestStore(await opened(url))
  await one.store.services.load(loading(''), administrator)
  for (let n = 0; n < 50; n += 1) await asAdministrator(one.store).create('Cup', { name: `${n}` })
  const clean = { name: 'cups', version: '1', cleanup: 'AUTOMATICALLY_CLEAN' } as const

  const writes = Array.from({ length: 20 }, (_, n) =>
    asAdministrator(two.store).create('Cup', { name: `late ${n}` }),
  )
  const written = Promise.allSettled(writes)
  let status = await one.store.services.unload(clean, administrator)
  while (status === 'TRYAGAIN') status = await one.store.services.unload(clean, administrator)
  expect(status).toBe('SUCCESS')
  for (const outcome of await written) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'NOT_FOUND' })
  }
  expect(await one.database.query(`select id from record where leaf = 'Cup'`)).toEqual([])
})

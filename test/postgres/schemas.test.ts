import { expect, onTestFinished, test } from 'vitest'
import { openCore, type Database } from '#core'
import { newPostgresDatabase, openTestPostgres } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { administrator, coreModels, openTestStore } from '../support/store.ts'
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
    expect((await store.list('User')).map(({ id }) => id)).toEqual([1])
    expect((await store.list('Site')).map(({ id }) => id)).toEqual([1])
  }
})

test('a core knows the models that another one was given', async () => {
  const url = await newPostgresDatabase()
  const one = await openTestStore(await opened(url))
  const two = await openTestStore(await opened(url))
  await one.load(cups(''), [], 'cups')
  await until('the news of the models', () => two.store.schema().model('Cup'))
  expect(await two.store.list('Cup')).toEqual([])
})

test('a core that has not heard of new models writes by them all the same', async () => {
  const url = await newPostgresDatabase()
  const one = await openTestStore(await opened(url))
  await one.load(cups(''), [], 'cups')
  const two = await openTestStore(deaf(await opened(url)))
  await one.load(cups(', unique = True'), [], 'cups')

  await two.store.create('Cup', { name: 'blue' }, administrator)
  const again = two.store.create('Cup', { name: 'blue' }, administrator)
  await expect(again).rejects.toMatchObject({ code: 'DUPLICATE_KEY' })
  const elsewhere = one.store.create('Cup', { name: 'blue' }, administrator)
  await expect(elsewhere).rejects.toMatchObject({ code: 'DUPLICATE_KEY' })
})

test('models do not change under a write: it ends first, and the change counts it', async () => {
  const url = await newPostgresDatabase()
  const watcher = await opened(url)
  const first = pausing(await opened(url))
  const one = await openTestStore(first)
  const two = await openTestStore(await opened(url))
  await one.load(cups(''), [], 'cups')
  await one.store.create('Cup', { name: 'blue' }, administrator)

  const pause = first.pauseBefore('commit')
  const writing = one.store.create('Cup', { name: 'blue' }, administrator)
  await pause.reached
  const changing = two.load(cups(', unique = True'), [], 'cups')
  const refused = expect(changing).rejects.toMatchObject({ code: 'DUPLICATE_KEY' })
  await endedOrBlocked(watcher, changing)
  pause.letGo()
  await writing
  await refused
})

test('a core with other core models does not write once another version has started', async () => {
  const url = await newPostgresDatabase()
  const old = await openTestStore(await opened(url))
  await old.store.create(
    'Site',
    { name: 'a', abbreviated_name: 'a', login_base: 'a', site_url: 'http://a.b/' },
    administrator,
  )

  const newer = coreModels.map(({ file, text }) => ({ file, text: `${text}\n// newer\n` }))
  const admin = { email: administrator.email, password: 'letmein' }
  await openCore({ database: await opened(url), coreModels: newer, clock: old.clock, admin })

  const write = old.store.create('Site', { name: 'b', login_base: 'b' }, administrator)
  await expect(write).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

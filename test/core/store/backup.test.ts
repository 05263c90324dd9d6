import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openPglite } from '#core'
import { openTestDatabase } from '../../support/database.ts'
import {
  administrator,
  asAdministrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'
import { keyedEvent, leaseOf, registration } from './deliveries/events.ts'

const service = 'HelloWorldService'
const instance = 'HelloWorldServiceInstance'
const opened: TestStore[] = []

const open = async (engine = openTestDatabase): Promise<TestStore> => {
  const store = await openTestStore(await engine())
  opened.push(store)
  return store
}
let here: TestStore
let fresh: Buffer
beforeAll(async () => {
  here = await open()
  fresh = await backupOf(here)
})
beforeEach(() => restoreTo(here, fresh))
afterAll(() => Promise.all(opened.map(({ core }) => core.close())))

const collect = async (bytes: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}
const backupOf = ({ core }: TestStore): Promise<Buffer> => core.backups.make(administrator, collect)

async function* inPieces(bytes: Buffer, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const restoreTo = ({ core }: TestStore, bytes: Buffer) =>
  core.backups.restore(administrator, () => inPieces(bytes))

/** A service that is synced, one that is not, whose id is answered, and an instance that waits for it. */
const fill = async (store: TestStore): Promise<number> => {
  await store.load(helloWorldModels, helloWorldSteps)
  const records = asAdministrator(store.store)
  await records.create(service, { name: 'a', hello_from: 'grüße \u{1F44B} "quoted"\\\n' })
  const [work] = await store.lease([service])
  if (work !== undefined) await store.work.report('tester', [reportOn(work, { kind: 'synced' })])
  const owner = await records.create(service, { name: 'b', hello_from: 'me' })
  await records.create(instance, { name: 'i', hello_to: 'you', owner_id: owner['id'] })
  await store.lease([instance])
  return Number(owner['id'])
}

/** Everything that people and steps see, with the versions. */
const contentOf = async ({ store }: TestStore) => {
  const records = store.as(administrator)
  const models = ['Site', 'User', service, instance]
  const all = await Promise.all(models.map((model) => records.list(model)))
  return Promise.all(
    all.flatMap((rows, index) =>
      rows.map((row) => records.get(models[index] ?? '', Number(row['id']))),
    ),
  )
}

test.each([
  ['the same engine', openTestDatabase],
  ['PGlite', openPglite],
])('what was backed up is there in an empty store again, on %s', async (_, engine) => {
  await fill(here)
  const bytes = await backupOf(here)
  const there = await open(engine)

  const { rows, madeAt } = await restoreTo(there, bytes)
  expect(rows).toBeGreaterThan(5)
  expect(madeAt).toBe('2026-01-01T00:00:00.000Z')
  expect(await contentOf(there)).toEqual(await contentOf(here))
  const [waiting] = await there.core.operations.whyAll(administrator, instance, 1)
  expect(waiting).toMatchObject({ reason: 'waiting-for-records' })
  // And back.
  await restoreTo(here, await backupOf(there))
  expect(await contentOf(here)).toEqual(await contentOf(there))
})

test('a restored store goes on: steps run, ids and versions are never given twice', async () => {
  const due = await fill(here)
  const bytes = await backupOf(here)
  const records = asAdministrator(here.store)
  const later = await records.create(service, { name: 'later', hello_from: 'me' })
  const { revision } = await here.store.as(administrator).get(service, Number(later['id']))
  await restoreTo(here, bytes)

  const names = (await records.list(service)).map((record) => record['name'])
  expect(names).toEqual(['a', 'b'])
  expect(await here.lease([service])).toMatchObject([{ key: { id: due }, operation: 'sync' }])
  const next = await here.store
    .as(administrator)
    .create(service, { name: 'next', hello_from: 'me' })
  expect(next.fields['id']).toBeGreaterThan(Number(later['id']))
  expect(next.revision).toBeGreaterThan(revision)
  await expect(records.create(service, { name: 'a', hello_from: 'me' })).rejects.toMatchObject({
    code: 'DUPLICATE_KEY',
  })
})

test('a lease that was taken before a restore is over', async () => {
  await here.load(helloWorldModels, helloWorldSteps)
  await asAdministrator(here.store).create(service, { name: 'a', hello_from: 'me' })
  const work = await here.lease([service])
  const bytes = await backupOf(here)
  await restoreTo(here, bytes)

  const reports = work.map((one) => reportOn(one, { kind: 'synced' }))
  expect(await here.work.report('tester', reports)).toHaveLength(1)
  expect(await here.lease([service])).toHaveLength(1)
})

test('the models come and go with a backup, and everybody hears of it', async () => {
  const empty = await backupOf(here)
  await here.load(helloWorldModels, helloWorldSteps)
  const full = await backupOf(here)
  let heard = 0
  here.store.onSchemaChange(() => (heard += 1))

  await restoreTo(here, empty)
  expect(here.store.schema().model(service)).toBeUndefined()
  await restoreTo(here, full)
  expect(here.store.schema().model(service)).toBeDefined()
  expect(heard).toBeGreaterThanOrEqual(2)
})

test('sessions end, passwords are those of the backup, and who restored it is known', async () => {
  const credentials = await here.store.credentials(administrator.email)
  if (credentials === undefined) throw new Error('Expected an administrator')
  await here.store.addSession('hash', credentials, here.clock.now() + 1000)
  await restoreTo(here, await backupOf(here))

  expect(await here.store.sessionCaller('hash', here.clock.now())).toBeUndefined()
  expect((await here.store.credentials(administrator.email))?.isActive).toBe(true)
  expect(await here.store.audit(administrator, { limit: 1 })).toMatchObject([
    { operation: 'restored', email: administrator.email },
  ])
})

test('what belongs to a restore is undone with it', async () => {
  const bytes = await backupOf(here)
  await fill(here)
  const before = await contentOf(here)

  const restoring = here.core.backups.restore(
    administrator,
    () => inPieces(bytes),
    async () => {
      throw new Error('no')
    },
  )
  await expect(restoring).rejects.toThrow('no')
  expect(await contentOf(here)).toEqual(before)
})

const again = (bytes: Buffer, edit: (text: string) => string): Buffer =>
  gzipSync(edit(gunzipSync(bytes).toString()))

test.each([
  ['nothing', () => Buffer.alloc(0), /cut off|no backup/],
  ['some text', () => Buffer.from('hello'), /no backup/],
  ['other JSON', (bytes: Buffer) => again(bytes, () => '{"format":"x"}\n'), /no backup/],
  ['a cut file', (bytes: Buffer) => bytes.subarray(0, bytes.length - 30), /cut off|damaged/],
  ['a cut text', (bytes: Buffer) => again(bytes, (text) => text.slice(0, -200)), /cut off/],
  [
    'a changed row',
    (bytes: Buffer) => again(bytes, (text) => text.replace('mysite', 'yoursite')),
    /damaged/,
  ],
  [
    'a newer format',
    (bytes: Buffer) => again(bytes, (text) => text.replace('"version":1', '"version":2')),
    /has format 2/,
  ],
  [
    'a newer store',
    (bytes: Buffer) => again(bytes, (text) => text.replace(/"migration":\d+/, '"migration":999')),
    /damaged|newer/,
  ],
] as const)('%s is refused, and nothing is changed', async (_, spoil, message) => {
  // prettier-ignore
  await fill(here)
  const before = await contentOf(here)
  const restoring = restoreTo(here, spoil(await backupOf(here)))

  await expect(restoring).rejects.toMatchObject({ code: 'VALIDATION' })
  await expect(restoring).rejects.toThrow(message)
  expect(await contentOf(here)).toEqual(before)
})

test('only administrators make and restore backups', async () => {
  const nobody = { ...administrator, isAdmin: false }
  const { backups } = here.core

  await expect(backups.make(nobody, collect)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  await expect(backups.restore(nobody, () => inPieces(Buffer.alloc(1)))).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
  })
})

test('events that were not dealt with are in it, those that run too, and are known again', async () => {
  const odd = { ...keyedEvent('2', 'a'), data: '\u0000\ud800"\\' }
  await here.work.register(registration)
  await here.store.deliveries.accept([keyedEvent('1', 'a'), odd])
  await leaseOf(here, 'event')
  const there = await open()
  await restoreTo(there, await backupOf(here))

  expect(await there.store.deliveries.accept([odd])).toMatchObject({ repeated: 1 })
  const { work } = await leaseOf(there, 'event')
  await there.work.report(
    'tester',
    work.map((one) => reportOn(one, { kind: 'synced' })),
  )
  expect((await leaseOf(there, 'event')).work).toMatchObject([
    { change: { event: { id: '2', data: odd.data } } },
  ])
})

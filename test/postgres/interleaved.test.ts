import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Database } from '#core'
import { newPostgresDatabase, openTestPostgres } from '../support/database.ts'
import {
  administrator,
  asAdministrator,
  openTestStore,
  reportOn,
  type TestStore,
} from '../support/store.ts'
import { endedOrBlocked, pausing, type PausingDatabase } from './pausing.ts'

const models = `
option name = "trays";
option app_label = "trays";

message Tray (XOSBase) {
  required string name = 1 [tosca_key = True];
  optional manytoone on->Tray:above = 2:1001;
  optional manytoone beside->Tray:neighbours = 3:1002;
}
policy safe_policy < ctx.user.is_admin >
message Safe::safe_policy (XOSBase) {
  required string name = 1;
}
`

const synced = { kind: 'synced' } as const

/** Two cores on one database; the transactions of each can be stopped. */
let one: TestStore
let two: TestStore
let first: PausingDatabase
let second: PausingDatabase
let watcher: Database

beforeAll(async () => {
  const url = await newPostgresDatabase()
  watcher = await openTestPostgres(url, { connections: 2 })
  first = pausing(await openTestPostgres(url))
  second = pausing(await openTestPostgres(url))
  one = await openTestStore(first)
  two = await openTestStore(second)
  await one.load(models, [{ step: 'tray', model: 'Tray', include: [] }], 'trays')
})

afterEach(() => one.clear())
afterAll(() => Promise.all([one.core.close(), two.core.close(), watcher.close()]))

const create = async (fields: Record<string, unknown> = {}): Promise<number> => {
  const record = await asAdministrator(one.store).create('Tray', { name: 'tray', ...fields })
  return Number(record['id'])
}

const leased = async (under: TestStore, limit = 100): Promise<readonly number[]> =>
  (await under.lease(['Tray'], limit)).map(({ key }) => key.id)

/** Nobody may sleep who waits for nothing. */
const sleepers = () =>
  watcher.query<{ id: number }>(
    `select r.id from record r
     where r.parked and not exists (
       select from wait w join record b on b.root = w.on_root and b.id = w.on_id
       where w.root = r.root and w.id = r.id and b.pending)`,
  )

test('a record whose two blockers are synced at the same moment runs', async () => {
  const left = await create()
  const right = await create()
  const waiter = await create({ on_id: left, beside_id: right })
  const work = await one.lease(['Tray'])
  expect(work.map(({ key }) => key.id)).toEqual([left, right])

  const pause = first.pauseBefore('commit')
  const earlier = one.work.report('tester', [reportOn(work[0]!, synced)])
  await pause.reached
  const later = two.work.report('tester', [reportOn(work[1]!, synced)])
  await endedOrBlocked(watcher, later)
  pause.letGo()
  await Promise.all([earlier, later])

  expect(await sleepers()).toEqual([])
  expect(await leased(two)).toEqual([waiter])
})

test.each(['for share of b skip locked', 'insert into wait', 'least(', 'commit'])(
  'a record runs although its blocker was synced while it was parked, before "%s"',
  async (place) => {
    const blocker = await create()
    const [work] = await one.lease(['Tray'])
    const waiter = await create({ on_id: blocker })

    const pause = first.pauseBefore(place)
    const parking = leased(one)
    await pause.reached
    const reporting = two.work.report('tester', [reportOn(work!, synced)])
    await endedOrBlocked(watcher, reporting)
    pause.letGo()
    expect(await parking).toEqual([])
    await reporting

    expect(await sleepers()).toEqual([])
    expect(await leased(two)).toEqual([waiter])
  },
)

test.each(['delete from wait', 'set parked = false', 'commit'])(
  'a record that is edited while its blocker is reported runs, before "%s"',
  async (place) => {
    const blocker = await create()
    const waiter = await create({ on_id: blocker })
    const [work] = await one.lease(['Tray'])

    const pause = first.pauseBefore(place)
    const reporting = one.work.report('tester', [reportOn(work!, synced)])
    await pause.reached
    const editing = asAdministrator(two.store).update('Tray', waiter, { name: 'edited' })
    await endedOrBlocked(watcher, editing)
    pause.letGo()
    await Promise.all([reporting, editing])

    expect(await sleepers()).toEqual([])
    expect(await leased(two)).toEqual([waiter])
  },
)

test('what is linked to a part of a cascade just before goes with it', async () => {
  const bottom = await create()
  const middle = await create({ on_id: bottom })

  const pause = first.pauseBefore('commit')
  const creating = create({ on_id: middle })
  await pause.reached
  const removing = asAdministrator(two.store).remove('Tray', bottom)
  await endedOrBlocked(watcher, removing)
  pause.letGo()
  const top = await creating
  await removing

  expect(await asAdministrator(two.store).list('Tray')).toEqual([])
  await expect(asAdministrator(two.store).get('Tray', top)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('nothing can be linked to a record that is being deleted', async () => {
  const bottom = await create()

  const pause = first.pauseBefore('commit')
  const removing = asAdministrator(one.store).remove('Tray', bottom)
  await pause.reached
  const creating = asAdministrator(two.store).create('Tray', { name: 'top', on_id: bottom })
  const refused = expect(creating).rejects.toMatchObject({ code: 'INVALID_FIELD' })
  await endedOrBlocked(watcher, creating)
  pause.letGo()
  await removing
  await refused
})

test('find, then create, is one step: eight at once make one record', async () => {
  const save = (under: TestStore) =>
    under.store.transaction(administrator, async (records) => {
      const [found] = await records.findAndLock('Tray', { name: 'the one' })
      if (found !== undefined) return Number(found['id'])
      return Number((await records.create('Tray', { name: 'the one' })).fields['id'])
    })
  const ids = await Promise.all([one, two, one, two, one, two, one, two].map(save))
  expect(new Set(ids).size).toBe(1)
  expect(await asAdministrator(one.store).find('Tray', { name: 'the one' })).toHaveLength(1)
})

test('nobody keeps a record from others by asking for one that he may not read', async () => {
  const { id } = await asAdministrator(one.store).create('Safe', { name: 'closed' })
  const stranger = { userId: 999, email: 'stranger@example.org', isAdmin: false }

  const found = await one.store.transaction(stranger, async (records) => {
    const readable = await records.findAndLock('Safe', { name: 'closed' })
    let isUpdated = false
    const updating = asAdministrator(two.store)
      .update('Safe', Number(id), { name: 'open' })
      .then(() => (isUpdated = true))
    await endedOrBlocked(watcher, updating)
    expect(isUpdated).toBe(true)
    return readable
  })
  expect(found).toEqual([])
})

test('a lease that ended at another core fences the late report', async () => {
  const id = await create()
  const [stale] = await one.lease(['Tray'])
  // Cores keep the same time; a lease ends by it.
  await Promise.all([one.clock.advance(10_001), two.clock.advance(10_001)])
  await two.work.heartbeat('another')
  const again = await two.work.lease('another', [{ model: 'Tray', limit: 1 }])
  expect(again.work.map(({ key }) => key.id)).toEqual([id])

  expect(await one.work.report('tester', [reportOn(stale!, synced)])).toHaveLength(1)
  expect(await two.work.report('another', [reportOn(again.work[0]!, synced)])).toEqual([])
})

test('two cores never lease the same record', async () => {
  const ids: number[] = []
  for (let n = 0; n < 40; n += 1) ids.push(await create())
  const takers = Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? one : two))
  const taken = await Promise.all(
    takers.map((under, n) => under.work.lease(`taker-${n}`, [{ model: 'Tray', limit: 10 }])),
  )
  expect(
    taken.flatMap(({ work }) => work.map(({ key }) => key.id)).toSorted((a, b) => a - b),
  ).toEqual(ids)
})

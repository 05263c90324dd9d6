import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Database } from '#core'
import { newPostgresDatabase, openTestPostgres } from '../support/database.ts'
import { asAdministrator, openTestStore, reportOn, type TestStore } from '../support/store.ts'
import { endedOrBlocked, pausing, type PausingDatabase } from './pausing.ts'

const models = `
option name = "trays";
option app_label = "trays";

message Tray (XOSBase) {
  required string name = 1 [tosca_key = True];
}
message Strap (XOSBase) {
  required manytoone below->Tray:straps_above = 1:1001;
  required manytoone above->Tray:straps_below = 2:1002;
}
`

/** Two cores on one database; the transactions of the first can be stopped. */
let one: TestStore
let two: TestStore
let first: PausingDatabase
let watcher: Database

beforeAll(async () => {
  const url = await newPostgresDatabase()
  watcher = await openTestPostgres(url, { connections: 2 })
  first = pausing(await openTestPostgres(url))
  one = await openTestStore(first)
  two = await openTestStore(await openTestPostgres(url))
  await one.work.register({
    name: 'trays',
    version: '1',
    models: [{ filename: 'trays.xproto', contents: models }],
    steps: [{ step: 'tray', model: 'Tray', include: [] }],
    requiredModels: [],
    dependencies: [{ model: 'Tray', on: 'Tray', path: 'straps_below.below' }],
  })
})

afterEach(() => one.clear())
afterAll(() => Promise.all([one.core.close(), two.core.close(), watcher.close()]))

const create = async (
  under: TestStore,
  model: string,
  fields: Record<string, unknown>,
): Promise<number> => Number((await asAdministrator(under.store).create(model, fields))['id'])

const leased = async (under: TestStore): Promise<readonly number[]> =>
  (await under.lease(['Tray'])).map(({ key }) => key.id)

test.each(['insert into link', 'insert into edge', 'commit'])(
  'a record is not taken while it comes to wait for another one, before "%s"',
  async (place) => {
    const below = await create(one, 'Tray', { name: 'below' })
    const above = await create(one, 'Tray', { name: 'above' })
    const spare = await create(one, 'Tray', { name: 'spare' })
    const strap = { below_id: below, above_id: above }
    const pause = first.pauseBefore(place)
    const strapping = create(one, 'Strap', strap)
    await pause.reached
    // What is linked to stays as it is meanwhile, so it is not taken either.
    expect(await leased(two)).toEqual([spare])
    pause.letGo()
    await strapping

    expect(await leased(two)).toEqual([below])
  },
)

test.each(['for share of b skip locked', 'insert into wait', 'least(', 'commit'])(
  'a record waits for nobody any more that is led nowhere while it is parked, before "%s"',
  async (place) => {
    const below = await create(one, 'Tray', { name: 'below' })
    const [work] = await one.lease(['Tray'])
    expect(work?.key.id).toBe(below)
    const above = await create(one, 'Tray', { name: 'above' })
    const strap = await create(one, 'Strap', { below_id: below, above_id: above })

    const pause = first.pauseBefore(place)
    const parking = leased(one)
    await pause.reached
    const removing = asAdministrator(two.store).remove('Strap', strap)
    await endedOrBlocked(watcher, removing)
    pause.letGo()
    expect(await parking).toEqual([])
    await removing

    expect(await watcher.query(`select from wait`)).toEqual([])
    expect(await leased(two)).toEqual([above])
    expect(await one.work.report('tester', [reportOn(work!, { kind: 'synced' })])).toEqual([])
  },
)

import { afterEach, beforeAll, expect, test } from 'vitest'
import type { SaveOptions } from '#core'
import { refusalOf } from '../../support/refusal.ts'
import { administrator, openTestStore, reportOn, type TestStore } from '../../support/store.ts'

const models = `
option name = "trays";
option app_label = "trays";

message Tray (XOSBase) {
  required string name = 1 [max_length = 20, default = "tray"];
  optional manytoone on->Tray:above = 2:1001;
}
`

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(models, [{ step: 'tray', model: 'Tray', include: [] }], 'trays')
})

afterEach(() => under.clear())

const records = () => under.store.as(administrator)
const create = async (fields: object = {}) =>
  Number((await records().create('Tray', { ...fields })).fields['id'])
const get = async (id: number) => (await records().get('Tray', id)).fields
const remove = (id: number) => records().remove('Tray', id)

/** As a synchronizer of XOS saves, which names what it writes. */
const report = (id: number, fields: object, more: SaveOptions = {}) =>
  records().update(
    'Tray',
    id,
    { ...fields },
    { callerKind: 'synchronizer', isSyncSave: true, updateFields: Object.keys(fields), ...more },
  )
const enact = async (id: number) => {
  const { updated } = await get(id)
  await report(id, { enacted: updated, backend_status: 'OK', backend_code: 1 })
}

const lease = (limit?: number) => under.lease(['Tray'], limit)
/** Leases what is due, as `id operation`. */
const due = async () => (await lease()).map(({ key, operation }) => `${key.id} ${operation}`)

const failed = { kind: 'failed', text: 'Maybe not', retry: true } as const

const schedule = async (id: number) => {
  const [row] = await under.database.query<Record<string, unknown>>(
    `select next_run, parked, attempts, failures, lease_owner from record where root = 'Tray' and id = $1`,
    [id],
  )
  return row
}

test('what a client enacts is not leased, until it changes', async () => {
  const id = await create()
  await enact(id)
  expect(await due()).toEqual([])

  await records().update('Tray', id, { name: 'Other' })
  expect(await due()).toEqual([`${id} sync`])
})

test('what a client enacts wakes what waits for it', async () => {
  const below = await create()
  const above = await create({ on_id: below })
  expect(await due()).toEqual([`${below} sync`])
  expect(await get(above)).toMatchObject({
    backend_status: 'Waiting for Tray 1: Provisioning in progress',
  })

  await report(below, { backend_status: 'half way' })
  expect(await get(above)).toMatchObject({ backend_status: 'Waiting for Tray 1: half way' })
  await enact(below)
  expect(await due()).toEqual([`${above} sync`])
})

test.each([
  ['a client', {}],
  ['a client that wants it blocked', { no_sync: true }],
  ['a client that wants it lazy', { lazy_blocked: true }],
])('what stops being pending because of %s wakes what waits for it', async (_, fields) => {
  const below = await create()
  const above = await create({ on_id: below })
  await due()
  if (Object.keys(fields).length === 0) await enact(below)
  else await report(below, fields)
  expect(await due()).toEqual([`${above} sync`])
})

test('a status of a client leaves the attempts and the next run of a record as they are', async () => {
  const id = await create()
  const [work] = await lease()
  await under.work.report('tester', [reportOn(work!, failed, 60_000)])
  const before = await schedule(id)
  expect(before).toMatchObject({ attempts: 1, failures: 1 })

  await report(id, { backend_status: 'x', backend_code: 2, backend_register: '{"failures": 9}' })
  await report(id, { backend_status: 'y' }, { alwaysUpdateTimestamp: true })
  await report(id, { backend_need_delete: true })
  expect(await schedule(id)).toEqual(before)
  expect(await due()).toEqual([])

  await records().update('Tray', id, {})
  expect(await schedule(id)).toMatchObject({ attempts: 0, failures: 0 })
  expect(await due()).toEqual([`${id} sync`])
})

test.each<[string, object]>([
  ['enacted is cleared', { enacted: null }],
  ['an older version is enacted', { enacted: 5 }],
])(
  'a record that its step gave up and a client enacted is due at once when %s',
  async (_, fields) => {
    const id = await create()
    const [work] = await lease()
    await under.work.report('tester', [reportOn(work!, { ...failed, retry: false })])
    await enact(id)
    expect(await schedule(id)).toMatchObject({ next_run: null, attempts: 1, failures: 1 })

    await report(id, fields)
    expect(await schedule(id)).toMatchObject({ attempts: 0, failures: 0 })
    expect(await due()).toEqual([`${id} sync`])
  },
)

test('a record is due at once when nothing blocks it any more', async () => {
  const id = await create({ no_sync: true, lazy_blocked: true })
  await report(id, { no_sync: false })
  expect(await due()).toEqual([])
  await report(id, { lazy_blocked: false })
  expect(await due()).toEqual([`${id} sync`])
})

test('what a policy changes is due, and what it waited for is looked at anew', async () => {
  const below = await create()
  const above = await create({ on_id: below })
  expect(await due()).toEqual([`${below} sync`])

  await report(above, { on_id: 0 })
  expect(await due()).toEqual([`${above} sync`])

  const free = await create()
  await enact(free)
  await report(free, { name: 'By policy' }, { isSyncSave: false, isPolicySave: true })
  expect(await due()).toEqual([`${free} sync`])
})

test('a record goes when its client says that the delete step is done, and so does what it held', async () => {
  const below = await create({ backend_need_delete: true })
  const above = await create({ backend_need_delete: true, on_id: below })
  await remove(below)
  expect(await get(above)).toMatchObject({ deleted: true })

  await report(below, { backend_need_reap: true })
  expect(await get(below)).toMatchObject({ deleted: true, backend_need_reap: true })
  await report(above, { backend_need_reap: true })
  for (const id of [above, below]) {
    expect(await refusalOf(get(id))).toMatchObject({ code: 'NOT_FOUND' })
  }
})

test('the answer to the save that lets a record go is the record', async () => {
  const id = await create({ backend_need_delete: true })
  await remove(id)
  const { fields } = await report(id, { backend_need_reap: true })
  expect(fields).toMatchObject({ id, name: 'tray', deleted: true, backend_need_reap: true })
})

test('a record goes while somebody else runs its delete step, whose report comes too late', async () => {
  const id = await create({ backend_need_delete: true })
  await remove(id)
  const [work] = await lease()
  await report(id, { backend_need_reap: true })
  expect(await refusalOf(get(id))).toMatchObject({ code: 'NOT_FOUND' })
  expect(await under.work.report('tester', [reportOn(work!, { kind: 'synced' })])).toEqual([
    { key: { model: 'Tray', id }, token: work!.token },
  ])
})

test('a record that a policy is still to see stays until the policy says so', async () => {
  const id = await create({ backend_need_delete_policy: true })
  await remove(id)
  expect(await get(id)).toMatchObject({ deleted: true })
  expect(await due()).toEqual([])
  await report(id, { backend_need_delete_policy: false })
  expect(await refusalOf(get(id))).toMatchObject({ code: 'NOT_FOUND' })
})

test('a record that a client wants a delete step for gets one', async () => {
  const id = await create({ backend_need_delete_policy: true })
  await remove(id)
  await report(id, { backend_need_delete: true })
  expect(await due()).toEqual([`${id} delete`])
})

test('a whole record that is put back late does not cost the delete step', async () => {
  const id = await create()
  const old = await get(id)
  await due()
  await records().update('Tray', id, { ...old, name: 'Put back' })
  await remove(id)
  await under.work.leave('tester')
  expect(await due()).toEqual([`${id} delete`])
})

test('a synchronizer that stops the sync of a record can take its delete step back by the same save', async () => {
  const id = await create()
  await due()
  await under.work.leave('tester')
  const whole = await get(id)
  const gone = { ...whole, backend_need_delete: false, no_sync: true }
  await records().update('Tray', id, gone, { callerKind: 'synchronizer' })
  expect(await get(id)).toMatchObject({ backend_need_delete: false })
  await remove(id)
  expect(await due()).toEqual([])
  await expect(get(id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a name is free for others as soon as its record is being deleted, and stays so', async () => {
  await under.load(
    `option name = "cups"; option app_label = "cups";
     message Cup (XOSBase) { required string name = 1 [max_length = 20, unique = True]; }`,
    [],
    'cups',
  )
  await records().create('Cup', { name: 'one', backend_need_delete: true })
  await records().remove('Cup', 1)
  await records().create('Cup', { name: 'one' })
  // The old one may take a name back that it has no more.
  await records().update('Cup', 1, { name: 'one' })
  expect(await refusalOf(records().create('Cup', { name: 'one' }))).toMatchObject({
    code: 'DUPLICATE_KEY',
  })
})

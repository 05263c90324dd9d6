import { afterEach, beforeAll, expect, test } from 'vitest'
import type { Caller, SaveOptions } from '#core'
import { plainTextOf } from '../../../core/errors.ts'
import { refusalOf } from '../../support/refusal.ts'
import { administrator, openTestStore, type TestStore } from '../../support/store.ts'

const models = `
option name = "kitchen";
option app_label = "kitchen";

message Dish (XOSBase) {
  required string name = 1 [max_length = 20];
  optional string colour = 2 [choices = "(('red', 'Red'), ('green', 'Green'))"];
  optional string taste = 3 [feedback_state = True];
  optional string served = 4 [content_type = "date"];
  optional int32 weight = 5 [min_value = 0, max_value = 10];
  optional string address = 6 [content_type = "ip"];
  optional string recipe = 7 [content_type = "url"];
  optional manytoone menu->Menu:dishes = 8:1001;
  optional manytomany beside->Dish:neighbours = 9:1002;
}
message Menu (XOSBase) {
  required string name = 1 [max_length = 20, unique = True];
}
`

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(models, [], 'kitchen')
})

afterEach(() => under.clear())

const as = (caller: Caller = administrator) => under.store.as(caller)
const create = async (fields: object = {}, model = 'Dish') =>
  (await as().create(model, { name: 'Soup', ...fields })).fields
const save = async (fields: object, options?: SaveOptions, id = 1) =>
  (await as().update('Dish', id, { ...fields }, options)).fields

/** As the synchronizer framework of XOS saves: from a sync step, from a model policy, and from anywhere else. */
const synchronizer = { callerKind: 'synchronizer' } as const
const step = { ...synchronizer, isSyncSave: true } as const
const policy = { ...synchronizer, isPolicySave: true } as const
const touch = { alwaysUpdateTimestamp: true } as const

const stamps = ['updated', 'changed_by_step', 'changed_by_policy', 'enacted', 'policed'] as const
type Stamps = Readonly<Partial<Record<(typeof stamps)[number], number>>>

/** What the original's filters ask (reference core-api.md 1.7). */
const isDirty = (record: Stamps): boolean =>
  record.enacted === undefined ||
  record.enacted < Math.max(record.updated ?? 0, record.changed_by_policy ?? 0)
const isUnpoliced = (record: Stamps): boolean =>
  record.policed === undefined ||
  record.policed < Math.max(record.updated ?? 0, record.changed_by_step ?? 0)

/** A record that its synchronizer has synced and policed, as the original does it: one save for each stage. */
const synced = async (): Promise<Stamps> => {
  await create()
  await save({ backend_need_delete: true }, { ...step, updateFields: ['backend_need_delete'] })
  const { updated } = await save({}, step)
  const done = { enacted: updated, backend_status: 'OK', backend_register: '{}', backend_code: 1 }
  await save(done, { ...step, updateFields: Object.keys(done) })
  const policed = { policed: updated, policy_status: 'done', policy_code: 1 }
  return save(policed, { ...policy, updateFields: Object.keys(policed) })
}

test('a new record is dirty for steps and for policies, whatever else is given', async () => {
  const feedback = { backend_status: 'found', backend_code: 1, backend_handle: 'h', taste: 'sweet' }
  const record = await create({ ...feedback, backend_need_delete: true, no_policy: true, id: 7 })

  expect(record).toMatchObject({ ...feedback, id: 1, backend_need_delete: true, no_policy: true })
  expect(isDirty(record)).toBe(true)
  expect(isUnpoliced(record)).toBe(true)
})

test('bookkeeping saves of a synchronizer never make a record dirty', async () => {
  const record = await synced()
  expect(record).toMatchObject({ backend_status: 'OK', backend_code: 1, policy_code: 1 })
  expect(record).not.toHaveProperty('changed_by_step')
  expect(isDirty(record)).toBe(false)
  expect(isUnpoliced(record)).toBe(false)
})

test.each<[string, object, SaveOptions, string[]]>([
  ['anybody, without metadata', { name: 'Stew' }, {}, ['updated']],
  ['anybody, with what is there already', { name: 'Soup' }, {}, ['updated']],
  ['anybody, with nothing', {}, {}, ['updated']],
  ['a client of the API', { name: 'Stew' }, { callerKind: 'grpcapi' }, ['updated']],
  ['anybody who names fields', { name: 'Stew' }, { updateFields: ['name'] }, []],
  [
    'anybody who names fields and updated',
    { name: 'Stew' },
    { updateFields: ['name', 'updated'] },
    ['updated'],
  ],
  ['anybody who names no field', { name: 'Stew' }, { updateFields: [] }, []],
  ['a synchronizer', { name: 'Stew' }, synchronizer, []],
  ['a synchronizer that gives updated', { name: 'Stew', updated: 5 }, synchronizer, []],
  ['a synchronizer that touches', {}, { ...synchronizer, ...touch }, ['updated']],
  [
    'a synchronizer that touches and does not name updated',
    { backend_status: 'x' },
    { ...step, ...touch, updateFields: ['backend_status'] },
    [],
  ],
  ['a step that changes a field', { name: 'Stew' }, step, ['changed_by_step']],
  ['a step that feeds back', { taste: 'sour' }, step, ['changed_by_step']],
  [
    'a step that names the field',
    { taste: 'sour' },
    { ...step, updateFields: ['taste'] },
    ['changed_by_step'],
  ],
  [
    'a step that names another field than the one that differs',
    { name: 'Stew', backend_code: 2 },
    { ...step, updateFields: ['backend_code'] },
    [],
  ],
  ['a step that changes nothing', { name: 'Soup' }, step, []],
  ['a step that writes a status', { backend_status: 'x', backend_code: 2 }, step, []],
  ['a step that names the thing in its backend', { backend_handle: 'h' }, step, []],
  ['a step that blocks the record', { no_sync: true }, step, ['changed_by_step']],
  ['a policy that changes a field', { name: 'Stew' }, policy, ['changed_by_policy']],
  ['a policy that writes its status', { policy_status: 'x', policy_code: 2 }, policy, []],
  [
    'a policy that changes a field and touches',
    { name: 'Stew' },
    { ...policy, ...touch },
    ['updated', 'changed_by_policy'],
  ],
  ['a synchronizer that changes a set', { beside_ids: [1] }, synchronizer, ['updated']],
  ['a synchronizer that puts back a set', { beside_ids: [] }, synchronizer, []],
  ['anybody who names a set', { beside_ids: [1] }, { updateFields: ['beside_ids'] }, ['updated']],
])('stamps moved by %s: %j %j', async (_, fields, options, moved) => {
  const before = await synced()
  // The clock stands still: a version is newer than all before it all the same.
  const after: Stamps = await save(fields, options)

  expect(stamps.filter((name) => after[name] !== before[name])).toEqual(moved)
  expect(isDirty(after)).toBe(moved.includes('updated') || moved.includes('changed_by_policy'))
  expect(isUnpoliced(after)).toBe(moved.includes('updated') || moved.includes('changed_by_step'))
})

test('a save that moves no stamp and changes nothing leaves the revision as well', async () => {
  await create()
  const { revision } = await as().get('Dish', 1)
  const saves: [object, SaveOptions][] = [
    [{ name: 'Stew' }, { updateFields: [] }],
    [{ name: 'Soup' }, synchronizer],
    [{}, { updateFields: ['beside_ids'] }],
  ]
  for (const [fields, options] of saves) {
    expect(await as().update('Dish', 1, { ...fields }, options)).toMatchObject({ revision })
  }
})

test('of a whole record only the fields that are named are written, by either name of a link', async () => {
  await create({ name: 'Lunch' }, 'Menu')
  await create()
  const whole = { name: 'Stew', colour: 'red', menu_id: 1, beside_ids: [1] }

  expect(await save(whole, { updateFields: ['menu'] })).toMatchObject({
    name: 'Soup',
    menu_id: 1,
    beside_ids: [],
  })
  expect(await save({ ...whole, menu_id: 0 }, { updateFields: ['menu_id', 'colour'] })).toEqual(
    expect.not.objectContaining({ menu_id: 1 }),
  )
  expect(await save(whole, { updateFields: ['beside_ids'] })).toMatchObject({ beside_ids: [1] })
  expect(await save({}, { updateFields: ['beside_ids'] })).toMatchObject({ beside_ids: [] })
})

test.each(['nmae', ' name', '', 'id', 'neighbours_ids', '__proto__'])(
  'update_fields with "%s", which is no field, is refused',
  async (name) => {
    await create()
    const error = await refusalOf(save({ name: 'Stew' }, { updateFields: ['name', name] }))
    expect(error.code).toBe('INVALID_FIELD')
    expect(plainTextOf(error)).toBe(
      `The following fields of update_fields do not exist in Dish: "${name}"`,
    )
    expect(await save({}, { updateFields: [] })).toMatchObject({ name: 'Soup' })
  },
)

test.each([
  ['the status', { backend_status: 'x' }, 'backend_status'],
  [
    'two fields of two models',
    { taste: 'sour', backend_code: 2, name: 'Stew' },
    'backend_code, taste',
  ],
])('who is no synchronizer may not change %s', async (_, fields, names) => {
  await create({ taste: 'sweet' })
  for (const options of [{}, { callerKind: 'grpcapi' }, { isSyncSave: true }]) {
    expect(await refusalOf(save(fields, options))).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: `Only a step may change feedback fields: ${names} of Dish 1`,
    })
  }
})

test('feedback that is put back unchanged, or not named, is no change', async () => {
  await create({ taste: 'sweet' })
  const same = { taste: 'sweet', backend_status: 'Provisioning in progress', backend_code: 0 }
  expect(await save({ ...same, name: 'Stew' })).toMatchObject({ name: 'Stew', ...same })
  expect(await save({ taste: 'sour', name: 'Pie' }, { updateFields: ['name'] })).toMatchObject({
    name: 'Pie',
    taste: 'sweet',
  })
})

test('a whole record that is put back late takes nothing back that synchronizers have reached', async () => {
  const old = await create()
  await reach(old)
  const late = { ...old, enacted: 5, policed: 5, name: 'Stew' }
  const reached = { enacted: old['updated'], policed: old['updated'], backend_need_delete: true }
  expect(await save(late, synchronizer)).toMatchObject({ ...reached, name: 'Stew' })

  // Who names the fields means it.
  const named = Object.keys(reached)
  expect(await save(late, { ...synchronizer, updateFields: named })).toMatchObject({
    enacted: 5,
    policed: 5,
    backend_need_delete: false,
  })
})

const reach = ({ updated }: Stamps) =>
  save({ enacted: updated, policed: updated, backend_need_delete: true }, synchronizer)

test('no synchronizer has reached a version that is still to come', async () => {
  const { updated } = await create({ enacted: 4e9, policed: 4e9 })
  expect(await save({}, synchronizer)).toMatchObject({ enacted: updated, policed: updated })

  const user: Stamps = await save({ enacted: 4e9 })
  expect(user.enacted).toBe(updated)
  expect(isDirty(user)).toBe(true)
})

test('times keep their microseconds on the way out and in', async () => {
  await under.clock.advance(1)
  const { updated } = await create({ served: 1_600_000_000.123457 })
  const read = await save({ enacted: updated }, synchronizer)
  expect(read).toMatchObject({ enacted: updated, served: 1_600_000_000.123457 })
  expect(isDirty(read)).toBe(false)
})

test.each<[string, object, Record<string, string>, string]>([
  [
    'a blank',
    { name: '' },
    { name: 'This field cannot be blank.' },
    "{'name': ['This field cannot be blank.']}",
  ],
  [
    'two mistakes',
    { name: null, colour: 'blue' },
    { name: 'This field cannot be null.', colour: 'expected one of red, green, got "blue"' },
    `{'name': ['This field cannot be null.'], 'colour': ['expected one of red, green, got "blue"']}`,
  ],
  [
    'a number out of range',
    { weight: 11 },
    { weight: 'expected a whole number from 0 to 10, got 11' },
    "{'weight': ['expected a whole number from 0 to 10, got 11']}",
  ],
  [
    'a year that no calendar has',
    { served: 1e15 },
    { served: 'expected seconds since 1970 as a number, got 1000000000000000' },
    "{'served': ['expected seconds since 1970 as a number, got 1000000000000000']}",
  ],
  [
    'no address',
    { address: '10.0.0' },
    { address: 'expected an IP address, got "10.0.0"' },
    `{'address': ['expected an IP address, got "10.0.0"']}`,
  ],
  [
    'no URL',
    { recipe: 'javascript:alert(1)' },
    { recipe: 'expected a URL, got "javascript:alert(1)"' },
    `{'recipe': ['expected a URL, got "javascript:alert(1)"']}`,
  ],
  [
    'a link to nothing',
    { menu_id: 9 },
    { menu_id: 'there is no Menu with id 9' },
    "{'menu_id': ['there is no Menu with id 9']}",
  ],
])(
  '%s is refused with a text for each field, on gRPC as Django words it',
  async (_, fields, texts, plain) => {
    await create({ name: 'Lunch' }, 'Menu')
    await create()
    for (const work of [create, save, (values: object) => save(values, synchronizer)]) {
      const error = await refusalOf(work(fields))
      expect(error).toMatchObject({ code: 'INVALID_FIELD', fields: texts })
      expect(plainTextOf(error)).toBe(plain)
    }
  },
)

test('a name that is taken is told like a broken rule of the field on gRPC', async () => {
  await create({ name: 'Lunch' }, 'Menu')
  const error = await refusalOf(create({ name: 'Lunch' }, 'Menu'))
  expect(error.code).toBe('DUPLICATE_KEY')
  expect(plainTextOf(error)).toBe("{'name': ['taken by another record']}")
})

test('a link may not lead to a record that is being deleted, unless its own record is', async () => {
  await create({ name: 'Lunch', backend_need_delete: true }, 'Menu')
  await create({ backend_need_delete: true, menu_id: 1 })
  await create({ name: 'Stew' })
  await as().remove('Menu', 1)

  expect(await refusalOf(save({ menu_id: 1 }, {}, 2))).toMatchObject({ code: 'INVALID_FIELD' })
  expect(await save({ menu_id: 0 })).not.toHaveProperty('menu_id')
  expect(await save({ menu_id: 1 })).toMatchObject({ menu_id: 1, deleted: true })
})

test('who saves what somebody else has written since is told so', async () => {
  await create()
  const { revision } = await as().get('Dish', 1)
  const saved = await as().update('Dish', 1, { name: 'Stew' }, { ifRevision: revision })
  expect(saved.revision).toBeGreaterThan(revision)
  expect(
    await refusalOf(as().update('Dish', 1, { name: 'Pie' }, { ifRevision: revision })),
  ).toMatchObject({
    code: 'CONFLICT',
    message: `Dish 1 was written by somebody else: expected revision ${revision}, it is ${saved.revision} now; read it again`,
  })
})

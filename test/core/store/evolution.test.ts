import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Fields } from '#contract'
import { openCore } from '#core'
import {
  administrator,
  asAdministrator,
  coreModels,
  openTestStore,
  type TestStore,
} from '../../support/store.ts'

let under: TestStore
let things: ReturnType<typeof asAdministrator>

beforeAll(async () => {
  under = await openTestStore()
  things = asAdministrator(under.store)
})

afterAll(() => under.core.close())

afterEach(async () => {
  await under.store.services.unload(
    { name: 'things', version: '1', cleanup: 'PURGE' },
    administrator,
  )
  await under.clear()
})

/** Models `Thing` with these lines, and `Place`, to which things may link. */
const modelsWith = (lines: string, more = ''): string => `
option name = "things";
option app_label = "things";

message Place (XOSBase) {
  required string name = 1 [max_length = 40];
}
message Hall (Place) {
}
message Spot (XOSBase) {
  required string name = 1 [max_length = 40];
}
message Thing (XOSBase) {
  ${lines}
}
${more}
`

const loadThings = (lines: string, more?: string): Promise<void> =>
  under.load(modelsWith(lines, more), [], 'things')

const name = 'required string name = 1 [max_length = 20];'

type Kept = readonly [
  what: string,
  before: string,
  record: Fields,
  after: string,
  // What the record answers afterwards; null: the field is not there.
  answer: Readonly<Record<string, unknown>>,
]

test.each<Kept>([
  [
    'a new field answers its default',
    name,
    { name: 'cup' },
    `${name} required int32 size = 2 [default = 7];`,
    { name: 'cup', size: 7 },
  ],
  [
    'a new field that may be empty answers its default as well',
    name,
    { name: 'cup' },
    `${name} optional string colour = 2 [default = "blue", max_length = 9];`,
    { colour: 'blue' },
  ],
  [
    'a new flag answers false',
    name,
    { name: 'cup' },
    `${name} optional bool hot = 2;`,
    { hot: false },
  ],
  [
    'a new field without a default is empty',
    name,
    { name: 'cup' },
    `${name} optional int32 size = 2;`,
    { size: null },
  ],
  [
    'a new date answers the time of the change',
    name,
    { name: 'cup' },
    `${name} required string bought = 2 [content_type = "date", default = "now()"];`,
    { bought: Date.UTC(2026, 0, 1) / 1000 },
  ],
  [
    'a text may become longer',
    name,
    { name: 'cup' },
    'required string name = 1 [max_length = 200];',
    { name: 'cup' },
  ],
  [
    'a text may become shorter where all texts are short',
    name,
    { name: 'cup' },
    'required string name = 1 [max_length = 3];',
    { name: 'cup' },
  ],
  [
    'a field that is required from now on answers its default where it was empty',
    `${name} optional int32 size = 2;`,
    { name: 'cup' },
    `${name} required int32 size = 2 [default = 3];`,
    { size: 3 },
  ],
  [
    'a field that is required from now on keeps what it has',
    `${name} optional int32 size = 2;`,
    { name: 'cup', size: 5 },
    `${name} required int32 size = 2 [default = 3];`,
    { size: 5 },
  ],
  [
    'an empty field stays empty where its default changes',
    `${name} optional int32 size = 2;`,
    { name: 'cup' },
    `${name} optional int32 size = 2 [default = 3];`,
    { size: null },
  ],
  [
    'a whole number may become a broken one',
    `${name} optional int32 size = 2;`,
    { name: 'cup', size: 5 },
    `${name} optional float size = 2;`,
    { size: 5 },
  ],
  [
    'a field that is gone does not answer',
    `${name} optional int32 size = 2;`,
    { name: 'cup', size: 5 },
    name,
    { name: 'cup', size: null },
  ],
  [
    'a new link is empty',
    name,
    { name: 'cup' },
    `${name} optional manytoone place->Place:things = 2:1001;`,
    { place_id: null },
  ],
])('%s', async (_, before, record, after, answer) => {
  await loadThings(before)
  await things.create('Thing', record)
  await loadThings(after)
  const thing = await things.get('Thing', 1)
  const asked = Object.keys(answer).map((field) => [field, thing[field] ?? null])
  expect(Object.fromEntries(asked)).toEqual(answer)
})

type Refused = readonly [
  what: string,
  before: string,
  records: readonly Fields[],
  after: string,
  sentence: string,
]

test.each<Refused>([
  [
    'a new required field without a default',
    name,
    [{ name: 'cup' }, { name: 'jug' }],
    `${name} required int32 size = 2;`,
    'Thing.size cannot take the values of 2 records of Thing: 1 (it has none), 2 (it has none). Give the field a default, or make it required when every record has a value.',
  ],
  [
    'a text that becomes shorter than those there are',
    name,
    [{ name: 'cup' }, { name: 'teapot' }],
    'required string name = 1 [max_length = 3];',
    'Thing.name cannot take the values of 1 record of Thing: 2 (expected at most 3 characters, got 6). Change those values or delete the records first.',
  ],
  [
    'another type',
    `${name} optional string size = 2 [max_length = 9];`,
    [{ name: 'cup', size: 'large' }],
    `${name} optional int32 size = 2;`,
    'Thing.size cannot take the values of 1 record of Thing: 1 (expected a whole number',
  ],
  [
    'a choice less',
    `${name} optional string size = 2 [max_length = 9, choices = "(('s', 'Small'), ('l', 'Large'))"];`,
    [{ name: 'cup', size: 'l' }],
    `${name} optional string size = 2 [max_length = 9, choices = "(('s', 'Small'), ('m', 'Medium'))"];`,
    '1 (expected one of s, m, got "l")',
  ],
  [
    'a bound that values exceed',
    `${name} optional int32 size = 2;`,
    [{ name: 'cup', size: 11 }],
    `${name} optional int32 size = 2 [max_value = 10];`,
    'Thing.size cannot take the values of 1 record of Thing: 1 (expected a whole number from',
  ],
  [
    'a new unique field',
    name,
    [{ name: 'cup' }, { name: 'jug' }, { name: 'cup' }],
    'required string name = 1 [max_length = 20, unique = True];',
    'Records of Thing have the same name, which has to be unique: 1, 3. Change or delete all but one of each.',
  ],
  [
    'a new group of unique fields',
    `${name} required int32 size = 2;`,
    [
      { name: 'cup', size: 1 },
      { name: 'cup', size: 2 },
      { name: 'cup', size: 2 },
    ],
    `${name} required int32 size = 2 [unique_with = "name"];`,
    'Records of Thing have the same name, size, which has to be unique: 2, 3.',
  ],
  [
    'a default that several records would share in a unique field',
    `${name} optional int32 size = 2 [unique = True];`,
    [{ name: 'cup' }, { name: 'jug' }],
    `${name} required int32 size = 2 [unique = True, default = 1];`,
    'Records of Thing have the same size, which has to be unique: 1, 2.',
  ],
  [
    'a field that becomes a link',
    `${name} optional string place = 2 [max_length = 9];`,
    [{ name: 'cup', place: 'hall' }],
    `${name} optional manytoone place->Place:things = 2:1001;`,
    'Thing.place was place on the wire and is place_id now. Records that hold a value: 1. Clear the values',
  ],
  [
    'a link to another model',
    `${name} optional manytoone place->Place:things = 2:1001;`,
    [{ name: 'cup', place_id: 1 }],
    `${name} optional manytoone place->Spot:things = 2:1001;`,
    'Thing.place_id links to Spot now. Records that link to something else: 1. Change those links',
  ],
  [
    'a link to fewer models',
    `${name} optional manytoone place->Place:things = 2:1001;`,
    [{ name: 'cup', place_id: 1 }],
    `${name} optional manytoone place->Hall:things = 2:1001;`,
    'Thing.place_id links to Hall now. Records that link to something else: 1.',
  ],
])(
  '%s is refused with the records that stand in the way',
  async (_, before, records, after, sentence) => {
    await loadThings(before)
    await things.create('Place', { name: 'hall' })
    for (const record of records) await things.create('Thing', record)
    const schema = under.store.schema()
    await expect(loadThings(after)).rejects.toMatchObject({
      code: 'VALIDATION',
      message: expect.stringContaining(sentence) as string,
    })
    expect(under.store.schema()).toBe(schema)
    expect(await things.list('Thing')).toMatchObject(records)
  },
)

test('no more than ten records are named', async () => {
  await loadThings(name)
  for (let n = 1; n <= 12; n += 1) await things.create('Thing', { name: `thing ${n}` })
  await expect(loadThings(`${name} required int32 size = 2;`)).rejects.toThrow(
    '10 (it has none) and 2 more. Give',
  )
})

test('records that are being deleted stand in the way like all others', async () => {
  await loadThings(name)
  await under.load(modelsWith(name), [{ step: 'thing', model: 'Thing', include: [] }], 'things')
  await things.create('Thing', { name: 'teapot' })
  await under.lease(['Thing'])
  await things.remove('Thing', 1)
  await expect(loadThings('required string name = 1 [max_length = 3];')).rejects.toThrow(
    'Thing.name cannot take the values of 1 record',
  )
})

test('values of a field that is gone come back with it, and outlive writes meanwhile', async () => {
  const sized = `${name} optional int32 size = 2;`
  await loadThings(sized)
  await things.create('Thing', { name: 'cup', size: 5 })
  await loadThings(name)
  await things.update('Thing', 1, { name: 'mug' })
  await loadThings(sized)
  expect(await things.get('Thing', 1)).toMatchObject({ name: 'mug', size: 5 })
})

test('links that are gone hold nobody, and come back to what is still there', async () => {
  const linked = `${name} optional manytoone place->Place:things = 2:1001; optional manytomany more->Place:many_things = 3:1002;`
  await loadThings(linked)
  for (const place of ['hall', 'attic', 'cellar']) await things.create('Place', { name: place })
  await things.create('Thing', { name: 'cup', place_id: 1, more_ids: [1, 2] })
  await things.create('Thing', { name: 'jug', place_id: 3, more_ids: [1, 3] })
  await loadThings(name)
  await things.remove('Place', 1)
  expect((await things.list('Thing')).map((thing) => thing['name'])).toEqual(['cup', 'jug'])
  await loadThings(linked)
  const [cup, jug] = await things.list('Thing')
  expect([cup?.['place_id'] ?? null, cup?.['more_ids']]).toEqual([null, [2]])
  expect([jug?.['place_id'], jug?.['more_ids']]).toEqual([3, [3]])
  await things.remove('Place', 3)
  expect((await things.list('Thing')).map((thing) => thing['name'])).toEqual(['cup'])
})

test('a new unique rule holds for records that were there before', async () => {
  await loadThings(`${name} required int32 size = 2 [default = 1];`)
  await things.create('Thing', { name: 'cup' })
  await loadThings(`${name} required int32 size = 2 [default = 1, unique = True];`)
  await expect(things.create('Thing', { name: 'jug' })).rejects.toMatchObject({
    code: expect.stringMatching(/DUPLICATE_KEY|INVALID_FIELD/) as string,
  })
})

test('a model that derives from something else now is refused while it has records', async () => {
  await loadThings(name, 'message Tool (Thing) { }')
  await things.create('Tool', { name: 'saw' })
  await expect(loadThings(name, 'message Tool (XOSBase) { }')).rejects.toThrow(
    'Tool (1), of which there are records, does not derive from Thing any more. Delete those records first.',
  )
  await things.remove('Tool', 1)
  await loadThings(name, 'message Tool (XOSBase) { }')
})

test('a record whose fields were filled has another revision, and is not pending for that', async () => {
  await loadThings(name)
  const before = await under.store.as(administrator).create('Thing', { name: 'cup' })
  await loadThings(`${name} required int32 size = 2 [default = 7];`)
  const after = await under.store.as(administrator).get('Thing', 1)
  expect(after.revision).toBeGreaterThan(before.revision)
  expect(after.fields['updated']).toBe(before.fields['updated'])
})

test('records of core models are brought to those of a newer core', async () => {
  const old = await openTestStore()
  onTestFinished(() => old.core.close())
  const open = (options: string) => {
    const field = `$& required int32 rank = 60 [${options}];`
    const newer = coreModels.map(({ file, text }) => ({
      file,
      text: text.replace(/message Site\b[^{]*{/, field),
    }))
    const admin = { email: administrator.email, password: 'letmein' }
    const { database, clock } = old
    return openCore({ database, coreModels: newer, clock, admin })
  }
  await expect(open('min_value = 0')).rejects.toThrow(
    'Site.rank cannot take the values of 1 record',
  )
  const newer = await open('default = 4')
  expect(await asAdministrator(newer.store).get('Site', 1)).toMatchObject({ rank: 4 })
})

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Fields } from '#contract'
import { CoreError, type Caller, type Query } from '#core'
import {
  administrator,
  asAdministrator,
  openTestStore,
  type TestStore,
} from '../../support/store.ts'

let under: TestStore

const models = `
option app_label = "zoo";

policy zoo_policy < ctx.user.is_admin | (ctx.write_access -> obj.boss = ctx.user) >
policy animal_policy < ctx.user.is_admin | obj.keeper = ctx.user | *zoo_policy(zoo) >
policy bird_policy < ctx.user.is_admin | not obj.caged >
policy named_policy < ctx.user.is_admin | {{ obj.name.startswith(ctx.user.firstname) }} >
policy strict_policy < obj.name = "open" >

message Zoo::zoo_policy (XOSBase) {
  required string name = 1 [max_length = 100, tosca_key = True];
  optional manytoone boss->User:zoos = 2:1001;
}
message Animal::animal_policy (XOSBase) {
  required string name = 1 [max_length = 100];
  required manytoone zoo->Zoo:animals = 2:1001;
  optional manytoone keeper->User:charges = 3:1002;
  optional string sound = 4 [max_length = 100, feedback_state = True];
}
message Bird::bird_policy (Animal) { optional bool caged = 1 [default = False]; }
message Named::named_policy (XOSBase) {
  required string name = 1 [max_length = 100];
  optional manytoone partner->Named:partners = 2:1001;
}
message Strict::strict_policy (XOSBase) { required string name = 1 [max_length = 100]; }
message Plain (XOSBase) {
  required string name = 1 [max_length = 100];
  optional manytoone named->Named:plains = 2:1002;
  optional manytoone animal->Animal:plains = 3:1001;
}
`

type Person = 'boss' | 'keeper' | 'stranger'
const people: readonly Person[] = ['boss', 'keeper', 'stranger']
const callers = new Map<Person, Caller>()

const as = (person: Person) => under.store.as(callers.get(person)!)

beforeAll(async () => {
  under = await openTestStore()
  const steps = [
    { step: 'animal', model: 'Animal', include: ['zoo.boss', 'plains'] },
    { step: 'plain', model: 'Plain', include: [] },
  ]
  await under.load(models, steps, 'zoo')
  for (const person of people) {
    const email = `${person}@zoo.org`
    const values = { email, firstname: person, lastname: 'x', site_id: 1 }
    const { id } = await asAdministrator(under.store).create('User', values)
    callers.set(person, { userId: Number(id), email, isAdmin: false })
  }
})

afterAll(() => under.core.close())

beforeEach(async () => {
  await under.clear()
  const { create } = asAdministrator(under.store)
  const [boss, keeper] = [callers.get('boss')!.userId, callers.get('keeper')!.userId]
  await create('Zoo', { name: 'Artis', boss_id: boss })
  await create('Animal', { name: 'Leo', zoo_id: 1, keeper_id: keeper })
  await create('Animal', { name: 'Rex', zoo_id: 1 })
  await create('Bird', { name: 'Kes', zoo_id: 1, caged: true })
  await create('Bird', { name: 'Coo', zoo_id: 1 })
})

const errorOf = async (work: Promise<unknown>): Promise<string> => {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (thrown === undefined) return 'done'
  if (!(thrown instanceof CoreError)) throw thrown as Error
  return `${thrown.code} ${thrown.message}`
}

const namesOf = (records: readonly Fields[]): unknown[] => records.map(({ name }) => name)
const all: Query = { kind: 'DEFAULT', elements: [] }
const equal = (name: string, value: string | number): Query => ({
  kind: 'DEFAULT',
  elements: [{ name, value, operator: 'EQUAL', invert: false }],
})
const without = (name: string, value: string): Query => ({
  kind: 'DEFAULT',
  elements: [{ name, value, operator: 'EQUAL', invert: true }],
})

test('what may not be read is left out of lists, searches and pages, and refused when asked for', async () => {
  // Everybody reads the zoo, and so its animals; a caged bird is for administrators.
  expect(namesOf(await as('stranger').list('Animal'))).toEqual(['Leo', 'Rex', 'Coo'])
  expect(namesOf(await as('stranger').list('Bird'))).toEqual(['Coo'])
  expect(namesOf(await as('stranger').find('Bird', { zoo_id: 1 }))).toEqual(['Coo'])
  const { records, next } = await as('stranger').page('Animal', all, 2, undefined)
  expect(namesOf(records)).toEqual(['Leo', 'Rex'])
  expect(namesOf((await as('stranger').page('Animal', all, 2, next)).records)).toEqual(['Coo'])
  expect(await errorOf(as('stranger').get('Bird', 3))).toBe(
    'PERMISSION_DENIED User stranger@zoo.org may not read Bird object 3 because of policy bird_policy',
  )
  expect(namesOf(await asAdministrator(under.store).list('Animal'))).toEqual([
    'Leo',
    'Rex',
    'Kes',
    'Coo',
  ])
})

test("reading as a parent is no way round the leaf's policy", async () => {
  expect(await errorOf(as('boss').get('Animal', 3))).toBe(
    'PERMISSION_DENIED User boss@zoo.org may not read Bird object 3 because of policy bird_policy',
  )
  expect((await as('boss').get('Animal', 4)).fields).toMatchObject({ name: 'Coo' })
})

test('who may not read a record does not find others by what it holds', async () => {
  const { create } = asAdministrator(under.store)
  await create('Plain', { name: 'of Kes', animal_id: 3 })
  await create('Plain', { name: 'of Coo', animal_id: 4 })
  const searched = async (query: Query): Promise<unknown[]> => {
    const names: unknown[] = []
    for await (const batch of as('stranger').query('Plain', query)) names.push(...namesOf(batch))
    return names
  }
  expect(await searched(equal('animal__name', 'Kes'))).toEqual([])
  expect(await searched(equal('animal__name', 'Coo'))).toEqual(['of Coo'])
  expect(await searched(without('animal__name', 'Coo'))).toEqual(['of Kes'])
  // As with every record whose zoo is not Artis, or that has none to be seen.
  expect(await searched(without('animal__zoo__name', 'Artis'))).toEqual(['of Kes'])
})

test.each<[Person, string, string]>([
  ['boss', 'boss', 'done'],
  ['keeper', 'keeper', 'done'],
  [
    'stranger',
    'stranger',
    'PERMISSION_DENIED User stranger@zoo.org may not write Animal new object because of policy animal_policy',
  ],
  // as somebody else's
  [
    'stranger',
    'keeper',
    'PERMISSION_DENIED User stranger@zoo.org may not write Animal new object because of policy animal_policy',
  ],
])('%s creates an animal kept by %s: %s', async (person, keeper, answer) => {
  const keeperId =
    person === keeper && person === 'stranger' ? null : callers.get(keeper as Person)!.userId
  const created = as(person).create('Animal', { name: 'new', zoo_id: 1, keeper_id: keeperId })
  expect(await errorOf(created)).toBe(answer)
  expect(await asAdministrator(under.store).list('Animal')).toHaveLength(answer === 'done' ? 5 : 4)
})

test('a record is written by those who may write it as it is and as it will be', async () => {
  const keeper = callers.get('keeper')!.userId
  expect(await errorOf(as('keeper').update('Animal', 1, { name: 'Leon' }))).toBe('done')
  expect(await errorOf(as('keeper').update('Animal', 2, { keeper_id: keeper }))).toBe(
    'PERMISSION_DENIED User keeper@zoo.org may not write Animal object 2 because of policy animal_policy',
  )
  expect(await errorOf(as('keeper').update('Animal', 1, { keeper_id: null }))).toBe(
    'PERMISSION_DENIED User keeper@zoo.org may not write Animal object 1 because of policy animal_policy',
  )
  expect(await errorOf(as('stranger').remove('Animal', 1))).toBe(
    'PERMISSION_DENIED User stranger@zoo.org may not write Animal object 1 because of policy animal_policy',
  )
  expect(await asAdministrator(under.store).get('Animal', 1)).toMatchObject({
    name: 'Leon',
    keeper_id: keeper,
  })
  expect(await errorOf(as('keeper').remove('Animal', 1))).toBe('done')
})

test('a bird is written by those who may write it as an animal and as a bird', async () => {
  expect(await errorOf(as('boss').update('Animal', 3, { name: 'Kestrel' }))).toBe(
    'PERMISSION_DENIED User boss@zoo.org may not write Bird object 3 because of policy bird_policy',
  )
  expect(await errorOf(as('boss').update('Bird', 4, { caged: true }))).toBe(
    'PERMISSION_DENIED User boss@zoo.org may not write Bird object 4 because of policy bird_policy',
  )
  expect(await errorOf(as('stranger').update('Animal', 4, { name: 'Dove' }))).toBe(
    'PERMISSION_DENIED User stranger@zoo.org may not write Animal object 4 because of policy animal_policy',
  )
})

test('nobody gives himself a privilege by the privilege that he is about to have', async () => {
  const stranger = callers.get('stranger')!
  const privilege = {
    accessor_id: stranger.userId,
    accessor_type: 'User',
    object_id: 1,
    object_type: 'Site',
    permission: 'role:admin',
  }
  expect(await errorOf(under.store.as(stranger).create('Privilege', privilege))).toBe(
    'PERMISSION_DENIED User stranger@zoo.org may not write Privilege new object because of policy grant_policy',
  )
  await asAdministrator(under.store).create('Privilege', privilege)
  expect(
    await errorOf(under.store.as(stranger).create('Privilege', { ...privilege, object_id: 1 })),
  ).toBe('done')
  expect(
    await errorOf(under.store.as(stranger).create('Privilege', { ...privilege, object_id: 2 })),
  ).toMatch(/^PERMISSION_DENIED/)
})

test('a policy that SQL cannot say is asked about each record', async () => {
  const { create } = asAdministrator(under.store)
  for (let n = 1; n <= 12; n += 1)
    await create('Named', { name: n % 3 === 0 ? `boss ${n}` : `x ${n}` })
  expect(namesOf(await as('boss').list('Named'))).toEqual(['boss 3', 'boss 6', 'boss 9', 'boss 12'])
  const first = await as('boss').page('Named', { ...all, order: ['-id'] }, 3, undefined)
  expect(namesOf(first.records)).toEqual(['boss 12', 'boss 9', 'boss 6'])
  const second = await as('boss').page('Named', { ...all, order: ['-id'] }, 3, first.next)
  expect(namesOf(second.records)).toEqual(['boss 3'])
  expect(second.next).toBeUndefined()
  expect(await errorOf(as('boss').page('Plain', equal('named__name', 'x 1'), 5, undefined))).toBe(
    'PERMISSION_DENIED User boss@zoo.org may not filter by what Named records hold, because a policy has to look at each of them',
  )
})

test('no regular expression is asked about what may not be read', async () => {
  const { create } = asAdministrator(under.store)
  await create('Named', { name: 'boss' })
  await create('Named', { name: 'other' })
  await under.database.query(
    `update record set fields = fields || jsonb_build_object('name', repeat('x', 1000000))
     where leaf = 'Bird' and id = 3 or leaf = 'Named' and id = 2`,
  )
  const asked = (model: string, who: Person): Promise<unknown> =>
    as(who).page(model, equal('name__regex', 'oss|Coo'), 5, undefined)
  expect(await asked('Bird', 'stranger')).toMatchObject({ records: [{ name: 'Coo' }] })
  expect(await asked('Named', 'boss')).toMatchObject({ records: [{ name: 'boss' }] })
  const refused = under.store
    .as(administrator)
    .page('Bird', equal('name__regex', 'Coo'), 5, undefined)
  expect(await errorOf(refused)).toMatch(/takes too long on the record with id 3;/)
})

test('a policy that does not open for administrators holds for them as well', async () => {
  expect(await errorOf(under.store.as(administrator).create('Strict', { name: 'closed' }))).toBe(
    'PERMISSION_DENIED User admin@opencord.org may not write Strict new object because of policy strict_policy',
  )
  expect(await errorOf(under.store.as(administrator).create('Strict', { name: 'open' }))).toBe(
    'done',
  )
  expect(namesOf(await under.store.as(administrator).list('Strict'))).toEqual(['open'])
})

test('somebody who was deleted is nobody', async () => {
  const nobody = { userId: 999, email: 'gone@zoo.org', isAdmin: false }
  expect(await under.store.as(nobody).list('Bird')).toHaveLength(1)
  expect(await under.store.as(nobody).list('User')).toEqual([])
})

test('the core policies: people see themselves, and their sites', async () => {
  const emails = (await as('keeper').list('User')).map(({ email }) => email)
  expect(emails).toEqual(['keeper@zoo.org'])
  expect(await as('keeper').list('Site')).toHaveLength(1)
  expect(await errorOf(as('keeper').update('Site', 1, { name: 'mine' }))).toMatch(
    /^PERMISSION_DENIED User keeper@zoo.org may not write Site object 1 because of policy site_policy$/,
  )
  expect(await errorOf(as('keeper').create('XOSGuiExtension', { name: 'x', files: 'y' }))).toMatch(
    /^PERMISSION_DENIED/,
  )
  expect(await as('keeper').list('XOSGuiExtension')).toEqual([])
})

test.each(['BackupFile', 'BackupOperation'])(
  'only administrators write a %s, which has the core copy or replace everything',
  async (model) => {
    const values =
      model === 'BackupFile'
        ? { name: 'all', uri: 'file:///var/run/xos/backup/local/all' }
        : { component: 'xos', operation: 'create' }
    expect(await errorOf(as('keeper').create(model, values))).toMatch(
      /^PERMISSION_DENIED User keeper@zoo.org may not write Backup/,
    )
  },
)

const animalStep: Caller = {
  userId: 1,
  email: 'admin@opencord.org',
  isAdmin: false,
  step: 'zoo/animal',
}
const denied = (what: string): string =>
  `PERMISSION_DENIED The token of step zoo/animal may not ${what}: it reads Animal, Zoo, User, Plain and writes feedback of Animal`

test('the token of a step reads what the step is sent', async () => {
  const records = under.store.as(animalStep)
  expect(await records.list('Animal')).toHaveLength(4)
  expect(await records.list('Zoo')).toHaveLength(1)
  expect((await records.get('User', 1)).fields).toMatchObject({ email: 'admin@opencord.org' })
  expect(await records.list('Plain')).toEqual([])
  expect(await errorOf(records.list('Named'))).toBe(denied('read Named'))
  expect(await errorOf(records.get('Site', 1))).toBe(denied('read Site'))
  expect(await errorOf(records.page('Plain', equal('named__name', 'x'), 5, undefined))).toBe(
    denied('read Named'),
  )
})

test('the token of a step writes feedback of its model, and nothing else', async () => {
  const records = under.store.as(animalStep)
  const before = await records.get('Animal', 1)
  const { fields } = await records.update(
    'Animal',
    1,
    { sound: 'roar' },
    { alwaysUpdateTimestamp: true },
  )
  expect(fields).toMatchObject({ sound: 'roar', updated: before.fields['updated'] })
  expect(await errorOf(records.update('Animal', 1, { name: 'x' }))).toBe(
    denied('write name of Animal'),
  )
  expect(await errorOf(records.update('Animal', 1, { backend_code: 1 }))).toBe(
    denied('write backend_code of Animal'),
  )
  expect(await errorOf(records.update('Animal', 1, {}, { updateFields: ['name'] }))).toBe(
    denied('write name of Animal'),
  )
  expect(await errorOf(records.update('Zoo', 1, { backend_handle: 'x' }))).toBe(
    denied('write backend_handle of Zoo'),
  )
  expect(await errorOf(records.create('Animal', { name: 'x', zoo_id: 1 }))).toBe(
    denied('create a Animal'),
  )
  expect(await errorOf(records.remove('Animal', 1))).toBe(denied('delete a Animal'))
  const other = under.store.as({ ...animalStep, step: 'zoo/unknown' })
  expect(await errorOf(other.list('Animal'))).toBe(
    'PERMISSION_DENIED The token of step zoo/unknown may not read Animal: it reads nothing and writes feedback of nothing',
  )
})

import { afterEach, beforeAll, expect, test } from 'vitest'
import { CoreError } from '#core'
import {
  asAdministrator,
  administrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  type TestStore,
} from '../../support/store.ts'

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(helloWorldModels, helloWorldSteps, 'hello-world')
})

afterEach(() => under.clear())

const errorOf = async (work: Promise<unknown>): Promise<Pick<CoreError, 'code' | 'message'>> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof CoreError)) throw new Error(`Expected a CoreError, got ${String(error)}`)
  return { code: error.code, message: error.message }
}

const create = (model: string, fields: Record<string, unknown>) =>
  asAdministrator(under.store).create(model, fields)
const update = (model: string, id: number, fields: Record<string, unknown>) =>
  asAdministrator(under.store).update(model, id, fields)

const helloService = { name: 'HelloWorld', hello_from: 'Jhon Snow' }

test('a new record has the defaults of XOSBase, and null fields are absent', async () => {
  const service = await create('HelloWorldService', helloService)

  expect(service).toEqual({
    id: 1,
    created: under.clock.now() / 1000,
    updated: under.clock.now() / 1000,
    backend_register: '{}',
    backend_need_delete: false,
    backend_need_reap: false,
    backend_status: 'Provisioning in progress',
    backend_code: 0,
    deleted: false,
    write_protect: false,
    lazy_blocked: false,
    no_sync: false,
    no_policy: false,
    policy_status: 'Policy in process',
    policy_code: 0,
    leaf_model_name: 'HelloWorldService',
    backend_need_delete_policy: false,
    xos_managed: true,
    enabled: true,
    kind: 'generic',
    name: 'HelloWorld',
    published: true,
    hello_from: 'Jhon Snow',
    class_names: 'HelloWorldService,Service,XOSBase',
    self_content_type_id: 'hello-world.helloworldservice',
    ...emptyReverseSets(service),
  })
})

const emptyReverseSets = (record: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.keys(record)
      .filter((name) => name.endsWith('_ids'))
      .map((name) => [name, []]),
  )

test('ids count per root model, so a parent reads its descendants by the same id', async () => {
  await create('Service', { name: 'plain' })
  const service = await create('HelloWorldService', helloService)

  expect(service['id']).toBe(2)
  const asParent = await asAdministrator(under.store).get('Service', 2)
  expect(asParent).toMatchObject({
    id: 2,
    name: 'HelloWorld',
    leaf_model_name: 'HelloWorldService',
    class_names: 'Service,XOSBase',
    self_content_type_id: 'core.service',
  })
  expect(asParent).not.toHaveProperty('hello_from')
  expect((await asAdministrator(under.store).list('Service')).map(({ id }) => id)).toEqual([1, 2])
  expect(
    (await asAdministrator(under.store).list('HelloWorldService')).map(({ id }) => id),
  ).toEqual([2])
  expect(await errorOf(asAdministrator(under.store).get('HelloWorldService', 1))).toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('a service instance without an owner gets the first instance of its owner class', async () => {
  expect(await errorOf(create('HelloWorldServiceInstance', { name: 'i', hello_to: 'x' }))).toEqual({
    code: 'VALIDATION',
    message: 'Cannot find eligible owner of class HelloWorldService',
  })
  await create('Service', { name: 'of another class' })
  await create('HelloWorldService', helloService)

  const instance = await create('HelloWorldServiceInstance', { name: 'i', hello_to: 'x' })

  expect(instance['owner_id']).toBe(2)
  expect(await asAdministrator(under.store).get('HelloWorldService', 2)).toMatchObject({
    service_instances_ids: [1],
  })
})

test.each([
  [
    'a missing required field',
    { name: 'n' },
    'HelloWorldService is not valid. hello_from: This field cannot be null.',
  ],
  [
    'a blank required field',
    { ...helloService, hello_from: '' },
    'HelloWorldService is not valid. hello_from: This field cannot be blank.',
  ],
  [
    'blanks where the model strips them',
    { ...helloService, name: '   ' },
    'HelloWorldService is not valid. name: This field cannot be blank.',
  ],
  [
    'a wrong type',
    { ...helloService, hello_from: 7 },
    'HelloWorldService is not valid. hello_from: expected a string, got 7',
  ],
  [
    'a text that is too long',
    { ...helloService, name: 'x'.repeat(31) },
    'HelloWorldService is not valid. name: expected at most 30 characters, got 31',
  ],
  [
    'a value that is no choice',
    { ...helloService, kind: 'odd' },
    'HelloWorldService is not valid. kind: expected one of generic, data, control, oss, got "odd"',
  ],
  [
    'a NUL character',
    { ...helloService, hello_from: 'a\0b' },
    'HelloWorldService is not valid. hello_from: expected text without NUL characters',
  ],
  ['a link to nothing', { ...helloService, site_id: 99 }, 'site_id: there is no Site with id 99'],
])('%s is refused, and nothing is written', async (_, fields, message) => {
  expect(await errorOf(create('HelloWorldService', fields))).toEqual({
    code: 'INVALID_FIELD',
    message,
  })
  expect(await asAdministrator(under.store).list('HelloWorldService')).toEqual([])
})

test.each([
  ['a misspelled field', { hello_form: 'x' }, 'hello_form'],
  [
    'a field named like a method of objects',
    JSON.parse('{"__proto__": 1}') as Record<string, unknown>,
    '__proto__',
  ],
])('%s is refused, and nothing is written', async (_, fields, name) => {
  const values = Object.assign(Object.create(null), fields, helloService) as typeof fields
  expect(await errorOf(create('HelloWorldService', values))).toEqual({
    code: 'VALIDATION',
    message: `HelloWorldService has no field ${name}`,
  })
  expect(await asAdministrator(under.store).list('HelloWorldService')).toEqual([])
})

test('texts are counted in characters, not in UTF-16 units', async () => {
  const service = await create('HelloWorldService', { ...helloService, name: '😀'.repeat(30) })
  expect(service['name']).toBe('😀'.repeat(30))
})

test('a unique name is taken until its record is deleted', async () => {
  await create('HelloWorldService', helloService)
  expect(await errorOf(create('Service', { name: 'HelloWorld' }))).toEqual({
    code: 'DUPLICATE_KEY',
    message: 'Another Service already has this name',
  })

  await asAdministrator(under.store).remove('HelloWorldService', 1)
  await create('Service', { name: 'HelloWorld' })
})

test('fields that are unique together are refused together', async () => {
  await create('HelloWorldService', helloService)
  const attribute = { service_id: 1, name: 'color', value: 'red' }
  await create('ServiceAttribute', attribute)
  await create('ServiceAttribute', { ...attribute, name: 'size' })

  expect(await errorOf(create('ServiceAttribute', attribute))).toMatchObject({
    code: 'DUPLICATE_KEY',
  })
})

test('an update writes the given fields, and moves updated even when nothing differs', async () => {
  const before = await create('HelloWorldService', helloService)
  const same = await update('HelloWorldService', 1, { hello_from: 'Jhon Snow' })
  const changed = await update('HelloWorldService', 1, { hello_from: 'Arya' })

  // The clock stands still: each edit is a version of its own all the same.
  expect(same['updated']).toBe(Number(before['updated']) + 1e-6)
  expect(changed['updated']).toBe(Number(before['updated']) + 2e-6)
  expect(changed).toMatchObject({ name: 'HelloWorld', hello_from: 'Arya' })
})

test('an update through the parent changes the record of the leaf', async () => {
  await create('HelloWorldService', helloService)
  await update('Service', 1, { name: 'Renamed' })

  expect(await asAdministrator(under.store).get('HelloWorldService', 1)).toMatchObject({
    name: 'Renamed',
    hello_from: 'Jhon Snow',
  })
})

test('null clears a field that may be null, and a link', async () => {
  await create('HelloWorldService', { ...helloService, description: 'd', site_id: 1 })
  const cleared = await update('HelloWorldService', 1, { description: null, site_id: 0 })

  expect(cleared).not.toHaveProperty('description')
  expect(cleared).not.toHaveProperty('site_id')
  expect(await asAdministrator(under.store).get('Site', 1)).toMatchObject({ service_ids: [] })
})

test('a whole record can be put back, but a user may not change what steps feed back', async () => {
  const record = await create('HelloWorldService', helloService)
  await update('HelloWorldService', 1, { ...record, hello_from: 'Arya' })

  expect(await errorOf(update('HelloWorldService', 1, { backend_code: 1 }))).toEqual({
    code: 'PERMISSION_DENIED',
    message: 'Only a step may change feedback fields: backend_code of HelloWorldService 1',
  })
})

test('what follows from what is done with a record is not written by clients', async () => {
  const given = { created: 5, updated: 5, deleted: true, leaf_model_name: 'Site' }
  const now = under.clock.now() / 1000
  const kept = { created: now, deleted: false, leaf_model_name: 'HelloWorldService' }

  expect(await create('HelloWorldService', { ...helloService, ...given })).toMatchObject(kept)
  expect(await update('HelloWorldService', 1, given)).toMatchObject(kept)
})

test('links to many are read from both sides, and shrink', async () => {
  await under.load(
    `option name = "zones"; option app_label = "zones";
     message Zone (XOSBase) { required string name = 1 [max_length = 20]; }
     message Device (XOSBase) { optional manytomany zones->Zone:devices = 1:1001; }`,
    [],
    'zones',
  )
  for (const name of ['north', 'south']) await create('Zone', { name })

  expect(await create('Device', { zones_ids: [1, 2] })).toMatchObject({ zones_ids: [1, 2] })
  expect(await asAdministrator(under.store).get('Zone', 2)).toMatchObject({ devices_ids: [1] })
  expect(await update('Device', 1, { zones_ids: [2] })).toMatchObject({ zones_ids: [2] })
  expect(await asAdministrator(under.store).get('Zone', 1)).toMatchObject({ devices_ids: [] })

  await asAdministrator(under.store).remove('Zone', 2)
  expect(await asAdministrator(under.store).get('Device', 1)).toMatchObject({
    zones_ids: [],
    deleted: false,
  })
})

test('deleting takes along what links to the record, and lets go at once what no function ever saw', async () => {
  await create('HelloWorldService', helloService)
  await create('HelloWorldServiceInstance', { hello_to: 'x' })

  await asAdministrator(under.store).remove('HelloWorldService', 1)

  for (const model of ['HelloWorldService', 'HelloWorldServiceInstance']) {
    expect(await errorOf(asAdministrator(under.store).get(model, 1))).toMatchObject({
      code: 'NOT_FOUND',
    })
  }
})

test('a deleted record is still read and written by its id until it is gone, and not deleted again', async () => {
  await create('HelloWorldService', helloService)
  await under.lease(['HelloWorldService'])
  await asAdministrator(under.store).remove('HelloWorldService', 1)

  expect(await asAdministrator(under.store).get('HelloWorldService', 1)).toMatchObject({
    deleted: true,
  })
  expect(await asAdministrator(under.store).list('HelloWorldService')).toEqual([])
  expect(
    await update('HelloWorldService', 1, { hello_from: 'Arya', deleted: false }),
  ).toMatchObject({ hello_from: 'Arya', deleted: true })
  expect(await errorOf(asAdministrator(under.store).remove('HelloWorldService', 1))).toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('a protected record answers a delete with success and stays, as in XOS', async () => {
  await create('HelloWorldService', { ...helloService, write_protect: true })
  await asAdministrator(under.store).remove('HelloWorldService', 1)
  expect(await asAdministrator(under.store).get('HelloWorldService', 1)).toMatchObject({
    deleted: false,
  })
})

test('a transaction that throws leaves nothing behind', async () => {
  const work = under.store.transaction(administrator, async (records) => {
    await records.create('HelloWorldService', helloService)
    await records.create('HelloWorldService', { name: 'second' })
  })
  expect(await errorOf(work)).toMatchObject({ code: 'INVALID_FIELD' })
  expect(await asAdministrator(under.store).list('HelloWorldService')).toEqual([])
})

test('a password is kept as a hash and never read back', async () => {
  const user = await create('User', {
    email: 'arya@example.org',
    password: 'needle',
    firstname: 'Arya',
    lastname: 'Stark',
    site_id: 1,
  })
  expect(user).not.toHaveProperty('password')

  const credentials = await under.store.credentials('arya@example.org')
  expect(credentials?.passwordHash).toMatch(/^scrypt\$/)
  expect(credentials?.caller).toEqual({ userId: 2, email: 'arya@example.org', isAdmin: false })
  await asAdministrator(under.store).remove('User', 2)
  expect(await under.store.credentials('arya@example.org')).toBeUndefined()
})

test.each([
  [
    'a mistake in the text',
    'message Thing (XOSBase) { required strin name = 1; }',
    /test\/test\.xproto:1:\d+ XP_/,
  ],
  ['a required model that is not there', '', /required_models: missing Nothing/],
])('models with %s are refused, and the old ones stay', async (_, models, message) => {
  const registration = {
    name: 'test',
    version: '1',
    models: [{ filename: 'test.xproto', contents: models }],
    steps: [],
    requiredModels: ['Nothing'],
  }
  await expect(under.work.register(registration)).rejects.toThrow(message)
  expect(under.store.schema().model('HelloWorldService')).toBeDefined()
})

test('models that have records cannot be taken away', async () => {
  await create('HelloWorldService', helloService)
  await expect(under.load('', [], 'hello-world')).rejects.toThrow(
    'The models of hello-world no longer define HelloWorldService (1)',
  )
  await under.load(helloWorldModels, helloWorldSteps, 'hello-world')
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { helloWorldModels, helloWorldSteps } from '../../support/store.ts'
import { openXosCore, type XosClient, type XosCore } from './xos-core.ts'

let core: XosCore
let admin: XosClient
beforeAll(async () => {
  core = await openXosCore()
  await core.load(helloWorldModels, helloWorldSteps, 'hello-world')
  admin = await core.dial()
})
afterAll(() => core.close())

type Fields = Readonly<Record<string, unknown>>

const ask = async (name: string, request: Fields = {}, metadata: Fields = {}): Promise<Fields> =>
  (await admin.ask(name, request, metadata)).reply

/** The ids that a list or a filter answers. */
const ids = async (name: string, request: Fields = {}): Promise<readonly unknown[]> =>
  ((await ask(name, request))['items'] as Fields[] | undefined)?.map(({ id }) => id) ?? []

const newSlice = (name: string, more: Fields = {}): Promise<Fields> =>
  ask('xos.xos/CreateSlice', { name, site_id: 1, ...more })

/** What is set, without the names of the oneofs that the client library adds. */
const setFields = (record: Fields): Fields =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !name.endsWith('_present')))

const jsonOf = ({ details }: { readonly details: string }): unknown => JSON.parse(details)

test('a record made of its required fields has all defaults, and nulls are not set', async () => {
  const created = setFields(await newSlice('defaults'))
  const seconds = core.clock.now() / 1000
  expect(created).toMatchObject({
    name: 'defaults',
    site_id: 1,
    creator_id: 1,
    created: seconds,
    updated: seconds,
    backend_register: '{}',
    backend_status: 'Provisioning in progress',
    backend_code: 0,
    backend_need_delete: false,
    deleted: false,
    policy_status: 'Policy in process',
    leaf_model_name: 'Slice',
    xos_managed: true,
    enabled: true,
    class_names: 'Slice,XOSBase',
    self_content_type_id: 'core.slice',
  })
  for (const name of ['enacted', 'policed', 'backend_handle', 'changed_by_step', 'network']) {
    expect(created).not.toHaveProperty(name)
  }
})

test('what a client cannot set is ignored on create', async () => {
  const created = await newSlice('ignored', {
    id: 4711,
    class_names: 'Evil',
    networkslices_ids: [1, 2],
  })
  expect(created).toMatchObject({ name: 'ignored', class_names: 'Slice,XOSBase' })
  expect(created['id']).not.toBe(4711)
})

test('an update writes what is set and leaves the rest; 0 takes a link away', async () => {
  const { id } = await newSlice('partial', { description: 'before' })
  const updated = await ask('xos.xos/UpdateSlice', { id, description: '', enabled: false })
  expect(updated).toMatchObject({ name: 'partial', description: '', enabled: false, site_id: 1 })
  const cleared = await ask('xos.xos/UpdateSlice', { id, trust_domain_id: 0 })
  expect(setFields(cleared)).not.toHaveProperty('trust_domain_id')
})

test('times keep their microseconds both ways', async () => {
  const { id, updated } = await newSlice('times')
  const enacted = Number(updated) - 0.000_001
  const synced = await ask(
    'xos.xos/UpdateSlice',
    { id, enacted },
    { caller_kind: 'synchronizer', update_fields: 'enacted' },
  )
  expect(synced['enacted']).toBe(enacted)
  expect(synced['updated']).toBe(updated)
})

test('links to many are replaced as a whole, and cleared when they are named', async () => {
  const network = await ask('xos.xos/CreateNetworkTemplate', {
    name: 'template',
    translation: 'none',
  })
  const [a, b] = [await newSlice('many-a'), await newSlice('many-b')]
  const made = await ask('xos.xos/CreateNetwork', {
    name: 'net',
    template_id: network['id'],
    owner_id: a['id'],
    permitted_slices_ids: [a['id'], b['id']],
  })
  expect(made['permitted_slices_ids']).toEqual([a['id'], b['id']])

  const { id } = made
  const one = await ask('xos.xos/UpdateNetwork', { id, permitted_slices_ids: [b['id']] })
  expect(one['permitted_slices_ids']).toEqual([b['id']])
  const same = await ask('xos.xos/UpdateNetwork', { id, name: 'net2' })
  expect(same['permitted_slices_ids']).toEqual([b['id']])
  const none = await ask('xos.xos/UpdateNetwork', { id }, { update_fields: 'permitted_slices_ids' })
  expect(none['permitted_slices_ids'] ?? []).toEqual([])
})

describe('metadata of updates', () => {
  test('names which fields are written, in one list or several', async () => {
    const { id } = await newSlice('named', { description: 'd', max_instances: 1 })
    const values = { id, name: 'renamed', description: 'new', max_instances: 2 }
    await ask('xos.xos/UpdateSlice', values, { update_fields: 'description,max_instances' })
    expect(await ask('xos.xos/GetSlice', { id })).toMatchObject({
      name: 'named',
      description: 'new',
      max_instances: 2,
    })
  })

  test('a name that is no field fails as an exception', async () => {
    const { id } = await newSlice('unknown-name')
    const refusal = await admin.refused(
      'xos.xos/UpdateSlice',
      { id },
      { update_fields: 'nonsense' },
    )
    expect(refusal.code).toBe(2)
    expect(refusal.details).toMatch(/^Exception calling application: .*nonsense/)
  })

  test('only a synchronizer changes feedback; the same value is no change', async () => {
    const { id, backend_status: status } = await newSlice('feedback')
    const refusal = await admin.refused('xos.xos/UpdateSlice', { id, backend_status: 'mine' })
    expect(refusal).toMatchObject({ code: 7, errorCode: 'PERMISSION_DENIED' })
    expect(jsonOf(refusal)).toMatchObject({ error: 'XOSPermissionDenied' })
    await ask('xos.xos/UpdateSlice', { id, backend_status: status })
    const synced = await ask(
      'xos.xos/UpdateSlice',
      { id, backend_status: 'OK', backend_code: 1 },
      { caller_kind: 'synchronizer', is_sync_save: '1' },
    )
    expect(synced).toMatchObject({ backend_status: 'OK', backend_code: 1 })
  })

  test('a revision that was overtaken is refused, and nothing is written', async () => {
    const { reply, header } = await admin.ask('xos.xos/CreateSlice', { name: 'rev', site_id: 1 })
    const { id } = reply
    const [revision] = header.get('syncstep-revision')
    expect(revision).toMatch(/^\d+$/)
    const written = await admin.ask(
      'xos.xos/UpdateSlice',
      { id, description: 'first' },
      { 'if-revision': revision },
    )
    expect(written.header.get('syncstep-revision')).not.toEqual([revision])

    const late = { id, description: 'second' }
    const refusal = await admin.refused('xos.xos/UpdateSlice', late, { 'if-revision': revision })
    expect(refusal).toMatchObject({ code: 10, errorCode: 'CONFLICT' })
    const { reply: now, header: read } = await admin.ask('xos.xos/GetSlice', { id })
    expect(now['description']).toBe('first')
    expect(read.get('syncstep-revision')).toEqual(written.header.get('syncstep-revision'))
  })

  test('a revision that is no number is refused', async () => {
    const { id } = await newSlice('no-revision')
    const refusal = await admin.refused('xos.xos/UpdateSlice', { id }, { 'if-revision': 'x' })
    expect(refusal).toMatchObject({ code: 3, errorCode: 'VALIDATION' })
  })
})

describe('queries', () => {
  test.each([
    ['a text', { operator: 'EQUAL', name: 'name', sValue: 'q-b' }, ['q-b']],
    ['a number', { operator: 'LESS_THAN', name: 'max_instances', iValue: 3 }, ['q-a', 'q-b']],
    [
      'its negation',
      { operator: 'EQUAL', invert: true, name: 'name', sValue: 'q-b' },
      ['q-a', 'q-c'],
    ],
    ['a pattern', { operator: 'REGEX', name: 'name', sValue: '^q-[ac]$' }, ['q-a', 'q-c']],
    [
      'a path over links',
      { operator: 'EQUAL', name: 'site__name', sValue: 'mysite' },
      ['q-a', 'q-b', 'q-c'],
    ],
  ])('filter by %s', async (_, element, expected) => {
    if ((await ids('xos.xos/FilterSlice', named('q-a'))).length === 0) {
      await newSlice('q-a', { max_instances: 1 })
      await newSlice('q-b', { max_instances: 2 })
      await newSlice('q-c', { max_instances: 3 })
    }
    const { items } = await ask('xos.xos/FilterSlice', {
      kind: 'DEFAULT',
      elements: [{ operator: 'CONTAINS', name: 'name', sValue: 'q-' }, element],
    })
    expect((items as Fields[]).map(({ name }) => name)).toEqual(expected)
  })

  const named = (name: string): Fields => ({
    elements: [{ operator: 'EQUAL', name: 'name', sValue: name }],
  })

  test('no element at all is all live records, and kind ALL heeds none', async () => {
    const all = await ids('xos.xos/ListSlice')
    expect(await ids('xos.xos/FilterSlice')).toEqual(all)
    expect(await ids('xos.xos/FilterSlice', { kind: 'ALL', ...named('none such') })).toEqual(all)
  })

  test.each([
    ['an unknown field', { operator: 'EQUAL', name: 'nonsense', sValue: 'x' }],
    ['no value', { operator: 'EQUAL', name: 'name' }],
    ['text for a number', { operator: 'EQUAL', name: 'max_instances', sValue: 'many' }],
  ])('%s fails as an exception', async (_, element) => {
    const refusal = await admin.refused('xos.xos/FilterSlice', { elements: [element] })
    expect(refusal.code).toBe(2)
    expect(refusal.details).toMatch(/^Exception calling application: /)
  })
})

test('a record is dirty until it was synced, and again after somebody else writes it', async () => {
  const { id } = await newSlice('dirty')
  const dirty = async (kind: string) => (await ids('xos.xos/FilterSlice', { kind })).includes(id)
  const asSynchronizer = { caller_kind: 'synchronizer' }
  const touch = async (values: Fields, metadata: Fields): Promise<Fields> => {
    await core.clock.advance(1000)
    return ask('xos.xos/UpdateSlice', { id, ...values }, metadata)
  }
  const both = async () => [
    await dirty('SYNCHRONIZER_DIRTY_OBJECTS'),
    await dirty('SYNCHRONIZER_DIRTY_POLICIES'),
  ]
  const synced = async () => {
    const { updated, changed_by_policy: policy } = await ask('xos.xos/GetSlice', { id })
    const enacted = Math.max(Number(updated), Number(policy ?? 0))
    await touch({ enacted }, { ...asSynchronizer, update_fields: 'enacted' })
  }
  expect(await both()).toEqual([true, true])
  await synced()
  expect(await both()).toEqual([false, true])
  await touch({ policed: core.clock.now() / 1000 }, asSynchronizer)
  expect(await both()).toEqual([false, false])

  await touch({ description: 'by a policy' }, { ...asSynchronizer, is_policy_save: '1' })
  expect(await both()).toEqual([true, false])
  await synced()
  await touch({ description: 'by a step' }, { ...asSynchronizer, is_sync_save: '1' })
  expect(await both()).toEqual([false, true])
  await touch({ policed: core.clock.now() / 1000 }, asSynchronizer)

  await touch({ description: 'partial' }, { update_fields: 'description' })
  expect(await both()).toEqual([false, false])
  await touch({ description: 'partial' }, { update_fields: 'description,updated' })
  expect(await both()).toEqual([true, true])
})

test('a deleted record is for Get, Update and the queries of what was deleted only', async () => {
  const { id } = await newSlice('deleted')
  await ask(
    'xos.xos/UpdateSlice',
    { id, backend_need_delete: true },
    { caller_kind: 'synchronizer' },
  )
  expect(await ask('xos.xos/DeleteSlice', { id })).toEqual({})

  expect(await ask('xos.xos/GetSlice', { id })).toMatchObject({ id, deleted: true })
  expect(await ids('xos.xos/ListSlice')).not.toContain(id)
  expect(await ids('xos.xos/FilterSlice')).not.toContain(id)
  for (const kind of ['SYNCHRONIZER_DELETED_OBJECTS', 'SYNCHRONIZER_DELETED_POLICIES']) {
    expect(await ids('xos.xos/FilterSlice', { kind })).toContain(id)
  }
  await ask('xos.xos/UpdateSlice', { id, backend_status: 'going' }, { caller_kind: 'synchronizer' })
})

describe('errors', () => {
  test('reading what is not there is not found, as JSON', async () => {
    const refusal = await admin.refused('xos.xos/GetSlice', { id: 99_999 })
    expect(refusal).toMatchObject({ code: 5, errorCode: 'NOT_FOUND' })
    expect(jsonOf(refusal)).toEqual({
      error: 'XOSNotFound',
      specific_error: 'object not found',
      fields: { id: 99_999, message: 'Slice matching query does not exist.' },
    })
  })

  test('deleting what is not there is an exception', async () => {
    expect(await admin.refused('xos.xos/DeleteSlice', { id: 99_999 })).toEqual({
      code: 2,
      details: 'Exception calling application: Slice matching query does not exist.',
      errorCode: 'NOT_FOUND',
    })
  })

  test('a broken rule of a field is an exception in the words of Django', async () => {
    expect(await admin.refused('xos.xos/CreateSlice', { name: '', site_id: 1 })).toEqual({
      code: 2,
      details: "Exception calling application: {'name': ['This field cannot be blank.']}",
      errorCode: 'INVALID_FIELD',
    })
  })

  test('a broken rule of the model is a validation error, as JSON', async () => {
    const refusal = await admin.refused('xos.xos/CreateSlice', { name: 'a space', site_id: 1 })
    expect(refusal).toMatchObject({ code: 3, errorCode: 'VALIDATION' })
    expect(jsonOf(refusal)).toMatchObject({ error: 'XOSValidationError' })
  })

  test('a text beyond ASCII comes back whole', async () => {
    const { id } = await newSlice('snow-☃-\u{1F600}')
    expect(await ask('xos.xos/GetSlice', { id })).toMatchObject({ name: 'snow-☃-\u{1F600}' })
  })

  test('a text of any length is answered with details that clients can read', async () => {
    const long = { operator: 'EQUAL', name: '☃'.repeat(100_000), sValue: 'x' }
    const { code, details } = await admin.refused('xos.xos/FilterSlice', { elements: [long] })
    expect(code).toBe(2)
    expect(encodeURI(details).length).toBeLessThan(7000)
  })

  test('a method that is none is not implemented', async () => {
    const { client, method, metadata } = admin
    const { requestSerialize, responseDeserialize } = method('xos.xos/GetSlice')
    const code = await new Promise((resolve) => {
      const path = '/xos.xos/GetNonsense'
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        {},
        metadata(),
        (error) => {
          resolve(error?.code)
        },
      )
    })
    expect(code).toBe(12)
  })
})

describe('models that derive from others', () => {
  test('share ids with them, and are read as their own model or as the parent', async () => {
    const { id } = await ask('xos.xos/CreateHelloWorldService', { name: 'hello', hello_from: 'me' })
    expect(await ask('xos.xos/GetHelloWorldService', { id })).toMatchObject({
      hello_from: 'me',
      leaf_model_name: 'HelloWorldService',
      class_names: 'HelloWorldService,Service,XOSBase',
      self_content_type_id: 'hello-world.helloworldservice',
    })
    const parent = await ask('xos.xos/GetService', { id })
    expect(parent).toMatchObject({
      leaf_model_name: 'HelloWorldService',
      class_names: 'Service,XOSBase',
      self_content_type_id: 'core.service',
    })
    expect(parent).not.toHaveProperty('hello_from')
    const other = await ask('xos.xos/CreateService', { name: 'other' })
    expect(await admin.refused('xos.xos/GetHelloWorldService', { id: other['id'] })).toMatchObject({
      code: 5,
    })
  })

  test('list what links to them under the reverse name', async () => {
    const service = await ask('xos.xos/CreateHelloWorldService', { name: 'h2', hello_from: 'me' })
    const instance = await ask('xos.xos/CreateHelloWorldServiceInstance', {
      name: 'i',
      hello_to: 'you',
      owner_id: service['id'],
    })
    const { service_instances_ids: instances } = await ask('xos.xos/GetService', {
      id: service['id'],
    })
    expect(instances).toEqual([instance['id']])
  })
})

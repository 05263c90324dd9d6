import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFaces, type Faces } from '../faces.ts'
import { instances, requestsTo, services } from './requests.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
})
afterAll(() => faces.close())

const call = requestsTo(() => faces.rest)
const dirtyModels = '/xosapi/v1/utility/dirty_models'

type Listed = { items: { class_name: string; id: number; info: string }[] }

const madeService = async (name: string): Promise<number> =>
  (await call('POST', services, { name, hello_from: 'x' })).json<{ id: number }>().id

const madeInstance = async (owner: number, name: string): Promise<number> =>
  (await call('POST', instances, { name, hello_to: 'x', owner_id: owner })).json<{ id: number }>()
    .id

const link = (values: object) => call('POST', '/xosapi/v1/core/serviceinstancelinks', values)

test('the version is one that XOS clients accept', async () => {
  const answer = (await call('GET', '/xosapi/v1/version')).json<Record<string, string>>()

  expect(answer['version']).toBe('4.0.4')
  expect(Object.keys(answer)).toEqual([
    'version',
    'pythonVersion',
    'gitCommit',
    'buildTime',
    'os',
    'arch',
    'djangoVersion',
  ])
})

test('the database is named, and its state is told by name', async () => {
  expect((await call('GET', '/xosapi/v1/dbinfo')).json()).toEqual({
    name: expect.stringMatching(/./) as string,
    connection: expect.stringMatching(/^local$|:\d+$/) as string,
    version: expect.stringMatching(/^\d+\.\d+/) as string,
    status: 'OPERATIONAL',
  })
})

test('a database that does not answer is told of in the same shape', async () => {
  const broken = faces.faulty({
    databaseInfo: () =>
      Promise.resolve({ name: '', connection: '', version: '', status: 'ERROR' as const }),
  })
  const answer = await broken.rest.inject({ method: 'GET', url: '/xosapi/v1/dbinfo' })

  expect(answer.json()).toMatchObject({ status: 'ERROR' })
})

test('the models can be had as text: those of the core first, then those of services', async () => {
  const { xproto } = (await call('GET', '/xosapi/v1/xproto')).json<{ xproto: string }>()

  expect(xproto).toMatch(/^\n/)
  expect(xproto.indexOf('message ServiceInstanceLink')).toBeGreaterThan(0)
  expect(xproto.indexOf('message HelloWorldService ')).toBeGreaterThan(
    xproto.indexOf('message ServiceInstanceLink'),
  )
})

test('model definitions hold what is empty, and 64-bit numbers as text', async () => {
  const { items } = (await call('GET', '/xosapi/v1/modeldefs')).json<{
    items: { name: string; fields: { name: string }[] }[]
  }>()
  const model = items.find(({ name }) => name === 'HelloWorldServiceInstance')
  const fieldOf = (name: string) => model?.fields.find((field) => field.name === name)

  expect(model).toMatchObject({ app: 'hello-world', verbose_name: '', sync_implemented: '' })
  expect(fieldOf('hello_to')).toEqual({
    name: 'hello_to',
    hint: 'The name of who is being greeted',
    type: 'string',
    validators: [{ name: 'required', bool_value: true }],
    options: [],
    default: '',
    read_only: false,
  })
  expect(fieldOf('name')).toMatchObject({
    validators: [{ name: 'maxlength', int_value: '200' }],
  })
  expect(fieldOf('owner_id')).toMatchObject({
    relation: { model: 'Service', type: 'manytoone', on_field: '' },
  })
})

test('a service instance is told with the other ends of its links', async () => {
  const owner = await madeService('populated')
  const provider = await madeInstance(owner, 'provider')
  const subscriber = await madeInstance(owner, 'subscriber')
  await link({ provider_service_instance_id: provider, subscriber_service_instance_id: subscriber })
  await link({ provider_service_instance_id: provider, subscriber_service_id: owner })
  const populated = (id: number) => call('GET', `/xosapi/v1/core/populatedserviceinstance/${id}`)

  expect((await populated(provider)).json()).toEqual({
    id: provider,
    leaf_model_name: 'HelloWorldServiceInstance',
    name: 'provider',
    owner_id: owner,
    provided_service_instances: [subscriber],
    subscribed_service_instances: [],
    subscribed_service: [owner],
    subscribed_network: [],
  })
  expect((await populated(subscriber)).json()).toMatchObject({
    provided_service_instances: [],
    subscribed_service_instances: [provider],
  })
  expect((await populated(99_999)).statusCode).toBe(404)
})

test('what was never synced is dirty, each record once, under the name that was asked for', async () => {
  const id = await madeService('dirty')
  const listed = async (name: string) =>
    (await call('GET', `${dirtyModels}?class_name=${name}`)).json<Listed>().items

  expect(await listed('HelloWorld*')).toContainEqual({
    class_name: 'HelloWorldService',
    id,
    info: '',
  })
  expect(await listed('Service')).toContainEqual({ class_name: 'Service', id, info: '' })
  expect((await listed('*Service')).filter((entry) => entry.id === id)).toHaveLength(1)
  expect((await listed('')).filter((entry) => /Service$/.test(entry.class_name))).toEqual(
    await listed('*Service'),
  )
  expect(await listed('Nothing')).toEqual([])
})

test('making models dirty writes each record anew, and tells of those that cannot be written', async () => {
  const id = await madeService('touched')
  const before = (await call('GET', `${services}/${id}`)).json<{ updated: number }>()
  await faces.clock.advance(1000)
  const { items } = (
    await call('POST', dirtyModels, { class_name: 'HelloWorldService' })
  ).json<Listed>()
  const after = (await call('GET', `${services}/${id}`)).json<{ updated: number }>()

  expect(items).toContainEqual({ class_name: 'HelloWorldService', id, info: '' })
  expect(after.updated).toBeGreaterThan(before.updated)
})

test.each([
  ['POST', dirtyModels, { class_name: 5 }],
  ['POST', dirtyModels, { name: 'Site' }],
  ['GET', `${dirtyModels}?class_name=a&class_name=b`, undefined],
  ['GET', `${dirtyModels}?class_name=${'*a'.repeat(200)}`, undefined],
] as const)('%s %s with %j is 400', async (method, url, payload) => {
  expect((await call(method, url, payload)).statusCode).toBe(400)
})

test.each([
  ['GET', '/xosapi/v1/utility/auth_noop', 405],
  ['POST', '/xosapi/v1/utility/auth_noop', 200],
  ['POST', '/xosapi/v1/version', 405],
] as const)('%s %s is %i', async (method, url, status) => {
  expect((await call(method, url)).statusCode).toBe(status)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { goldenWire } from '../../fixtures/xproto/read.ts'
import { helloWorldModels } from '../../support/store.ts'
import { openXosCore, type XosClient, type XosCore } from './xos-core.ts'

let core: XosCore
let admin: XosClient
let anybody: XosClient
beforeAll(async () => {
  core = await openXosCore()
  await core.load(helloWorldModels, [], 'hello-world')
  admin = await core.dial()
  anybody = await core.dial({})
})
afterAll(() => core.close())

type Fields = Readonly<Record<string, unknown>>

const ask = async (name: string, request: Fields = {}): Promise<Fields> =>
  (await admin.ask(name, request)).reply

test('the version is one that clients of XOS 3 and 4 accept', async () => {
  const { reply } = await anybody.ask('xos.utility/GetVersion')
  expect(reply).toMatchObject({ version: '4.0.4', os: expect.any(String) as string })
})

test('the database is told by name, place, version and status', async () => {
  const { reply } = await anybody.ask('xos.utility/GetDatabaseInfo')
  expect(reply).toMatchObject({ status: 'OPERATIONAL' })
  expect(reply['version']).toMatch(/^\d+\.\d+/)
})

test('the texts of all models are there for whoever asks', async () => {
  const { reply } = await anybody.ask('xos.utility/GetXproto')
  expect(reply['xproto']).toMatch(/message Slice\b/)
  expect(reply['xproto']).toContain('message HelloWorldService (Service)')
})

test('they are read once for each schema, however often somebody asks', async () => {
  const { reply } = await anybody.ask('xos.utility/GetXproto')
  await core.database.query('alter table service rename to gone')
  const again = await anybody.ask('xos.utility/GetXproto')
  await core.database.query('alter table gone rename to service')
  expect(again.reply).toEqual(reply)

  await core.load('option name = "late"; option app_label = "late"; message Late (Service) {}', [])
  const { reply: changed } = await anybody.ask('xos.utility/GetXproto')
  expect(changed['xproto']).toContain('message Late')
})

test('what is dirty is listed, and made dirty again', async () => {
  const site = { class_name: 'Site', id: 1 }
  await ask('xos.utility/SetDirtyModels', { class_name: 'Si*' })
  const { items } = await ask('xos.utility/ListDirtyModels', { class_name: 'Site' })
  expect(items).toMatchObject([site])

  const { updated } = await ask('xos.xos/GetSite', { id: 1 })
  await admin.ask(
    'xos.xos/UpdateSite',
    { id: 1, enacted: updated },
    { caller_kind: 'synchronizer' },
  )
  expect(await ask('xos.utility/ListDirtyModels', { class_name: 'Site' })).toEqual({})

  await core.clock.advance(1000)
  expect(await ask('xos.utility/SetDirtyModels', { class_name: 'Site' })).toMatchObject({
    items: [site],
  })
  expect(await ask('xos.utility/ListDirtyModels', { class_name: 'Site' })).toMatchObject({
    items: [site],
  })
})

test('an instance comes with the ends of its links', async () => {
  const service = await ask('xos.xos/CreateHelloWorldService', { name: 's', hello_from: 'me' })
  const owned = { owner_id: service['id'], hello_to: 'you' }
  const provider = await ask('xos.xos/CreateHelloWorldServiceInstance', { ...owned, name: 'p' })
  const subscriber = await ask('xos.xos/CreateHelloWorldServiceInstance', { ...owned, name: 's' })
  await ask('xos.xos/CreateServiceInstanceLink', {
    provider_service_instance_id: provider['id'],
    subscriber_service_instance_id: subscriber['id'],
  })
  const populated = 'xos.utility/GetPopulatedServiceInstances'
  expect(await ask(populated, { id: provider['id'] })).toMatchObject({
    id: provider['id'],
    name: 'p',
    leaf_model_name: 'HelloWorldServiceInstance',
    owner_id: service['id'],
    provided_service_instances: [subscriber['id']],
  })
  expect(await ask(populated, { id: subscriber['id'] })).toMatchObject({
    subscribed_service_instances: [provider['id']],
  })
  expect(await admin.refused(populated, { id: 4711 })).toMatchObject({
    code: 2,
    errorCode: 'NOT_FOUND',
  })
})

test('model definitions are those of XOS, whole numbers, nothings and relations included', async () => {
  const { reply } = await anybody.ask('xos.modeldefs/ListModelDefs')
  const items = reply['items'] as readonly Fields[]
  const shown = Object.keys(goldenWire.models).filter((name) =>
    items.some((item) => item['name'] === name),
  )
  expect(items.filter(({ app }) => app === 'core').map(({ name }) => name)).toEqual(shown)

  const site = items.find(({ name }) => name === 'Site')!
  expect(site['relations']).toMatchObject([
    { model: 'User', type: 'onetomany', on_field: 'site' },
    { model: 'Node', type: 'onetomany', on_field: 'site' },
    { model: 'Service', type: 'onetomany', on_field: 'site' },
    { model: 'Slice', type: 'onetomany', on_field: 'site' },
  ])
  const fields = site['fields'] as readonly Fields[]
  expect(fields.find(({ name }) => name === 'abbreviated_name')).toMatchObject({
    type: 'string',
    validators: [
      { name: 'required', bool_value: true },
      { name: 'maxlength', int_value: '80' },
    ],
  })
  expect(fields.find(({ name }) => name === 'enacted')).toMatchObject({ default: 'null' })
})

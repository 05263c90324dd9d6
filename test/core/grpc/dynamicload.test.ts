import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { status } from '@grpc/grpc-js'
import { administrator, asAdministrator, helloWorldModels } from '../../support/store.ts'
import { openXosCore, type XosClient, type XosCore } from './xos-core.ts'

let core: XosCore
let admin: XosClient

beforeAll(async () => {
  core = await openXosCore()
  admin = await core.dial()
})

afterAll(() => core.close())

afterEach(async () => {
  const purge = { name: 'hello-world', version: '0', cleanup: 'PURGE' } as const
  await core.store.services.unload(purge, administrator)
  await core.clear()
})

/** As a synchronizer of XOS asks. */
const loading = {
  name: 'hello-world',
  version: '1.0.0',
  xprotos: [{ filename: 'hello-world.xproto', contents: helloWorldModels }],
  decls: [{ filename: 'models.py', contents: 'class HelloWorldService: pass' }],
  convenience_methods: [{ filename: 'hello.py', contents: 'print("hello")' }],
  core_version: '>=2.2.17',
}

const load = (request: object = {}) =>
  admin.ask('xos.dynamicload/LoadModels', { ...loading, ...request })

const unloading = (cleanup: string) => ({
  name: 'hello-world',
  version: '1.0.0',
  cleanup_behavior: cleanup,
})

test('models are loaded once, and shown with what they brought', async () => {
  expect((await load()).reply).toEqual({ status: 'SUCCESS' })
  expect((await load()).reply).toEqual({ status: 'SUCCESS_NOTHING_CHANGED' })
  expect((await admin.ask('xos.dynamicload/GetLoadStatus')).reply).toEqual({
    model_status: 0,
    model_output: '',
    services: [
      { name: 'hello-world', version: '1.0.0', state: 'present' },
      { name: 'core', version: '4.0.4', state: 'present' },
    ],
  })
  expect((await admin.ask('xos.dynamicload/GetConvenienceMethods')).reply).toEqual({
    convenience_methods: [{ filename: 'hello.py', contents: 'print("hello")' }],
  })
})

test('who connects after that finds the models', async () => {
  await load()
  const client = await core.dial()
  const { reply } = await client.ask('xos.xos/CreateHelloWorldService', {
    name: 'hello',
    hello_from: 'Ann',
  })
  expect(reply).toMatchObject({ id: 1, hello_from: 'Ann', leaf_model_name: 'HelloWorldService' })
})

test.each([
  [
    'a service that needs another core',
    { core_version: '>=5.0.0' },
    'Service hello-world 1.0.0 needs core version >=5.0.0, but this core is version 4.0.4',
  ],
  [
    'a mistake in the models',
    { xprotos: [{ filename: 'a.xproto', contents: 'message A (XOSBase) { required }' }] },
    'hello-world/a.xproto:1:32 XP_SYNTAX',
  ],
  [
    'an illegal file name',
    { xprotos: [{ filename: 'a/b', contents: '' }] },
    'illegal character in filename a/b',
  ],
])('%s is refused in a plain sentence', async (_, request, sentence) => {
  const refusal = await admin.refused('xos.dynamicload/LoadModels', { ...loading, ...request })
  expect(refusal).toEqual({
    code: status.INVALID_ARGUMENT,
    details: expect.stringContaining(sentence) as string,
    errorCode: 'VALIDATION',
  })
})

/** On any status but INVALID_ARGUMENT a synchronizer asks again. */
const isToAskAgain = (sentence: string) => ({
  code: status.FAILED_PRECONDITION,
  details: expect.stringContaining(sentence) as string,
  errorCode: 'VALIDATION',
})

test('models that build on those of a service that comes later are refused for the moment only', async () => {
  const file = (name: string, model: string) => ({
    xprotos: [{ filename: `${name}.xproto`, contents: `option app_label = "${name}"; ${model}` }],
  })
  const earlier = file('earlier', 'message Earlier (Later) { }')
  const refusal = await admin.refused('xos.dynamicload/LoadModels', { ...loading, ...earlier })
  expect(refusal).toEqual(isToAskAgain('XP_UNKNOWN_BASE: No model is named Later'))

  await load({ name: 'later', ...file('later', 'message Later (XOSBase) { }') })
  expect((await load(earlier)).reply).toEqual({ status: 'SUCCESS' })
  for (const name of ['hello-world', 'later']) {
    await core.store.services.unload({ name, version: '0', cleanup: 'PURGE' }, administrator)
  }
})

test('models that records do not fit are refused until the records do', async () => {
  await load()
  const record = { name: 'hello', hello_from: 'Ann' }
  await asAdministrator(core.store).create('HelloWorldService', record)
  const contents = helloWorldModels.replace('max_length = 254', 'max_length = 2')
  const xprotos = [{ filename: 'hello-world.xproto', contents }]
  const refusal = await admin.refused('xos.dynamicload/LoadModels', { ...loading, xprotos })
  expect(refusal).toEqual(isToAskAgain('HelloWorldService.hello_from cannot take the values'))
})

test('records stand in the way of unloading until they are cleaned away', async () => {
  await load()
  await asAdministrator(core.store).create('HelloWorldService', {
    name: 'hello',
    hello_from: 'Ann',
  })
  const refusal = await admin.refused('xos.dynamicload/UnloadModels', unloading('REQUIRE_CLEAN'))
  expect(refusal).toMatchObject({ code: status.ALREADY_EXISTS, details: 'ERROR_LIVE_MODELS' })
  const unload = () => admin.ask('xos.dynamicload/UnloadModels', unloading('AUTOMATICALLY_CLEAN'))
  expect((await unload()).reply).toEqual({ status: 'SUCCESS' })
  expect((await unload()).reply).toEqual({ status: 'SUCCESS_NOTHING_CHANGED' })
})

test('without credentials nothing is loaded and nothing is shown', async () => {
  const anonymous = await core.dial({})
  for (const method of ['LoadModels', 'UnloadModels', 'GetLoadStatus', 'GetConvenienceMethods']) {
    const refusal = await anonymous.refused(`xos.dynamicload/${method}`, {})
    expect(refusal.code).toBe(status.UNAUTHENTICATED)
  }
})

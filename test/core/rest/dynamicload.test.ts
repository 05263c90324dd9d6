import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFaces, type Faces } from '../faces.ts'
import { requestsTo } from './requests.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
})
afterAll(() => faces.close())

const call = requestsTo(() => faces.rest)
const load = (body: object) => call('POST', '/xosapi/v1/dynamicload/load_models', body)
const unload = (body: object) => call('POST', '/xosapi/v1/dynamicload/unload_models', body)

const shop = {
  name: 'shop',
  version: '1.0.0',
  coreVersion: '>=3.0.0',
  xprotos: [
    {
      filename: 'shop.xproto',
      contents:
        'option name = "shop"; option app_label = "shop";\nmessage Shelf (XOSBase) { required string name = 1 [max_length = 20]; }',
    },
  ],
  convenience_methods: [{ filename: 'shelf.py', contents: 'pass' }],
}

test('models are loaded, known, and loaded again without an effect', async () => {
  const first = await load(shop)
  const second = await load(shop)
  const status = await call('GET', '/xosapi/v1/dynamicload/load_status')
  const methods = await call('GET', '/xosapi/v1/dynamicload/convenience_methods')

  expect([first.statusCode, first.json()]).toEqual([200, { status: 'SUCCESS' }])
  expect(second.json()).toEqual({ status: 'SUCCESS_NOTHING_CHANGED' })
  expect((await call('GET', '/xosapi/v1/shop/shelves')).json()).toEqual({ items: [] })
  expect(status.json()).toMatchObject({ model_status: 0, model_output: '' })
  expect(status.json<{ services: object[] }>().services).toEqual([
    { name: 'hello-world', version: '1.0.0', state: 'present' },
    { name: 'shop', version: '1.0.0', state: 'present' },
    { name: 'core', version: '4.0.4', state: 'present' },
  ])
  expect(methods.json()).toEqual({
    convenience_methods: [{ filename: 'shelf.py', contents: 'pass' }],
  })
})

test('models of which there are records stay, until they may be cleaned up', async () => {
  await load(shop)
  await call('POST', '/xosapi/v1/shop/shelves', { name: 'upper' })
  const refused = await unload({ name: 'shop', version: '1.0.0' })
  const purged = await unload({ name: 'shop', version: '1.0.0', cleanupBehavior: 'PURGE' })

  expect(refused.statusCode).toBe(409)
  expect(refused.json()).toMatchObject({ error: 'ERROR_LIVE_MODELS' })
  expect([purged.statusCode, purged.json()]).toEqual([200, { status: 'SUCCESS' }])
  expect((await call('GET', '/xosapi/v1/shop/shelves')).statusCode).toBe(404)
})

test.each([
  ['a core that is too old for it', { ...shop, version: '2', coreVersion: '>=9.0.0' }],
  [
    'models that do not compile',
    { ...shop, name: 'broken', xprotos: [{ filename: 'a.xproto', contents: 'message {' }] },
  ],
  ['a file that is not one', { ...shop, xprotos: ['message'] }],
  ['files that are no list', { ...shop, decls: {} }],
  ['a name that is no text', { ...shop, name: 5 }],
  ['an unknown field', { ...shop, xproto: [] }],
] as const)('a load with %s is 400', async (_what, body) => {
  const answer = await load(body)

  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toMatchObject({ error: 'XOSValidationError' })
})

test('an unload with an unknown behaviour is 400 and names those that are known', async () => {
  const answer = await unload({ name: 'shop', version: '1', cleanup_behavior: 'SWEEP' })

  expect(answer.statusCode).toBe(400)
  expect(answer.body).toContain('AUTOMATICALLY_CLEAN')
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFaces, type Faces } from '../faces.ts'
import { instances, requestsTo, services } from './requests.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
  await faces.work.register({
    name: 'hello-world',
    version: '1.0.1',
    models: faces.helloWorld,
    steps: [{ step: 'greet', model: 'HelloWorldServiceInstance', include: ['owner'] }],
    requiredModels: [],
  })
})
afterAll(() => faces.close())

const call = requestsTo(() => faces.rest)
const url = '/xosapi/v1/utility/tokens'

type Issued = { readonly id: number; readonly step: string; readonly token: string }

const issued = async (body: object = { step: 'greet' }): Promise<Issued> =>
  (await call('POST', url, body)).json()

const bearer = ({ token }: Issued) => ({ authorization: `Bearer ${token}` })

test('a token is told once, listed without its text, and ends when it is revoked', async () => {
  const token = await issued({ step: 'hello-world/greet', ttl: 3600 })
  const list = await call('GET', url)
  const works = await call('GET', instances, undefined, bearer(token))
  const revoked = await call('DELETE', `${url}/${token.id}`)
  const ended = await call('GET', instances, undefined, bearer(token))

  expect(token.token).toMatch(/^sst_[\w-]{43}$/)
  expect(list.json<{ items: object[] }>().items).toContainEqual({
    id: token.id,
    step: 'hello-world/greet',
    user_id: 1,
    created_at: 1_600_000_000,
    expires_at: 1_600_003_600,
  })
  expect(list.body).not.toContain(token.token)
  expect([works, revoked, ended].map(({ statusCode }) => statusCode)).toEqual([200, 200, 401])
})

test('it lets its step do what the step declared, and nothing else', async () => {
  const token = bearer(await issued())
  const { id } = (await call('POST', services, { name: 's', hello_from: 'x' })).json<{
    id: number
  }>()
  const statuses = await Promise.all([
    call('GET', `${services}/${id}`, undefined, token),
    call('GET', '/xosapi/v1/core/sites', undefined, token),
    call('POST', instances, { name: 'i', hello_to: 'x', owner_id: id }, token),
    call('GET', url, undefined, token),
    call('POST', url, { step: 'greet' }, token),
    call('GET', '/xosapi/v1/audit', undefined, token),
  ])

  expect(statuses.map(({ statusCode }) => statusCode)).toEqual([200, 403, 403, 403, 403, 403])
})

test.each([
  [{}, 400],
  [{ step: 5 }, 400],
  [{ step: 'greet', ttl: 'long' }, 400],
  [{ step: 'greet', ttl: 1 }, 400],
  [{ step: 'greet', admin: true }, 400],
  [{ step: 'nobody' }, 404],
])('a token for %j is %i', async (body, status) => {
  expect((await call('POST', url, body)).statusCode).toBe(status)
})

test('a token that is not there cannot be revoked', async () => {
  expect((await call('DELETE', `${url}/9999`)).statusCode).toBe(404)
})

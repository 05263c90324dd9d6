import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asAdmin, basic, openFaces, type Faces } from '../faces.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
})
afterAll(() => faces.close())

const services = '/xosapi/v1/hello-world/helloworldservices'
const instances = '/xosapi/v1/hello-world/helloworldserviceinstances'

const call = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  payload?: object | string,
  headers: Record<string, string> = asAdmin,
) => {
  const type = { 'content-type': 'application/json' }
  return payload === undefined
    ? faces.rest.inject({ method, url, headers })
    : faces.rest.inject({ method, url, payload, headers: { ...type, ...headers } })
}

let made = 0

/** A new service. */
const created = async (): Promise<{ readonly id: number }> => {
  made += 1
  return (await call('POST', services, { name: `service ${made}`, hello_from: 'Jhon Snow' })).json()
}

test('a record is created, read, listed, changed and deleted, always with status 200', async () => {
  const post = await call('POST', services, { name: 'crud', hello_from: 'Jhon Snow' })
  const { id } = post.json<{ id: number }>()
  const url = `${services}/${id}`
  const get = await call('GET', url)
  const list = await call('GET', services)
  const put = await call('PUT', url, { hello_from: 'Arya Stark' })
  const gone = await call('DELETE', url)

  expect([post, get, list, put, gone].map(({ statusCode }) => statusCode)).toEqual([
    200, 200, 200, 200, 200,
  ])
  expect(get.json()).toEqual(post.json())
  expect(list.json<{ items: unknown[] }>().items).toContainEqual(post.json())
  expect(put.json()).toMatchObject({ id, name: 'crud', hello_from: 'Arya Stark' })
  expect(gone.json()).toEqual({})
  expect((await call('GET', url)).statusCode).toBe(404)
})

test('null fields are absent, sets are there even when empty, and so is what names the model', async () => {
  const record = (await call('POST', services, { name: 'shape', hello_from: 'x' })).json<object>()

  expect(record).not.toHaveProperty('loudness')
  expect(record).not.toHaveProperty('enacted')
  expect(record).toMatchObject({
    polite: true,
    slices_ids: [],
    class_names: 'HelloWorldService,Service,XOSBase',
    self_content_type_id: 'hello-world.helloworldservice',
  })
})

test.each([
  ['lowerCamelCase names', { helloFrom: 'Brienne' }, { hello_from: 'Brienne' }],
  ['a whole number as text', { loudness: '7' }, { loudness: 7 }],
  ['a number with a point as text', { pitch: '0.5' }, { pitch: 0.5 }],
  ['a 64-bit number as text, and answers text', { wide: '42' }, { wide: '42' }],
  ['a 64-bit number, and answers text', { wide: 43 }, { wide: '43' }],
  [
    'what only the core can know, and ignores it',
    { id: 999, classNames: 'X', slices_ids: [5] },
    {},
  ],
])('a body may hold %s', async (_what, body, stored) => {
  const { id } = await created()
  const answer = await call('PUT', `${services}/${id}`, body)

  expect(answer.json()).toMatchObject({
    id,
    class_names: 'HelloWorldService,Service,XOSBase',
    slices_ids: [],
    ...stored,
  })
  expect(answer.statusCode).toBe(200)
})

test('null clears a field, and a record that is put back whole is accepted', async () => {
  const { id } = await created()
  const url = `${services}/${id}`
  await call('PUT', url, { loudness: 3 })
  const whole = (await call('GET', url)).json<object>()

  expect((await call('PUT', url, whole)).json()).toMatchObject({ loudness: 3 })
  expect((await call('PUT', url, { loudness: null })).json()).not.toHaveProperty('loudness')
})

test('a link is an id, and 0 means none', async () => {
  const { id } = await created()
  const instance = { name: 'i', hello_to: 'D', owner_id: String(id), master_serviceinstance_id: 0 }
  const answer = await call('POST', instances, instance)

  expect(answer.json()).toMatchObject({ owner_id: id })
  expect(answer.json()).not.toHaveProperty('master_serviceinstance_id')
})

const mistakes: readonly [string, string, string, Readonly<Record<string, RegExp>>][] = [
  ['an unknown field', '{"helo_from":"x"}', 'hello_from', { helo_from: /mean hello_from/ }],
  ['__proto__', '{"__proto__":{"is_admin":true}}', '__proto__', { ['__proto__']: /unknown/ }],
  ['constructor', '{"constructor":1}', 'constructor', { constructor: /unknown field/ }],
  ['a field twice', '{"hello_from":"a","helloFrom":"b"}', 'twice', { helloFrom: /twice/ }],
  ['a text for a number', '{"loudness":"loud"}', 'loudness', { loudness: /whole number/ }],
  ['a number out of range', '{"loudness":"2147483648"}', 'loudness', { loudness: /0 to 11/ }],
  ['a number for a text', '{"hello_from":5}', 'hello_from', { hello_from: /expected a string/ }],
  ['a text for a boolean', '{"polite":"true"}', 'polite', { polite: /true or false/ }],
  ['a blank required field', '{"hello_from":""}', 'blank', { hello_from: /blank/ }],
  ['what is not JSON', '{"name": ', 'not JSON', {}],
  ['a list', '[]', 'Expected a JSON object', {}],
  ['null', 'null', 'Send at least {}', {}],
  ['nothing', '', 'Send at least {}', {}],
  ['a hundred thousand lists', `{"name":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, 'levels', {}],
]

test.each(mistakes)(
  'a body with %s is refused with 400 and changes nothing',
  async (_what, body, text, fields) => {
    const { id } = await created()
    const url = `${services}/${id}`
    const before = (await call('GET', url)).json<object>()
    const answer = await call('PUT', url, body)
    const error = answer.json<{ specific_error: string; fields: Record<string, string> }>()

    expect(answer.statusCode).toBe(400)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(error).toMatchObject({ error: 'XOSValidationError' })
    expect(error.specific_error).toContain(text)
    expect(Object.keys(error.fields)).toEqual(Object.keys(fields))
    for (const [name, reason] of Object.entries(fields)) expect(error.fields[name]).toMatch(reason)
    expect((await call('GET', url)).json()).toEqual(before)
  },
)

test('all unknown fields of a body are told at once', async () => {
  const answer = await call('POST', services, { naem: 'x', helo_from: 'y' })

  expect(Object.keys(answer.json<{ fields: object }>().fields)).toEqual(['naem', 'helo_from'])
})

test('what a step writes is not for users: 403', async () => {
  const { id } = await created()
  const answer = await call('PUT', `${services}/${id}`, { backend_status: 'fine' })

  expect(answer.statusCode).toBe(403)
  expect(answer.json()).toMatchObject({ error: 'XOSPermissionDenied' })
})

test.each([
  ['GET', '/xosapi/v1/hello-world/nothings', undefined],
  ['POST', '/xosapi/v1/hello-world/nothings', {}],
  ['POST', '/xosapi/v1/core/xosbases', {}],
  ['GET', '/xosapi/v1/hello-world/__proto__', undefined],
  ['GET', `${services}/0`, undefined],
  ['GET', `${services}/1x`, undefined],
  ['GET', `${services}/99999`, undefined],
  ['DELETE', `${services}/99999`, undefined],
  ['PUT', `${services}/2147483648`, {}],
  ['PUT', `${services}/${'9'.repeat(90)}`, {}],
  ['GET', `${services}/`, undefined],
  ['POST', '/elsewhere', 'a body of no type'],
] as const)('%s %s is 404', async (method, url, payload) => {
  const answer = await call(method, url, payload)

  expect(answer.statusCode).toBe(404)
  expect(answer.json()).toMatchObject({ error: 'XOSNotFound' })
})

test.each([
  ['PATCH', services, 'GET, POST, HEAD'],
  ['DELETE', services, 'GET, POST, HEAD'],
  ['POST', `${services}/1`, 'GET, PUT, DELETE, HEAD'],
  ['GET', '/xosapi/v1/utility/login', 'POST'],
] as const)('%s %s is 405 and says what is allowed', async (method, url, allow) => {
  const answer = await faces.rest.inject({ method, url, headers: asAdmin })

  expect(answer.statusCode).toBe(405)
  expect(answer.headers.allow).toBe(allow)
})

test.each(['text/yaml', 'text/plain', 'application/x-www-form-urlencoded'])(
  'a body of type %s, which any page may send, is 415 and says how to send it',
  async (type) => {
    const headers = { ...asAdmin, 'content-type': type }
    const answer = await call('POST', services, '{"name":"x","hello_from":"y"}', headers)

    expect(answer.statusCode).toBe(415)
    expect(answer.json<{ specific_error: string }>().specific_error).toBe(
      "Expected a body of content type application/json; with curl, add -H 'Content-Type: application/json'",
    )
  },
)

test.each([
  ['nothing', {}, 'Basic realm="syncstep", charset="UTF-8"'],
  [
    'a wrong password',
    { authorization: basic('admin@opencord.org', 'letmeout') },
    'Basic realm="syncstep", charset="UTF-8"',
  ],
  [
    'an unknown user',
    { authorization: basic('nobody@opencord.org', 'x') },
    'Basic realm="syncstep", charset="UTF-8"',
  ],
  ['another scheme', { authorization: 'Digest abc' }, 'Basic realm="syncstep", charset="UTF-8"'],
  [
    'an unknown token',
    { authorization: 'Bearer abc' },
    'Bearer realm="syncstep", error="invalid_token"',
  ],
  ['what is not base64', { authorization: 'Basic !!!' }, 'Basic realm="syncstep", charset="UTF-8"'],
  ['an unknown session', { 'x-xossession': 'a'.repeat(32) }, 'Session realm="syncstep"'],
])('with %s a request is 401, before its body is looked at', async (_what, headers, challenge) => {
  const answer = await call('POST', services, '{not json', headers)

  expect(answer.statusCode).toBe(401)
  expect(answer.headers['www-authenticate']).toBe(challenge)
  expect(answer.json()).toMatchObject({ error: 'XOSNotAuthenticated' })
  expect(answer.body).not.toContain('letmeout')
})

test('a login gives a session that works until the logout', async () => {
  const password = 'let:me in'
  const login = await call(
    'POST',
    '/xosapi/v1/utility/login',
    { username: 'admin@opencord.org', password },
    {},
  )
  const { sessionid } = login.json<{ sessionid: string }>()
  const session = { 'x-xossession': sessionid }

  expect(sessionid).toMatch(/^[a-z0-9]{32}$/)
  expect((await call('GET', services, undefined, session)).statusCode).toBe(200)
  expect((await call('POST', '/xosapi/v1/utility/logout', {}, session)).json()).toEqual({})
  expect((await call('GET', services, undefined, session)).statusCode).toBe(401)
})

test.each([
  [{ username: 'admin@opencord.org', password: 'wrong' }, 401],
  [{ username: '', password: '' }, 401],
  [{ username: 'admin@opencord.org' }, 400],
  [{ username: 'admin@opencord.org', password: 5 }, 400],
  [{ username: 'a', password: 'b', extra: 1 }, 400],
])('a login with %j is %i', async (body, status) => {
  expect((await call('POST', '/xosapi/v1/utility/login', body, {})).statusCode).toBe(status)
})

test('noop needs nobody', async () => {
  expect((await call('POST', '/xosapi/v1/utility/noop', undefined, {})).json()).toEqual({})
})

test('a user sees and writes what the policies of the models allow; for the rest it is 403 that says why', async () => {
  await call('POST', '/xosapi/v1/core/users', {
    email: 'reader@opencord.org',
    password: 'secret',
    firstname: 'R',
    lastname: 'R',
    username: 'reader',
    site_id: 1,
    is_admin: false,
  })
  const asReader = { authorization: basic('reader@opencord.org', 'secret') }
  const users = '/xosapi/v1/core/users'
  const site = { name: 'mine', abbreviated_name: 'm', login_base: 'm' }
  const list = await call('GET', users, undefined, asReader)
  const get = await call('GET', `${users}/1`, undefined, asReader)
  const put = await call('PUT', '/xosapi/v1/core/sites/1', { name: 'mine' }, asReader)
  const post = await call('POST', '/xosapi/v1/core/sites', site, asReader)

  const seen = list.json<{ items: { email: string }[] }>().items
  expect(seen.map(({ email }) => email)).toEqual(['reader@opencord.org'])
  expect([get, put, post].map(({ statusCode }) => statusCode)).toEqual([403, 403, 403])
  expect(get.body).toMatch(/reader@opencord.org may not read User object 1 .*user_policy/)
  expect(put.body).toMatch(/may not write Site object 1 .*site_policy/)
  expect(post.body).toMatch(/may not write Site new object .*site_policy/)
})

test('a service that brings new models has its paths at once', async () => {
  expect((await call('GET', '/xosapi/v1/late/lates')).statusCode).toBe(404)
  const contents =
    'option name = "late"; option app_label = "late";\nmessage Late (XOSBase) { required string name = 1 [max_length = 20]; }'
  await faces.work.register({
    name: 'late',
    version: '1',
    models: [{ filename: 'late.xproto', contents }],
    steps: [],
    requiredModels: [],
  })

  expect((await call('GET', '/xosapi/v1/late/lates')).json()).toEqual({ items: [] })
})

test('a fault of the core is 500 without a word of its cause, and is logged', async () => {
  const broken = faces.faulty({
    as: (caller) => ({
      ...faces.store.as(caller),
      get: () => Promise.reject(new Error('secret of the cellar')),
    }),
  })
  const url = `${services}/1`
  const answer = await broken.rest.inject({ method: 'GET', url, headers: asAdmin })

  expect(answer.statusCode).toBe(500)
  expect(answer.body).not.toContain('cellar')
  expect(broken.faults).toMatchObject([{ err: { message: 'secret of the cellar' } }])
})

test('no JSON body makes the core fail', async () => {
  const names = [
    'name',
    'hello_from',
    'loudness',
    'wide',
    'polite',
    'pitch',
    'owner_id',
    'created',
    'slices_ids',
    '__proto__',
    'toString',
  ]
  const bodies = fc.oneof(
    fc.json(),
    fc
      .dictionary(fc.constantFrom(...names), fc.jsonValue(), { noNullPrototype: true })
      .map((body) => JSON.stringify(body)),
    fc.string(),
  )
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const answer = await call('POST', services, body)
      expect([200, 400, 409]).toContain(answer.statusCode)
    }),
    { numRuns: 150 },
  )
  expect(faces.faults).toEqual([])
})

test('null is the default of a new record, empties a field later, and is refused where a value has to be', async () => {
  const given = { name: 'nulls', hello_from: 'me', description: 'text', no_sync: null }
  const created = await call('POST', services, given)
  expect(created.json()).toMatchObject({ description: 'text', no_sync: false })

  const url = `${services}/${created.json<{ id: number }>().id}`
  const emptied = await call('PUT', url, { description: null })
  expect(emptied.json()).not.toHaveProperty('description')
  for (const name of ['hello_from', 'no_sync']) {
    const refused = await call('PUT', url, { [name]: null })
    expect([refused.statusCode, refused.json()]).toMatchObject([
      400,
      { fields: { [name]: 'This field cannot be null.' } },
    ])
  }
})

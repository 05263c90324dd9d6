import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFaces, toscaAsAdmin, type Faces } from '../faces.ts'
import { asAdministrator } from '../../support/store.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
})
afterAll(() => faces.close())

const post = (url: '/run' | '/delete', payload: string | Buffer, headers: object = toscaAsAdmin) =>
  faces.tosca.inject({ method: 'POST', url, payload, headers: { ...headers } })

/** A recipe around the given node templates, which are indented by four. */
const recipe = (nodes: string): string => `tosca_definitions_version: tosca_simple_yaml_1_0
imports:
  - custom_types/helloworldservice.yaml
topology_template:
  node_templates:
${nodes}`

const named = async (model: string, name: string) => {
  const [record] = await asAdministrator(faces.store).find(model, { name })
  return record
}

const counts = async () =>
  Promise.all(
    ['Service', 'ServiceInstance', 'Site', 'User'].map(
      async (model) => (await asAdministrator(faces.store).list(model)).length,
    ),
  )

test('the recipe of the tutorial creates its records in order, and again only updates them', async () => {
  const tutorial = recipe(`
    service:
      type: tosca.nodes.HelloWorldService
      properties: { name: HelloWorld, hello_from: Jhon Snow }
    serviceinstance:
      type: tosca.nodes.HelloWorldServiceInstance
      properties: { name: HelloWorld Service Instance, hello_to: Daenerys Targaryen }
    constraints:
      type: tosca.nodes.ServiceGraphConstraint
      properties: { constraints: '["HelloWorld"]' }
`)
  const first = await post('/run', tutorial)
  const before = await named('HelloWorldService', 'HelloWorld')
  await faces.clock.advance(1000)
  const second = await post('/run', tutorial)
  const after = await named('HelloWorldService', 'HelloWorld')

  const created = "Created models: ['service', 'serviceinstance', 'constraints']"
  expect([first.statusCode, first.body]).toEqual([200, created])
  expect([second.statusCode, second.body]).toEqual([200, created])
  expect(first.headers['content-type']).toBe('text/plain; charset=utf-8')
  expect(after).toMatchObject({ id: before?.['id'], hello_from: 'Jhon Snow' })
  expect(after?.['updated']).toBeGreaterThan(Number(before?.['updated']))
  expect(await asAdministrator(faces.store).list('ServiceGraphConstraint')).toHaveLength(1)
})

test('what a node requires is created before it, and linked', async () => {
  const answer = await post(
    '/run',
    recipe(`
    "it's a child":
      type: tosca.nodes.HelloWorldServiceInstance
      properties: { name: child, hello_to: x }
      requirements:
        - owner: { node: parent, relationship: tosca.relationships.BelongsToOne }
    parent:
      type: tosca.nodes.HelloWorldService
      properties: { name: parent, hello_from: x }
`),
  )

  expect(answer.body).toBe(`Created models: ['parent', "it's a child"]`)
  expect(await named('HelloWorldServiceInstance', 'child')).toMatchObject({
    owner_id: (await named('HelloWorldService', 'parent'))?.['id'],
  })
})

test('a link can be part of what finds a record', async () => {
  const chain = recipe(`
    a: { type: tosca.nodes.HelloWorldService, properties: { name: link a, hello_from: x } }
    b: { type: tosca.nodes.HelloWorldService, properties: { name: link b, hello_from: x } }
    dependency:
      type: tosca.nodes.ServiceDependency
      properties: { connect_method: none }
      requirements:
        - provider_service: { node: a }
        - subscriber_service: { node: b }
`)
  await post('/run', chain)
  const again = await post('/run', chain)

  expect(again.body).toBe("Created models: ['a', 'b', 'dependency']")
  expect(await asAdministrator(faces.store).list('ServiceDependency')).toHaveLength(1)
})

test('a node that must exist is found and changed, never created', async () => {
  const site = (name: string): string =>
    recipe(`
    site:
      type: tosca.nodes.Site
      properties: { name: ${name}, must-exist: true }
`)
  const found = await post('/run', site('mysite'))
  const missing = await post('/run', site('elsewhere'))

  expect(found.body).toBe("Created models: ['site']")
  expect(missing.statusCode).toBe(400)
  expect(missing.body).toBe(
    "[XOS-TOSCA] Failed to save or delete model Site [site]: [XOS-TOSCA] Model of class Site and properties {'name': 'elsewhere'} has property 'must-exist' but cannot be found",
  )
})

test('several records that fit are an error', async () => {
  const name = 'not unique'
  const service = await named('HelloWorldService', 'HelloWorld')
  for (const hello_to of ['a', 'b']) {
    const values = { name, hello_to, owner_id: service?.['id'] }
    await asAdministrator(faces.store).create('HelloWorldServiceInstance', values)
  }
  const answer = await post(
    '/run',
    recipe(`
    n: { type: tosca.nodes.HelloWorldServiceInstance, properties: { name: ${name}, hello_to: c } }
`),
  )

  expect(answer.statusCode).toBe(400)
  expect(answer.body).toContain("{'name': 'not unique'} has multiple instances, I can't handle it")
})

test('a recipe that fails in its last node writes nothing', async () => {
  const before = await counts()
  const answer = await post(
    '/run',
    recipe(`
    good: { type: tosca.nodes.HelloWorldService, properties: { name: half, hello_from: x } }
    bad: { type: tosca.nodes.HelloWorldService, properties: { name: written } }
`),
  )

  expect(answer.statusCode).toBe(400)
  expect(answer.body).toMatch(/^XOSValidationError: .*hello_from.* \(node "bad"\)$/)
  expect(await counts()).toEqual(before)
})

test('a delete takes what links to others first, and leaves what must exist', async () => {
  const nodes = recipe(`
    kept:
      type: tosca.nodes.Site
      properties: { name: mysite, must-exist: true }
    parent:
      type: tosca.nodes.HelloWorldService
      properties: { name: doomed, hello_from: x }
    child:
      type: tosca.nodes.HelloWorldServiceInstance
      properties: { name: doomed too, hello_to: x }
      requirements:
        - owner: { node: parent }
`)
  await post('/run', nodes)
  const first = await post('/delete', nodes)
  const second = await post('/delete', nodes)

  expect([first.statusCode, first.body]).toEqual([200, "Deleted models: ['child', 'parent']"])
  expect([second.statusCode, second.body]).toEqual([200, 'Deleted models: []'])
  expect(await named('HelloWorldService', 'doomed')).toBeUndefined()
  expect(await named('HelloWorldServiceInstance', 'doomed too')).toBeUndefined()
  expect(await named('Site', 'mysite')).toBeDefined()
})

test.each([
  ['no headers', {}],
  ['one header', { 'xos-username': 'admin@opencord.org' }],
  ['a wrong password', { ...toscaAsAdmin, 'xos-password': 'wrong' }],
])('with %s a recipe is 401, before it is read', async (_what, headers) => {
  const answer = await post('/run', ']not yaml[', headers)

  expect(answer.statusCode).toBe(401)
  expect(answer.body).toMatch(/^XOSNotAuthenticated: /)
  expect(answer.headers['www-authenticate']).toBe('XOS realm="syncstep"')
})

test('a recipe may write what its user may write; a password may be in any letters', async () => {
  const names = { firstname: 'R', lastname: 'R', username: 'r', site_id: 1 }
  const user = { ...names, email: 'reader@opencord.org', password: 'пароль:1', is_admin: false }
  await asAdministrator(faces.store).create('User', user)
  const site = recipe(`
    mine:
      type: tosca.nodes.Site
      properties: { name: mine, abbreviated_name: m, login_base: m }
`)
  const answer = await post('/run', site, {
    'xos-username': user.email,
    'xos-password': Buffer.from(user.password).toString('latin1'),
  })

  expect(answer.statusCode).toBe(401)
  expect(answer.body).toMatch(/^XOSPermissionDenied: .*reader@opencord.org.*Site.*site_policy/)
})

test.each([
  ['POST', '/', 405],
  ['PUT', '/custom_type/site', 405],
  ['GET', '/custom_type/nothing', 404],
  ['GET', '/custom_type/Site', 404],
  ['GET', '/custom_type/__proto__', 404],
  ['POST', '/elsewhere', 404],
  ['GET', '/run', 405],
] as const)('%s %s is %i, in a sentence', async (method, url, status) => {
  const answer = await faces.tosca.inject({ method, url })

  expect(answer.statusCode).toBe(status)
  expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
})

test('what recipes are made of is told to everybody: the names of all types, and each type', async () => {
  const list = await faces.tosca.inject({ method: 'GET', url: '/' })
  const types = list.json<Record<string, string>>()
  const type = await faces.tosca.inject({ method: 'GET', url: types['helloworldservice'] ?? '' })

  expect(types).toMatchObject({ site: '/custom_type/site', xosbase: '/custom_type/xosbase' })
  expect(type.headers['content-type']).toBe('text/plain; charset=utf-8')
  expect(type.body).toMatch(/^tosca_definitions_version: tosca_simple_yaml_1_0\n/)
  expect(type.body).toContain('tosca.nodes.HelloWorldService:')
})

test.each(['text/yaml', 'application/json', 'application/x-www-form-urlencoded', 'x/y'])(
  'a recipe may come as %s',
  async (type) => {
    const answer = await post('/run', recipe(''), { ...toscaAsAdmin, 'content-type': type })

    expect([answer.statusCode, answer.body]).toEqual([200, 'Created models: []'])
  },
)

test.each([
  ['an empty body', ''],
  ['what is not UTF-8', Buffer.from([0x61, 0xff])],
])('%s is 400', async (_what, body) => {
  expect((await post('/run', body)).statusCode).toBe(400)
})

test('a password of the wrong type is never repeated', async () => {
  const answer = await post(
    '/run',
    recipe(`
    user: { type: tosca.nodes.User, properties: { email: a@b.c, password: 271828 } }
`),
  )

  expect(answer.statusCode).toBe(400)
  expect(answer.body).toContain('field password')
  expect(answer.body).not.toContain('271828')
})

test('a fault of the core is 500 without a word of its cause, and is logged', async () => {
  const broken = faces.faulty({ transaction: () => Promise.reject(new Error('the cellar')) })
  const payload = recipe('')
  const headers = { ...toscaAsAdmin }
  const answer = await broken.tosca.inject({ method: 'POST', url: '/run', payload, headers })

  expect(answer.statusCode).toBe(500)
  expect(answer.body).not.toContain('cellar')
  expect(broken.faults).toHaveLength(1)
})

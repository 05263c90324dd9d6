import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFaces, type Faces } from '../faces.ts'
import { instances, requestsTo, services } from './requests.ts'
import { routesOf } from './routes.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
})
afterAll(() => faces.close())

const call = requestsTo(() => faces.rest)

type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly security?: [] }>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

const open = { authorization: 'none' }

const readDocument = async (): Promise<Document> =>
  (await call('GET', '/apidocs/openapi.json', undefined, open)).json()

const methods = ['get', 'post', 'put', 'delete'] as const

test('a validator of OpenAPI 3.1 accepts the description', async () => {
  const validator = new Validator()
  const result = await validator.validate(await readDocument())

  expect(result).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('every path and method that is described is there, and asks for credentials as it says', async () => {
  const { paths } = await readDocument()
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) =>
      item[method] === undefined ? [] : [{ path, method, ...item[method] }],
    ),
  )

  expect(operations.length).toBeGreaterThan(150)
  for (const { path, method, security } of operations) {
    const url = path.replace('{id}', '1')
    const answer = await faces.rest.inject({ method, url })
    const isOpen = security !== undefined
    expect([path, method, answer.statusCode === 401 && !url.endsWith('/login')]).toEqual([
      path,
      method,
      !isOpen,
    ])
    expect([path, method, [404, 405].includes(answer.statusCode)]).toEqual([path, method, false])
  }
})

test.each([
  ['POST', '/xosapi/v1/utility/login', { username: 'nobody', password: 'x' }, 401],
  ['GET', `/xosapi/v1/utility/dirty_models?class_name=${'x'.repeat(300)}`, undefined, 400],
] as const)('%s %s may answer as described', async (method, url, body, status) => {
  const { paths } = await readDocument()
  const { statusCode } = await call(method, url, body)
  expect(statusCode).toBe(status)
  const [path = ''] = url.split('?')
  expect(paths[path]?.[method.toLowerCase()]).toMatchObject({
    responses: { [status]: expect.anything() as object },
  })
})

test('every route is described', async () => {
  const { paths } = await readDocument()
  const described = new Set(Object.keys(paths).map((path) => path.replaceAll(/\{\w+\}/g, '*')))
  const routes = routesOf(faces.rest).map(({ path }) => path)
  const fixed = routes.filter((path) => path.startsWith('/xosapi/') && !path.includes(':plural'))

  expect(new Set(fixed).size).toBeGreaterThan(10)
  for (const path of fixed) expect(described).toContain(path.replaceAll(/:\w+/g, '*'))
})

test('records are answered, and bodies accepted, as described', async () => {
  const document = await readDocument()
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'api')
  const problems = (name: string, value: unknown) => {
    const validate = ajv.getSchema(`api#/components/schemas/${name}`)
    return validate?.(value) === true ? [] : (validate?.errors ?? ['no such schema'])
  }
  const body = { name: 'described', hello_from: 'x', wide: '9007199254740991' }
  const service = (await call('POST', services, body)).json<{ id: number }>()
  const instance = { name: 'described', hello_to: 'y', owner_id: service.id }
  await call('POST', instances, instance)
  const list = (await call('GET', `${instances}?limit=1`)).json<object>()
  const error = (await call('POST', services, {})).json<object>()

  expect(problems('HelloWorldService.create', body)).toEqual([])
  expect(problems('HelloWorldService.create', { name: 'x' })).toHaveLength(1)
  expect(problems('HelloWorldService', service)).toEqual([])
  expect(problems('HelloWorldService.update', service)).toEqual([])
  expect(problems('HelloWorldServiceInstance.list', list)).toEqual([])
  expect(problems('core.error', error)).toEqual([])
})

test('the description is told once to a client that keeps it, until there are other models', async () => {
  const first = await call('GET', '/apidocs/openapi.json', undefined, open)
  const ask = () =>
    call('GET', '/apidocs/openapi.json', undefined, { 'if-none-match': String(first.headers.etag) })
  const unchanged = await ask()
  await faces.work.register({
    name: 'fresh',
    version: '1',
    models: [
      {
        filename: 'fresh.xproto',
        contents:
          'option name = "fresh"; option app_label = "fresh";\nmessage Fresh (XOSBase) { required string name = 1 [max_length = 20]; }',
      },
    ],
    steps: [],
    requiredModels: [],
  })
  const changed = await ask()

  expect([unchanged.statusCode, unchanged.body]).toEqual([304, ''])
  expect(changed.statusCode).toBe(200)
  expect(changed.json<Document>().paths).toHaveProperty('/xosapi/v1/fresh/freshes')
})

test('where XOS has its description there is the way to ours', async () => {
  const answer = await call('GET', '/apidocs/v1/swagger.json', undefined, open)

  expect([answer.statusCode, answer.headers.location]).toEqual([308, '/apidocs/openapi.json'])
})

test.each(['/apidocs', '/apidocs/'])('%s is a page that loads nothing', async (url) => {
  const { headers, body } = await call('GET', url, undefined, open)

  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  expect(headers['content-security-policy']).toContain("default-src 'none'")
  expect(body).not.toMatch(/<script|src=|https?:/)
  expect(body).toContain('POST /xosapi/v1/hello-world/helloworldservices')
})

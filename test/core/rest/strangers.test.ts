import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFaces, type Faces } from '../faces.ts'
import { routesOf } from './routes.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
})
afterAll(() => faces.close())

const isOpen: Readonly<Record<'rest' | 'tosca', ReadonlySet<string>>> = {
  rest: new Set([
    '/xosapi/v1/utility/login',
    '/xosapi/v1/utility/logout',
    '/xosapi/v1/utility/noop',
    '/xosapi/v1/modeldefs',
    '/xosapi/v1/xproto',
    '/xosapi/v1/version',
    '/xosapi/v1/dbinfo',
    '/apidocs',
    '/apidocs/',
    '/apidocs/openapi.json',
    '/apidocs/v1/swagger.json',
    // Who completes a call shows what only its function was told.
    '/xosapi/v1/completions/:right',
  ]),
  tosca: new Set(['/', '/custom_type/:name']),
}

test.each(['rest', 'tosca'] as const)(
  'of %s nothing but what XOS opens to strangers answers them',
  async (name) => {
    const face = faces[name]
    await face.ready()
    const routes = routesOf(face)
    expect(routes.length).toBeGreaterThan(30)
    for (const { method, path } of routes) {
      const url = path
        .replace(':app/:plural', 'core/sites')
        .replace(':id', '1')
        .replace(':name', 'site')
      const { statusCode } = await face.inject({ method: method as 'GET', url })
      const expected = statusCode === 405 || isOpen[name].has(path) ? statusCode : 401
      expect([method, path, statusCode]).toEqual([method, path, expected])
    }
  },
)

test.each([
  { authorization: '' },
  { authorization: 'Basic' },
  { authorization: 'Basic ' + 'A'.repeat(12_000) },
  { authorization: 'Basic AAAA' },
  { authorization: 'Bearer sst_' + 'A'.repeat(43) },
  { authorization: 'Digest username="admin"' },
  { 'x-xossession': '' },
  { 'x-xossession': "' or 1=1 --" },
  { 'x-xossession': 'é'.repeat(16) },
  { 'x-username': 'admin@opencord.org' },
  { 'xos-username': 'admin@opencord.org', 'xos-password': '' },
  { cookie: 'sessionid=abc' },
])('with headers %j a stranger stays one', async (headers) => {
  const rest = await faces.rest.inject({ url: '/xosapi/v1/core/sites', headers })
  const tosca = await faces.tosca.inject({ method: 'POST', url: '/run', headers, payload: 'x' })

  expect([rest.statusCode, tosca.statusCode]).toEqual([401, 401])
  expect(faces.faults).toEqual([])
})

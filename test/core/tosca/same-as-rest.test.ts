import { afterAll, beforeAll, expect, test } from 'vitest'
import { asAdmin, openFaces, toscaAsAdmin, type Faces } from '../faces.ts'
import { asAdministrator } from '../../support/store.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
})
afterAll(() => faces.close())

const byRest = (values: object) =>
  faces.rest.inject({
    method: 'POST',
    url: '/xosapi/v1/hello-world/helloworldservices',
    headers: asAdmin,
    payload: { name: 'by rest', ...values },
  })

/** A recipe in JSON, which is YAML. */
const byTosca = (values: object) =>
  faces.tosca.inject({
    method: 'POST',
    url: '/run',
    headers: toscaAsAdmin,
    payload: JSON.stringify({
      tosca_definitions_version: 'tosca_simple_yaml_1_0',
      topology_template: {
        node_templates: {
          node: {
            type: 'tosca.nodes.HelloWorldService',
            properties: { name: 'by tosca', ...values },
          },
        },
      },
    }),
  })

/** The one service there is, without what tells records apart; then there is none. */
const takeRecord = async () => {
  const [record, ...others] = await asAdministrator(faces.store).list('HelloWorldService')
  expect(others).toEqual([])
  if (record === undefined) return undefined
  await asAdministrator(faces.store).remove('HelloWorldService', Number(record['id']))
  return { ...record, id: 0, name: '' }
}

test.each([
  [200, { hello_from: 'x' }],
  [200, { hello_from: 'x', loudness: 11, pitch: 0.25, polite: false }],
  [200, { hello_from: '\'quoted\' \\ "twice"\n\t#: {}', pitch: -1e30 }],
  [200, { hello_from: 'Дейенерис 🐉', wide: 9007199254740991 }],
  [200, { hello_from: 'null' }],
  [200, { hello_from: 'x', loudness: null }],
  [200, { hello_from: 'x'.repeat(1024) }],
  [400, {}],
  [400, { hello_from: '' }],
  [400, { hello_from: 5 }],
  [400, { hello_from: ['x'] }],
  [400, { hello_from: { x: 1 } }],
  [400, { hello_from: 'a\0b' }],
  [400, { hello_from: 'x', loudness: 12 }],
  [400, { hello_from: 'x', loudness: 1.5 }],
  [400, { hello_from: 'x', polite: 'yes' }],
  [400, { hello_from: 'x', pitch: true }],
  [400, { hello_from: 'x', wide: 2 ** 53 }],
  [400, { hello_from: 'x', unheard_of: 1 }],
  [400, { hello_from: 'x', constructor: 1 }],
])('REST and TOSCA write the same: %i for %j', async (status, values) => {
  const rest = await byRest(values)
  const restRecord = await takeRecord()
  const tosca = await byTosca(values)
  const toscaRecord = await takeRecord()

  expect([rest.statusCode, tosca.statusCode]).toEqual([status, status])
  expect(toscaRecord).toEqual(restRecord)
  expect(restRecord === undefined).toBe(status !== 200)
})

// Line 11 of the checklist in reference core-api.md 12.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic } from '../core/grpc/xos-core.ts'
import { openCoreOnSockets, type CoreOnSockets, type Fields } from './faces.ts'

let core: CoreOnSockets
beforeAll(async () => {
  core = await openCoreOnSockets()
})
afterAll(() => core.close())

/** A recipe of core models with the given node templates. */
const recipe = (nodes: string, imports: readonly string[] = []): string =>
  `tosca_definitions_version: tosca_simple_yaml_1_0
description: One of the recipes that clients of XOS bring
${imports.length === 0 ? '' : `imports:\n${imports.map((one) => `  - custom_types/${one}.yaml\n`).join('')}`}
topology_template:
  node_templates:
${nodes}`

const all = async (model: string): Promise<readonly Fields[]> => {
  const { items } = await core.ask(`xos.xos/List${model}`)
  return (items ?? []) as readonly Fields[]
}
const named = async (model: string, name: string): Promise<Fields | undefined> =>
  (await all(model)).find((record) => record['name'] === name)

const extension = recipe(
  `
    test:
      type: tosca.nodes.XOSGuiExtension
      properties:
        name: test
        files: /spa/extensions/test/vendor.js, /spa/extensions/test/app.js
    should_stay:
      type: tosca.nodes.Site
      properties:
        name: mysite
        must-exist: true
`,
  ['site', 'xosguiextension'],
)

const siteWithUser = recipe(
  `
    usertest:
      type: tosca.nodes.User
      properties:
        username: test@opencord.org
        email: test@opencord.org
        password: mypwd
        firstname: User
        lastname: Test
        is_admin: True
      requirements:
        - site:
            node: site_onlab
            relationship: tosca.relationships.BelongsToOne
    site_onlab:
      type: tosca.nodes.Site
      properties:
        name: Open Networking Lab
        abbreviated_name: onlab
        login_base: onlab
`,
  ['user', 'site'],
)

/** Services, instances linked to each other and to a service, slices with networks of each other. */
const linked = `
    service#mcord:
      type: tosca.nodes.Service
      properties: { name: mcord }
    link1:
      type: tosca.nodes.ServiceInstanceLink
      requirements:
        - provider_service_instance: { node: test1, relationship: tosca.relationships.BelongsToOne }
        - subscriber_service_instance: { node: test2, relationship: tosca.relationships.BelongsToOne }
    link2:
      type: tosca.nodes.ServiceInstanceLink
      requirements:
        - subscriber_service: { node: 'service#mcord' }
        - provider_service_instance: { node: test2 }
    test1:
      type: tosca.nodes.ServiceInstance
      properties: { name: test1 }
      requirements: [ owner: { node: 'service#mcord' } ]
    test2:
      type: tosca.nodes.ServiceInstance
      properties: { name: test2 }
      requirements: [ owner: { node: 'service#mcord' } ]
    mysite:
      type: tosca.nodes.Site
      properties: { must-exist: true, name: mysite }
    slice#slice1:
      type: tosca.nodes.Slice
      properties: { name: mysite_slice1 }
      requirements: [ site: { node: mysite } ]
    slice#slice2:
      type: tosca.nodes.Slice
      properties: { name: mysite_slice2 }
      requirements: [ site: { node: mysite } ]
    shared_template:
      type: tosca.nodes.NetworkTemplate
      properties: { name: shared_template }
    network#network1:
      type: tosca.nodes.Network
      properties: { name: network1, permit_all_slices: true }
      requirements:
        - template: { node: shared_template }
        - owner: { node: 'slice#slice1' }
    networkslice#slice2_network1:
      type: tosca.nodes.NetworkSlice
      requirements:
        - network: { node: 'network#network1' }
        - slice: { node: 'slice#slice2' }
`

describe('11. TOSCA carries out the recipes of xos-tosca', () => {
  test('as it did: 200 and the names in order, however often; what exists is saved again', async () => {
    const first = await core.tosca('run', extension)
    const before = [await named('XOSGuiExtension', 'test'), await named('Site', 'mysite')]
    await core.clock.advance(1000)
    const second = await core.tosca('run', extension)
    const after = [await named('XOSGuiExtension', 'test'), await named('Site', 'mysite')]

    for (const { status, text, headers } of [first, second]) {
      expect([status, text]).toEqual([200, "Created models: ['test', 'should_stay']"])
      expect(headers.get('content-type')).toMatch(/^text\/plain/)
    }
    for (const [index, record] of after.entries()) {
      expect(record).toMatchObject({ id: before[index]!['id'] })
      expect(record!['updated']).toBeGreaterThan(Number(before[index]!['updated']))
    }
    expect(after[0]).toMatchObject({
      files: '/spa/extensions/test/vendor.js, /spa/extensions/test/app.js',
    })
    expect(await all('XOSGuiExtension')).toHaveLength(1)
  })

  test('a node is created after what it requires, and linked to it', async () => {
    const answer = await core.tosca('run', siteWithUser)
    expect(answer.text).toBe("Created models: ['site_onlab', 'usertest']")
    const site = await named('Site', 'Open Networking Lab')
    const user = (await all('User')).find(({ email }) => email === 'test@opencord.org')
    expect(user).toMatchObject({ firstname: 'User', is_admin: true, site_id: site!['id'] })
    // He can log in.
    const client = await core.dial({ authorization: basic('test@opencord.org', 'mypwd') })
    await expect(client.ask('xos.utility/AuthenticatedNoOp')).resolves.toBeDefined()
  })

  test('records that are found by their links are found again', async () => {
    const counts = () =>
      Promise.all(
        ['ServiceInstanceLink', 'ServiceInstance', 'Slice', 'Network', 'NetworkSlice'].map(
          async (model) => (await all(model)).length,
        ),
      )
    const first = await core.tosca('run', recipe(linked))
    expect([first.status, await counts()]).toEqual([200, [2, 2, 2, 1, 1]])
    const second = await core.tosca('run', recipe(linked))
    expect([second.status, second.text]).toEqual([200, first.text])
    expect(await counts()).toEqual([2, 2, 2, 1, 1])
    const service = await named('Service', 'mcord')
    const [one, two] = [
      await named('ServiceInstance', 'test1'),
      await named('ServiceInstance', 'test2'),
    ]
    expect(await all('ServiceInstanceLink')).toMatchObject([
      { provider_service_instance_id: one!['id'], subscriber_service_instance_id: two!['id'] },
      { provider_service_instance_id: two!['id'], subscriber_service_id: service!['id'] },
    ])
  })

  test('a delete takes what the recipe names, not what must exist, and is 200 again when all is gone', async () => {
    await core.tosca('run', extension)
    const first = await core.tosca('delete', extension)
    expect([first.status, first.text]).toEqual([200, "Deleted models: ['test']"])
    const second = await core.tosca('delete', extension)
    expect([second.status, second.text]).toEqual([200, 'Deleted models: []'])
    expect(await named('XOSGuiExtension', 'test')).toBeUndefined()
    expect(await named('Site', 'mysite')).toBeDefined()
  })

  const one = (node: string): string => recipe(`    n: ${node}\n`)

  test.each<[string, string, string | RegExp]>([
    [
      'a node that must exist and does not',
      one('{ type: tosca.nodes.Site, properties: { name: Elsewhere, must-exist: True } }'),
      "[XOS-TOSCA] Failed to save or delete model Site [n]: [XOS-TOSCA] Model of class Site and properties {'name': 'Elsewhere'} has property 'must-exist' but cannot be found",
    ],
    [
      'a key that is not given',
      one('{ type: tosca.nodes.Site, properties: { login_base: x } }'),
      /\[XOS-TOSCA\] Model Site doesn't have a property for the specified tosca_key \('name'\)/,
    ],
    [
      'a model without keys',
      one('{ type: tosca.nodes.Role, properties: { role_type: x } }'),
      /\[XOS-TOSCA\] Model Role doesn't have a tosca_key specified/,
    ],
    [
      'none of several keys',
      recipe(linked.replace(/\n +- subscriber_service_instance:.*/, '')),
      /specified tosca_key_one_of \(\['subscriber_network_id', 'subscriber_service_id', 'subscriber_service_instance_id'\]\)/,
    ],
    [
      'an unknown field',
      one('{ type: tosca.nodes.Site, properties: { name: x, nonsense: 1 } }'),
      /UnknownFieldError: "properties" of template "n" contains unknown field "nonsense"/,
    ],
    [
      'an unknown type',
      one('{ type: tosca.nodes.Nonsense, properties: { name: x } }'),
      /InvalidTypeError: Type "tosca.nodes.Nonsense" is not a valid type/,
    ],
    [
      'an unknown import',
      recipe('    n: { type: tosca.nodes.Site, properties: { name: x } }\n', ['nonsense']),
      /ImportError: Import "custom_types\/nonsense.yaml" is not valid/,
    ],
    [
      'no version',
      'topology_template: { node_templates: {} }',
      /MissingRequiredFieldError: Template is missing required field "tosca_definitions_version"/,
    ],
    [
      'a broken rule of the model',
      one(
        '{ type: tosca.nodes.Slice, properties: { name: a b }, requirements: [ site: { node: s } ] }',
      ) + '    s: { type: tosca.nodes.Site, properties: { name: mysite, must-exist: true } }\n',
      /^XOSValidationError: /,
    ],
  ])('%s is told in the words of XOS, with 400 in place of its 500', async (_, text, expected) => {
    const sites = (await all('Site')).length
    const answer = await core.tosca('run', text)
    if (typeof expected === 'string') expect(answer.text).toBe(expected)
    else expect(answer.text).toMatch(expected)
    expect(answer.status).toBe(400)
    expect(await all('Site')).toHaveLength(sites)
  })

  test('who may not is 401, and who is not known as well', async () => {
    const reader = { firstname: 'A', lastname: 'Reader', site_id: 1, email: 'reader@opencord.org' }
    await core.ask('xos.xos/CreateUser', { ...reader, password: 'let me read' })
    const site = one(
      '{ type: tosca.nodes.Site, properties: { name: x, login_base: x, abbreviated_name: x } }',
    )
    const as = (username: string, password: string) => ({
      'xos-username': username,
      'xos-password': password,
    })
    const denied = await core.tosca('run', site, as(reader.email, 'let me read'))
    expect([denied.status, denied.text]).toEqual([
      401,
      expect.stringMatching(/^XOSPermissionDenied/),
    ])
    const unknown = await core.tosca('run', site, as(reader.email, 'wrong'))
    expect([unknown.status, unknown.text]).toEqual([
      401,
      expect.stringMatching(/^XOSNotAuthenticated/),
    ])
    expect((await core.tosca('run', site, {})).status).toBe(401)
    expect(await named('Site', 'x')).toBeUndefined()
  })

  test('a core that fails is 500 in plain text, without a word of the reason', async () => {
    await core.database.query('alter table record rename to record_elsewhere')
    const answer = await core.tosca('run', extension)
    await core.database.query('alter table record_elsewhere rename to record')
    expect(answer.status).toBe(500)
    expect(answer.text).toMatch(/^XOSProgrammingError: /)
    expect(answer.text).not.toContain('relation')
    expect(core.faults).toHaveLength(1)
  })
})

import { expect, test } from 'vitest'
import { compile, createPolicyEvaluator, prefilterOf, type PolicyContext } from '#xproto'
import { coreSource } from '../../fixtures/xproto/read.ts'
import { createWorld, type World } from './world.ts'

const schema = compile([coreSource]).schema!
const policies = createPolicyEvaluator(schema)

const privilege = (accessor: number, permission: string, type: string, object: number) => ({
  accessor_id: accessor,
  accessor_type: 'User',
  object_type: type,
  object_id: object,
  permission,
})

const names = ['root', 'sam', 'creator', 'member', 'leader', 'stranger'] as const
type Name = (typeof names)[number] | 'nobody'

/**
 * Site 1 is administered by sam. Its slice 1 was made by creator, is used by member and led by leader; slice 2 of
 * site 2 is nobody's. Networks 1 and 2 belong to the slices of the same number.
 */
const world: World = {
  Site: [{ id: 1 }, { id: 2 }],
  User: names.map((name, index) => ({ id: index + 1, is_admin: name === 'root', site: 1 })),
  Privilege: [
    { id: 1, ...privilege(2, 'role:admin', 'Site', 1) },
    { id: 2, ...privilege(4, 'role:default', 'Slice', 1) },
    { id: 3, ...privilege(5, 'role:admin', 'Slice', 1) },
    { id: 4, ...privilege(4, 'role:default', 'Service', 1) },
    { id: 5, ...privilege(6, 'role:default', 'Site', 1) },
  ],
  Slice: [
    { id: 1, name: 'good', site: 1, creator: 3 },
    { id: 2, name: 'with blank', site: 2, creator: null },
  ],
  Service: [{ id: 1 }, { id: 2 }],
  Network: [
    { id: 1, owner: 1, permit_all_slices: false, permitted_slices: [] },
    { id: 2, owner: 2, permit_all_slices: false, permitted_slices: [1] },
    { id: 3, owner: 2, permit_all_slices: false, permitted_slices: [] },
    { id: 4, owner: 2, permit_all_slices: true, permitted_slices: [] },
  ],
  NetworkSlice: [
    { id: 1, slice: 1, network: 1 },
    { id: 2, slice: 1, network: 2 },
    { id: 3, slice: 1, network: 3 },
    { id: 4, slice: 1, network: 4 },
  ],
  Port: [
    { id: 1, network: 1 },
    { id: 2, network: 2 },
  ],
  Tag: [{ id: 1 }],
  XOSGuiExtension: [{ id: 1 }],
}
const { port, record, matching, asked } = createWorld(schema, world)

const contextOf = (name: Name, access: PolicyContext['access']): PolicyContext => ({
  user: name === 'nobody' ? null : record('User', names.indexOf(name) + 1),
  access,
})

const everybody: readonly Name[] = [...names, 'nobody']

const allowed = async (policy: string, about: string, access: PolicyContext['access']) => {
  const [model = '', id = ''] = about.split('/')
  const found: Name[] = []
  for (const name of everybody) {
    const answer = await policies.evaluate(
      policy,
      record(model, Number(id)),
      contextOf(name, access),
      port,
    )
    if (answer) found.push(name)
  }
  return found.join(' ')
}

const all = everybody.join(' ')

test.each([
  // policy, record, who may read it, who may write it
  ['admin_policy', 'XOSGuiExtension/1', 'root', 'root'],
  ['tag_policy', 'Tag/1', 'root', 'root'],
  // in person; sam administers the site he belongs to himself
  ['user_policy', 'User/4', 'root sam member', 'root sam member'],
  ['user_policy', 'User/2', 'root sam', 'root sam'],
  // privilege 1 is about site 1, privilege 2 about slice 1
  ['grant_policy', 'Privilege/1', 'root sam', 'root sam'],
  ['grant_policy', 'Privilege/2', 'root leader', 'root leader'],
  ['grant_policy', 'Privilege/4', 'root', 'root'],
  ['site_policy', 'Site/1', all, 'root sam'],
  ['site_policy', 'Site/2', all, 'root'],
  ['slice_policy', 'Slice/1', 'root sam creator member leader', 'root sam member leader'],
  ['slice_policy', 'Slice/2', 'root', 'root'],
  ['network_policy', 'Network/1', 'root sam creator member leader', 'root sam member leader'],
  ['network_policy', 'Network/2', 'root', 'root'],
  [
    'network_slice_policy',
    'NetworkSlice/1',
    'root sam creator member leader',
    'root sam member leader',
  ],
  ['network_slice_policy', 'NetworkSlice/2', 'root', 'root'],
  ['port_policy', 'Port/1', 'root sam creator member leader', 'root sam member leader'],
  ['port_policy', 'Port/2', 'root', 'root'],
  ['service_policy', 'Service/1', 'root member', 'root member'],
  ['service_policy', 'Service/2', 'root', 'root'],
])('%s on %s: %s may read, %s may write', async (policy, about, readers, writers) => {
  expect(await allowed(policy, about, 'read')).toBe(readers)
  expect(await allowed(policy, about, 'write')).toBe(writers)
})

test.each([
  ['Slice/1', []],
  [
    'Slice/2',
    ['The name with blank of a slice must not contain blanks', 'A slice needs a creator'],
  ],
  // the owner itself, permitted, neither, and a network that permits all
  ['NetworkSlice/1', []],
  ['NetworkSlice/2', []],
  ['NetworkSlice/3', ['The network does not permit the slice']],
  ['NetworkSlice/4', []],
  ['Port/1', []],
])('the validators say of %s: %j', async (about, messages) => {
  const [model = '', id = ''] = about.split('/')
  expect(await policies.failures(record(model, Number(id)), port)).toEqual(messages)
})

test('a model without a policy is open to everybody', async () => {
  const context = contextOf('nobody', 'write')
  expect(schema.model('Node')!.policy).toBeUndefined()
  expect(await policies.evaluate(undefined, record('Site', 1), context, port)).toBe(true)
  expect(await policies.plan(undefined, 'Node', context, port)).toEqual({
    filter: { kind: 'constant', value: true },
    isExact: true,
  })
})

const planned = schema.models.filter(({ policy }) => policy !== undefined)

test.each(planned.map(({ name, policy }) => [policy, name] as const))(
  'the plan of %s for lists of %s finds what the policy allows, record by record',
  async (policy, model) => {
    for (const name of everybody) {
      for (const access of ['read', 'write'] as const) {
        const context = contextOf(name, access)
        const { filter, isExact } = await policies.plan(policy, model, context, port)
        const expected: unknown[] = []
        for (const { id } of world[model] ?? []) {
          const answer = await policies.evaluate(policy, record(model, id as number), context, port)
          if (answer) expected.push(id)
        }
        expect(isExact).toBe(true)
        expect(matching(model, filter)).toEqual(expected)
        expect(prefilterOf(filter)).toEqual(filter)
      }
    }
  },
)

test('the plan for an admin lets everything through', async () => {
  for (const { name, policy } of planned) {
    const { filter } = await policies.plan(policy, name, contextOf('root', 'write'), port)
    expect(filter).toEqual({ kind: 'constant', value: true })
  }
})

test('the plan of slices for a user is a condition on the slice and on privileges', async () => {
  const { filter } = await policies.plan(
    'slice_policy',
    'Slice',
    contextOf('creator', 'read'),
    port,
  )
  expect(filter).toMatchObject({
    kind: 'or',
    filters: [
      {
        kind: 'or',
        filters: [
          {
            kind: 'equals',
            left: { kind: 'field', row: 0, links: ['creator'], field: 'id' },
            right: { kind: 'value', value: 3 },
          },
          { kind: 'exists', model: 'Privilege', row: 1 },
        ],
      },
      { kind: 'exists', model: 'Privilege', row: 1 },
      {
        kind: 'exists',
        model: 'Privilege',
        row: 1,
        where: {
          kind: 'and',
          filters: [
            {
              kind: 'equals',
              left: { kind: 'field', row: 1, links: [], field: 'accessor_id' },
              right: { kind: 'value', value: 3 },
            },
            { kind: 'equals' },
            { kind: 'equals' },
            {
              kind: 'equals',
              left: { kind: 'field', row: 1, links: [], field: 'object_id' },
              right: { kind: 'field', row: 0, links: ['site'], field: 'id' },
            },
            { kind: 'equals' },
          ],
        },
      },
    ],
  })
})

test('a list is planned without a single question about its records', async () => {
  const many = Array.from({ length: 100_000 }, (_, index) => ({
    id: index + 1,
    site: (index % 2) + 1,
    creator: index % 1000 === 0 ? 6 : null,
  }))
  const large = createWorld(schema, { ...world, Slice: many })
  const { filter, isExact } = await policies.plan(
    'slice_policy',
    'Slice',
    contextOf('stranger', 'read'),
    large.port,
  )
  expect(isExact).toBe(true)
  expect(large.asked).toEqual([])
  expect(filter.kind).toBe('or')
})

test('what is decided already is not asked for', async () => {
  asked.length = 0
  const slice = record('Slice', 1)
  await policies.evaluate('slice_policy', slice, contextOf('root', 'write'), port)
  expect(asked).toEqual([])
  await policies.evaluate('slice_policy', slice, contextOf('creator', 'read'), port)
  expect(asked).toEqual(['Slice/1.site', 'Slice/1.creator'])
})

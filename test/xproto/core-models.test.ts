import { expect, test } from 'vitest'
import { compile, parse, print } from '#xproto'
import { coreSource, golden } from '../fixtures/xproto/read.ts'
import { rowsOf } from './rows.ts'

const { schema, diagnostics } = compile([coreSource])
const models = schema?.models ?? []

test('the core models have no mistake and deserve no warning', () => {
  expect(diagnostics).toEqual([])
})

test('the core models are those of XOS, in the same order', () => {
  expect(models.map(({ name }) => name)).toEqual(
    [...Object.keys(golden.models), 'XOSBase'].sort((a, b) =>
      a.toLowerCase() < b.toLowerCase() ? -1 : 1,
    ),
  )
})

test.each(Object.entries(golden.models))(
  '%s is on the wire what it is in XOS',
  (name, expected) => {
    const model = schema!.model(name)!
    const inherited = expected.ancestry.includes('XOSBase') ? golden.inheritedFromXOSBase : []

    expect(rowsOf(model)).toEqual([...inherited, ...expected.fields])
    expect({
      ancestry: model.ancestry,
      plural: model.plural,
      restPath: model.restPath,
      contentType: model.contentType,
      toscaKeys: model.toscaKeys,
      uniqueTogether: model.uniqueTogether,
      policy: model.policy ?? null,
    }).toEqual({
      ancestry: expected.ancestry,
      plural: expected.plural,
      restPath: expected.restPath,
      contentType: expected.contentType,
      toscaKeys: expected.toscaKeys,
      uniqueTogether: expected.uniqueTogether,
      policy: expected.policy,
    })
  },
)

test('ids are shared along each family, and XOSBase has no records', () => {
  const roots = models
    .filter(({ name, root }) => name !== root)
    .map(({ name, root }) => [name, root])
  expect(roots).toEqual([['ComputeServiceInstance', 'ServiceInstance']])
  expect(models.filter(({ abstract }) => abstract).map(({ name }) => name)).toEqual(['XOSBase'])
})

test('all policies of XOS are there, and those of the models exist', () => {
  expect([...schema!.policies.keys()].toSorted()).toEqual([
    'admin_policy',
    'grant_policy',
    'network_policy',
    'network_slice_policy',
    'network_slice_validator',
    'port_policy',
    'service_policy',
    'site_policy',
    'slice_has_creator',
    'slice_name_no_spaces',
    'slice_policy',
    'tag_policy',
    'user_policy',
  ])
  expect(schema!.policies.get('network_policy')!.text).toBe('*slice_policy(owner)')
  expect(schema!.model('Slice')!.validators.map(({ policy }) => policy)).toEqual([
    'slice_name_no_spaces',
    'slice_has_creator',
  ])
})

test('every field says what it is for', () => {
  const silent = models.flatMap(({ name, fields }) =>
    fields.filter(({ help }) => help === '').map((field) => `${name}.${field.name}`),
  )
  expect(silent).toEqual([])
})

test('the text is in the canonical form', () => {
  expect(print(parse(coreSource).tree)).toBe(coreSource.text)
})

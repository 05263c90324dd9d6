import { expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { compile, targets, toscaTypeOf, type Schema } from '#xproto'
import { everySource } from '../../fixtures/services/read.ts'

const strict = (text: string): Schema => {
  const source = { file: 'a.xproto', text: `option app_label = "a";\n${text}` }
  const { schema, diagnostics } = compile([source])
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return schema!
}

type NodeType = {
  readonly description: string
  readonly properties: Readonly<Record<string, unknown>>
}

const typesIn = (text: string): Readonly<Record<string, unknown>> =>
  (parseYaml(text) as { readonly node_types: Readonly<Record<string, unknown>> }).node_types

/** The node type of model M. */
const nodeType = (text: string): NodeType =>
  typesIn(toscaTypeOf(strict(text).model('M')!))['tosca.nodes.M'] as NodeType

test('the custom type of a model is one file that recipes can import', () => {
  const schema = strict(`
    message N { }
    message Rack {
      option description = "A rack: \\"19 inch\\"";
      required string name = 2 [max_length = 9, help_text = "What it is called"];
      optional manytoone room->N:racks = 3:1001;
      optional manytoone next->Rack:previous = 4:1001;
      optional manytoone last->N:ends = 5:1002;
      optional manytomany zones->N:all_racks = 6:1003;
      optional onetoone twin->N:+ = 7;
    }`)
  const files = targets['tosca']!.generate(schema, [schema.model('Rack')!])

  expect(files.map(({ path }) => path)).toEqual(['custom_types/rack.yaml', 'tosca_keys.yaml'])
  expect(files[0]!.text).toBe(`tosca_definitions_version: tosca_simple_yaml_1_0
node_types:
  tosca.nodes.Rack:
    derived_from: tosca.nodes.Root
    description: 'A rack: "19 inch"'
    capabilities:
      rack:
        type: tosca.capabilities.xos.Rack
    properties:
      must-exist:
        type: boolean
        default: false
        description: The record is expected to be there already
      name:
        type: string
        required: true
        description: What it is called
  tosca.relationships.BelongsToOne:
    derived_from: tosca.relationships.Root
    valid_target_types:
      - tosca.capabilities.xos.N
      - tosca.capabilities.xos.Rack
  tosca.relationships.BelongsToMany:
    derived_from: tosca.relationships.Root
    valid_target_types:
      - tosca.capabilities.xos.N
  tosca.capabilities.xos.Rack:
    derived_from: tosca.capabilities.Root
    description: An XOS Rack
`)
  expect(files[1]!.text).toBe('Rack:\n  - name\n')
})

test.each([
  ['required string f = 2 [text = True];', 'string', true],
  ['optional string f = 2 [text = True];', 'string', false],
  ['required string f = 2 [text = True, default = "x"];', 'string', false],
  ['required string f = 2 [text = True, default = make_key];', 'string', false],
  ['required string f = 2 [content_type = "date"];', 'string', true],
  ['required string f = 2 [content_type = "date", auto_now_add = True];', 'string', false],
  ['required string f = 2 [text = True, feedback_state = True];', 'string', false],
  ['required string f = 2 [text = True, bookkeeping_state = True];', 'string', false],
  ['required bool f = 2 [default = False];', 'boolean', false],
  ['required int32 f = 2;', 'integer', true],
  ['required uint32 f = 2;', 'integer', true],
  ['required int64 f = 2;', 'integer', true],
  ['required float f = 2;', 'float', true],
  ['required double f = 2;', 'float', true],
])('%s is a property of type %s, required: %s', (declaration, type, required) => {
  const { properties } = nodeType(`message M { ${declaration} }`)
  expect(properties['f']).toEqual({ type, required, description: '' })
})

test('properties are inherited and sorted, without what the model keeps to itself', () => {
  const { description, properties } = nodeType(`
    message B { option abstract = True; optional int32 z = 2; optional int32 backend_code = 3; }
    message M (B) { option no_sync = True; optional int32 a = 1; optional int32 b = 2 [gui_hidden = True]; }`)
  expect(description).toBe('An XOS M')
  expect(Object.keys(properties)).toEqual(['must-exist', 'a', 'b', 'z'])
})

test('inherited links are not repeated', () => {
  const schema = strict('message B { optional manytoone b->B:+ = 2; } message M (B) { }')
  expect(Object.keys(typesIn(toscaTypeOf(schema.model('M')!)))).toEqual([
    'tosca.nodes.M',
    'tosca.capabilities.xos.M',
  ])
})

test.each(['1.1', '1.2'] as const)('the texts say the same to readers of YAML %s', (version) => {
  const schema = compile(everySource()).schema!
  const files = targets['tosca']!.generate(schema, schema.models)
  expect(files).toHaveLength(schema.models.length + 1)
  for (const { name, fields, unpublished } of schema.models) {
    const file = files.find(({ path }) => path === `custom_types/${name.toLowerCase()}.yaml`)!
    const { node_types } = parseYaml(file.text, { version }) as {
      readonly node_types: Readonly<Record<string, NodeType>>
    }
    const scalars = fields.filter(
      (field) => field.kind === 'scalar' && !unpublished.has(field.name),
    )
    const described = scalars.map((field) => [field.name, field.help])
    const properties = Object.entries(node_types[`tosca.nodes.${name}`]!.properties)
      .slice(1)
      .map(([property, value]) => [property, (value as { description: string }).description])
    expect(properties).toEqual(described.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)))
  }
  const keys = files.at(-1)!
  expect(parseYaml(keys.text, { version })).toEqual(
    Object.fromEntries(schema.models.map(({ name, toscaKeys }) => [name, toscaKeys])),
  )
})

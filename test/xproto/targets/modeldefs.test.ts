import { expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { compile, modelDefsOf, targets, type ModelDef, type Schema } from '#xproto'
import { everySource } from '../../fixtures/services/read.ts'

const strict = (text: string): Schema => {
  const source = { file: 'a.xproto', text: `option app_label = "a";\n${text}` }
  const { schema, diagnostics } = compile([source])
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return schema!
}

/** The definition of model M. */
const definition = (text: string): ModelDef =>
  modelDefsOf(strict(text).models).find(({ name }) => name === 'M')!

const required = { name: 'required', bool_value: true }

test.each([
  [
    'required string f = 2 [max_length = 9, help_text = "Its name"];',
    {
      hint: 'Its name',
      type: 'string',
      validators: [required, { name: 'maxlength', int_value: 9 }],
    },
  ],
  [
    'optional string f = 2 [text = True, feedback_state = True];',
    { type: 'text', read_only: true },
  ],
  ['optional string f = 2 [text = True, bookkeeping_state = True];', { type: 'text' }],
  [
    'optional string f = 2 [content_type = "stripped", max_length = 9];',
    { type: 'string', validators: [{ name: 'maxlength', int_value: 9 }] },
  ],
  [
    'required string f = 2 [content_type = "url", max_length = 9];',
    {
      type: 'string',
      validators: [
        { name: 'url', bool_value: true },
        required,
        { name: 'maxlength', int_value: 9 },
      ],
    },
  ],
  [
    'required string f = 2 [content_type = "ip"];',
    { type: 'string', validators: [required, { name: 'ip', bool_value: true }] },
  ],
  [
    'optional string f = 2 [content_type = "email"];',
    { type: 'string', validators: [{ name: 'email', bool_value: true }] },
  ],
  [
    'optional string f = 2 [content_type = "date", default = None];',
    { type: 'date', default: 'null' },
  ],
  [
    'optional string f = 2 [content_type = "date", default = "now()"];',
    { type: 'date', default: 'now()' },
  ],
  [
    `optional string f = 2 [max_length = 9, choices = "((None, 'Nothing'), ('in', 'In'))"];`,
    {
      type: 'select',
      options: [
        { id: 'None', label: 'Nothing' },
        { id: 'in', label: 'In' },
      ],
      validators: [{ name: 'maxlength', int_value: 9 }],
    },
  ],
  ['optional bool f = 2;', { type: 'boolean', default: 'false' }],
  ['optional bool f = 2 [default = True];', { type: 'boolean', default: 'true' }],
  [
    'optional int32 f = 2 [default = -5, min_value = -9, max_value = 9];',
    { type: 'number', default: '-5' },
  ],
  ['optional uint32 f = 2 [default = 0];', { type: 'number', default: '0' }],
  ['optional int64 f = 2;', { type: 'number' }],
  ['optional float f = 2 [default = 0.5];', { type: 'string', default: '0.5' }],
  ['optional double f = 2;', { type: 'string' }],
  ['optional string f = 2 [text = True, default = "no"];', { type: 'text', default: 'no' }],
  [
    'optional string f = 2 [text = True, default = "make_key()"];',
    { type: 'text', default: 'make_key()' },
  ],
  ['optional string f = 2 [text = True, default = make_key];', { type: 'text', default: 'null' }],
])('%s in a form', (declaration, expected) => {
  const { fields } = definition(`message M { ${declaration} }`)
  expect(fields).toEqual([
    { name: 'f', hint: '', read_only: false, validators: [], ...expected },
    { name: 'id', hint: '', type: 'number', read_only: false, validators: [] },
  ])
})

test('links to one are numbers that tell where they lead; links to many are in no form', () => {
  const { relations, fields } = definition(`
    message N { optional manytoone m->M:ns = 2:1002; optional onetoone twin->M:twins = 3:1001; optional manytomany ms->M:all_ns = 4:1003; }
    message M { required manytoone up->N:ups = 2:1001; optional onetoone pair->N:+ = 3; optional manytomany many->N:manys = 4:1002; }`)

  expect(fields.filter(({ name }) => name !== 'id')).toEqual([
    {
      name: 'pair_id',
      relation: { model: 'N', type: 'onetoone' },
      hint: '',
      type: 'number',
      read_only: false,
      validators: [],
    },
    {
      name: 'up_id',
      relation: { model: 'N', type: 'manytoone' },
      hint: '',
      type: 'number',
      read_only: false,
      validators: [required],
    },
  ])
  expect(relations).toEqual([
    { model: 'N', type: 'manytoone', on_field: 'up' },
    { model: 'N', type: 'onetoone', on_field: null },
    { model: 'N', type: 'onetomany', on_field: 'm' },
    { model: 'N', type: 'onetoone', on_field: null },
  ])
})

test('fields are sorted by their names in xproto, whatever the case', () => {
  const { fields } = definition(
    'message M { optional manytoone a->M:+ = 2; optional int32 B = 3; optional int32 a1 = 4; optional int32 c = 5; }',
  )
  expect(fields.map(({ name }) => name)).toEqual(['a_id', 'a1', 'B', 'c', 'id'])
})

test('what is hidden or kept to itself is not there', () => {
  const text = `
    message B { option abstract = True; optional int32 backend_code = 2; optional int32 policy_code = 3; }
    message H (B) { option gui_hidden = True; }
    message M (B) { option no_sync = True; optional int32 secret = 1 [gui_hidden = True]; }`
  expect(modelDefsOf(strict(text).models).map(({ name }) => name)).toEqual(['M'])
  expect(definition(text).fields.map(({ name }) => name)).toEqual(['id', 'policy_code'])
})

test.each([
  ['', {}],
  ['option verbose_name = "An M";', { verbose_name: 'An M' }],
  ['option description = "What an M is";', { description: 'What an M is' }],
  ['option sync_implemented = "True";', { sync_implemented: 'True' }],
  ['option policy_implemented = "False";', { policy_implemented: 'False' }],
  ['option name = "other";', { app: 'other' }],
])('a model with %s', (option, expected) => {
  const { fields, ...rest } = definition(`message M { ${option} }`)
  expect(fields).toHaveLength(1)
  expect(rest).toEqual({ name: 'M', app: 'a', relations: [], ...expected })
})

const yamlOf = (schema: Schema): string =>
  targets['modeldefs']!.generate(schema, schema.models)[0]!.text

test.each(['1.1', '1.2'] as const)('the text says the same to readers of YAML %s', (version) => {
  const schema = compile(everySource()).schema!
  const hostile = strict(`message M {
    option description = "- a: [b, \\"c\\", 'd'] # e\\n---\\n";
    optional string on = 2 [text = True, default = "yes", help_text = "&a *a !!b 12:30:45"];
    optional string y = 3 [text = True, default = "0x1F", help_text = "  2001-12-14\\t"];
  }`)
  for (const each of [schema, hostile]) {
    expect(parseYaml(yamlOf(each), { version })).toEqual({ items: modelDefsOf(each.models) })
  }
})

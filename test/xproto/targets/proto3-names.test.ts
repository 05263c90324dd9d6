import { expect, test } from 'vitest'
import { compile, render, type CompileOptions } from '#xproto'
import { everySource } from '../../fixtures/services/read.ts'

const found = (text: string, options?: CompileOptions): readonly string[] => {
  const source = { file: 'a.xproto', text: `option app_label = "a";\n${text}` }
  return compile([source], options).diagnostics.map(
    (diagnostic) => render(diagnostic, [source]).split('\n')[0] ?? '',
  )
}

const alike = 'choose a name that differs by more than case and "_".'

test.each([
  // characters
  [
    'message A$B { }',
    '2:9 XP_WIRE_NAME: The model A$B cannot travel: its name may have letters, digits and "_" only; rename it.',
  ],
  [
    'message M { optional int32 a+b = 2; }',
    '2:28 XP_WIRE_NAME: The field a+b cannot travel: its name may have letters, digits and "_" only; rename it.',
  ],
  [
    'message M { optional int32 + = 2; }',
    '2:28 XP_WIRE_NAME: The field + cannot travel: its name may have letters, digits and "_" only; rename it.',
  ],
  [
    'message M { optional manytoone up->M:$ups = 2:1001; }',
    '2:38 XP_WIRE_NAME: The reverse set $ups cannot travel: its name may have letters, digits and "_" only; rename it.',
  ],
  ['message __proto__ { }', '2:9 XP_WIRE_NAME: No model can be named __proto__; rename it.'],
  [
    'message M { optional int32 __proto__ = 2; }',
    '2:28 XP_WIRE_NAME: No field can be named __proto__; rename it.',
  ],
  // names that the API has
  [
    'message Query { }',
    '2:9 XP_RESERVED_MODEL: The API has something named Query already; rename the model.',
  ],
  [
    'message xos { }',
    '2:9 XP_RESERVED_MODEL: The API has something named xos already; rename the model.',
  ],
  [
    'message guiHidden { }',
    '2:9 XP_RESERVED_MODEL: The API has something named guiHidden already; rename the model.',
  ],
  [
    'message Definition { option plural = "ModelDefs"; }',
    '2:9 XP_RESERVED_MODEL: The plural of Definition, ModelDefs, is a name that the API has already; write option plural = "...";.',
  ],
  [
    'message Rack { option plural = "Shelves"; } message RACK { }',
    '2:53 XP_RESERVED_MODEL: Model RACK differs from Rack in case only; rename one of them.',
  ],
  // names that protobuf takes for one
  [
    'message M { optional int32 foo_bar = 2; optional int32 foobar = 3; }',
    `2:56 XP_ALIKE_NAMES: To protobuf, foobar is foo_bar; ${alike}`,
  ],
  [
    'message M { optional int32 size = 2; optional int32 Size = 3; }',
    `2:53 XP_ALIKE_NAMES: To protobuf, Size is size; ${alike}`,
  ],
  [
    'message M { optional int32 ID = 2; }',
    `2:28 XP_ALIKE_NAMES: To protobuf, ID is id, which every model has; ${alike}`,
  ],
  [
    'message M { optional int32 upsIDS = 2; optional manytoone up->M:ups = 3:1001; }',
    `2:65 XP_ALIKE_NAMES: To protobuf, ups_ids is upsIDS; ${alike}`,
  ],
  [
    'message Base { option abstract = True; optional int32 a_b = 2; } message M (Base) { optional int32 AB = 1; }',
    `2:100 XP_ALIKE_NAMES: To protobuf, AB is a_b; ${alike}`,
  ],
])('%s', (text, expected) => {
  expect(found(text)).toEqual([`a.xproto:${expected}`])
  expect(found(text, { mode: 'compat' })).toEqual([`a.xproto:${expected}`])
})

test.each([
  'message M { optional manytoone up->M:+ = 2; }',
  'message M { optional manytoone up->M:ups_+ = 2; }',
  'message stream { optional int32 val = 2; optional int32 xos = 3; optional int32 google = 4; }',
  'message GetM { } message M { }',
  'message constructor { optional int32 toString = 2; optional int32 idPresent = 3; }',
])('%s is fine', (text) => {
  expect(found(text)).toEqual([])
})

test.each([
  [
    'optional string a_id = 2 [text = True]; optional manytoone a->M:+ = 3; optional string a_present = 4 [text = True];',
  ],
  [
    'optional string a_present = 2 [text = True]; optional string a_id = 3 [text = True]; optional manytoone a->M:+ = 4;',
  ],
])('of two fields with one name, the second still keeps off all other names: %s', (fields) => {
  expect(found(`message M { ${fields} }`, { mode: 'compat' })).toEqual([
    expect.stringContaining('warning XP_DUPLICATE_FIELD'),
    expect.stringContaining('XP_NAME_CLASH'),
  ])
})

test('no service of ours has a name that cannot travel', () => {
  expect(compile(everySource()).diagnostics.map(({ code }) => code)).toEqual([])
})

import { expect, test } from 'vitest'
import { compile, type Model, type Schema } from '#xproto'
import { coreSource } from '../fixtures/xproto/read.ts'
import { rowsOf } from './rows.ts'

const schemaOf = (...texts: readonly string[]): Schema => {
  const sources = texts.map((text, index) => ({ file: `${index}.xproto`, text }))
  const { schema, diagnostics } = compile(sources)
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return schema!
}

/** One model made of the given parts. */
const modelWith = (parts: string): Model =>
  schemaOf(`option app_label = "app"; message M { ${parts} } message Other { }`).model('M')!

const fieldOf = (declaration: string) => modelWith(declaration).fields[0]

const helloWorld = {
  file: 'hello-world.xproto',
  text: `
option name = "hello-world";
option app_label = "hello-world";

message HelloWorldService (Service) {
    required string hello_from = 1 [help_text = "The name of who is saying hello", null = False, db_index = False, blank = False];
}

message HelloWorldServiceInstance (ServiceInstance) {
    option owner_class_name="HelloWorldService";
    required string hello_to = 1 [help_text = "The name of who is being greeted", max_length = 254, null = False, db_index = False, blank = False];
}
`,
}

test('the service of the tutorial compiles with the core models', () => {
  const { schema, diagnostics } = compile([coreSource, helloWorld])
  expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([
    ['XP_STRING_LENGTH', 'warning'],
  ])

  const instance = schema!.model('HelloWorldServiceInstance')!
  expect(rowsOf(instance)).toEqual([
    '2 double created bookkeeping required',
    '3 double updated bookkeeping required default=now()',
    '4 double enacted bookkeeping default=null',
    '5 double policed bookkeeping default=null',
    '6 string backend_register max=1024 feedback default="{}"',
    '7 bool backend_need_delete bookkeeping required default=false',
    '8 bool backend_need_reap bookkeeping required default=false',
    '9 string backend_status max=1024 feedback required default="Provisioning in progress"',
    '10 int32 backend_code feedback required default=0',
    '11 bool deleted bookkeeping required default=false',
    '12 bool write_protect bookkeeping required default=false',
    '13 bool lazy_blocked bookkeeping required default=false',
    '14 bool no_sync bookkeeping required default=false',
    '15 bool no_policy bookkeeping required default=false',
    '16 string policy_status max=1024 feedback default="Policy in process"',
    '17 int32 policy_code feedback default=0',
    '18 string leaf_model_name max=1024 bookkeeping required',
    '19 bool backend_need_delete_policy bookkeeping required default=false',
    '20 bool xos_managed hidden required default=true',
    '21 string backend_handle max=1024 feedback hidden',
    '22 double changed_by_step bookkeeping hidden default=null',
    '23 double changed_by_policy bookkeeping hidden default=null',
    '101 string name max=200',
    '102 int32 owner_id ->Service:service_instances required',
    '103 string service_specific_id max=30 hidden',
    '110 string service_specific_attribute hidden',
    '111 uint32 link_deleted_count hidden default=0',
    '112 int32 master_serviceinstance_id ->ServiceInstance:child_serviceinstances hidden',
    '201 string hello_to max=254 required',
    '1001 int32* ports_ids <-Port',
    '1002 int32* child_serviceinstances_ids <-ServiceInstance',
    '1003 int32* provided_links_ids <-ServiceInstanceLink',
    '1005 int32* subscribed_links_ids <-ServiceInstanceLink',
    '1006 int32* service_instance_attributes_ids <-ServiceInstanceAttribute',
  ])
  expect(instance).toMatchObject({
    app: 'hello-world',
    plural: 'HelloWorldServiceInstances',
    restPath: '/xosapi/v1/hello-world/helloworldserviceinstances',
    contentType: 'hello-world.helloworldserviceinstance',
    ancestry: ['HelloWorldServiceInstance', 'ServiceInstance', 'XOSBase'],
    root: 'ServiceInstance',
    toscaKeys: ['name'],
    ownerClassName: 'HelloWorldService',
    policy: undefined,
  })
  expect(schema!.descendants('Service').map(({ name }) => name)).toEqual([
    'HelloWorldService',
    'Service',
  ])
})

test('a reverse number of a descendant moves up by a hundred for each ancestor that is linked to', () => {
  const greeting = {
    file: 'greeting.xproto',
    text: `option app_label = "greeting";
message Greeting (XOSBase) {
  required manytoone instance->HelloWorldServiceInstance:greetings = 1:1001;
}`,
  }
  const { schema } = compile([coreSource, helloWorld, greeting])
  expect(rowsOf(schema!.model('HelloWorldServiceInstance')!).at(-1)).toBe(
    '1101 int32* greetings_ids <-Greeting',
  )
})

test('each ancestor that declares fields moves the numbers after it up by a hundred', () => {
  const schema = schemaOf(`option app_label = "app";
message Top { required bool a = 9 [default = True]; }
message Empty (Top) { }
message Left (Empty) { required bool b = 1 [default = True]; }
message Bottom (Left) { required bool d = 7 [default = True]; required bool c = 2 [default = True]; }`)
  expect(schema.model('Bottom')!.fields.map(({ name, wireNumber }) => [name, wireNumber])).toEqual([
    ['a', 9],
    ['b', 101],
    ['c', 202],
    ['d', 207],
  ])
  expect(schema.model('Bottom')!.ancestry).toEqual(['Bottom', 'Left', 'Empty', 'Top'])
})

test('two modelled bases stand one after the other, a common ancestor once', () => {
  const schema = schemaOf(`option app_label = "app";
message Top { option abstract = True; optional bool a = 2; }
message Left (Top) { option abstract = True; optional bool b = 2; }
message Right (Top) { optional bool c = 2; }
message Bottom (Left, Right, AttributeMixin) { optional bool d = 2; }`)
  const bottom = schema.model('Bottom')!
  expect(bottom.fields.map(({ name, wireNumber }) => [name, wireNumber])).toEqual([
    ['a', 2],
    ['b', 102],
    ['c', 202],
    ['d', 302],
  ])
  expect(bottom.root).toBe('Right')
})

test('the options of a file hold for that file only, wherever they stand in it', () => {
  const schema = schemaOf(
    'option name = "a"; option kind = "x"; message A { }',
    'message B { } message C { option app_label = "c"; } option app_label = "b";',
    'option app_label = "label"; option name = "name"; message D { }',
  )
  expect([...schema.model('A')!.options]).toEqual([
    ['name', 'a'],
    ['kind', 'x'],
  ])
  expect(schema.model('B')).toMatchObject({ app: 'b', restPath: '/xosapi/v1/b/bs' })
  expect(schema.model('C')).toMatchObject({ app: 'c' })
  expect(schema.model('D')).toMatchObject({ app: 'name', contentType: 'name.d' })
})

test.each([
  ['required string f = 1 [max_length = 9];', { required: true, nullable: false, blank: false }],
  ['optional string f = 1 [max_length = 9];', { required: false, nullable: true, blank: true }],
  ['optional bool f = 1;', { nullable: false, default: { kind: 'value', value: false } }],
  ['required bool f = 1;', { nullable: false, default: undefined }],
  ['optional manytoone f->Other:ms = 1:1000;', { wireName: 'f_id', nullable: true, peer: 'ms' }],
  [
    'optional onetoone f->Other:ms = 1:1000;',
    { wireName: 'f_id', multiplicity: 'onetoone', unique: true },
  ],
  ['optional manytomany f->Other:ms = 1:1000;', { wireName: 'f_ids', nullable: false }],
  ['required manytoone f->Other:+ = 1;', { peer: undefined, nullable: false }],
  ['required manytoone f->core.Other = 1;', { peer: undefined, target: 'Other' }],
])('%s', (declaration, expected) => {
  expect(fieldOf(declaration.replace('= 1', '= 2'))).toMatchObject(expected)
})

test.each([
  ['default = None', { kind: 'value', value: null }],
  ['default = "None"', { kind: 'value', value: 'None' }],
  ['default = "a \\"quoted\\" \\\\ text"', { kind: 'value', value: 'a "quoted" \\ text' }],
  ['default = "\\d+"', { kind: 'value', value: '\\d+' }],
  ['default = 5', { kind: 'value', value: '5' }],
  ['default = "make_name()"', { kind: 'named', name: 'make_name', call: true }],
  ['default = make_name', { kind: 'named', name: 'make_name', call: false }],
])('a string with %s', (option, expected) => {
  expect(fieldOf(`optional string f = 2 [text = True, ${option}];`)?.default).toEqual(expected)
})

test.each([
  ['string', 'content_type = "date", default = "now()"', { kind: 'now' }],
  ['string', 'content_type = "date", default = None', { kind: 'value', value: null }],
  [
    'string',
    'content_type = "date", default = yesterday',
    { kind: 'named', name: 'yesterday', call: false },
  ],
  ['manytoone', 'default = 7', { kind: 'value', value: 7 }],
  ['manytoone', 'default = None', { kind: 'value', value: null }],
  ['manytoone', 'default = get_first', { kind: 'named', name: 'get_first', call: false }],
])('a %s with %s has a default', (type, options, expected) => {
  const target = type === 'manytoone' ? '->Other:+' : ''
  expect(fieldOf(`optional ${type} f${target} = 2 [${options}];`)?.default).toEqual(expected)
})

test.each([
  ['int32', 'default = -5', -5],
  ['uint32', 'default = "7"', 7],
  ['float', 'default = 1.5', 1.5],
  ['bool', 'default = True', true],
])('a %s with %s', (type, option, value) => {
  expect(fieldOf(`required ${type} f = 2 [${option}];`)?.default).toEqual({ kind: 'value', value })
})

test.each([
  [
    "(('in', 'In'), ('out', 'Out'))",
    [
      ['in', 'In'],
      ['out', 'Out'],
    ],
  ],
  [
    "[(None, 'Default'), (7, 'It\\\\'s seven'),]",
    [
      [null, 'Default'],
      ['7', "It's seven"],
    ],
  ],
  [`((\\"a\\", \\"A\\"),)`, [['a', 'A']]],
])('choices %s', (text, expected) => {
  expect(fieldOf(`optional string f = 2 [text = True, choices = "${text}"];`)).toMatchObject({
    choices: expected.map(([value, label]) => ({ value, label })),
  })
})

test('what else an option says about a field', () => {
  const model = modelWith(`
    optional string a = 2 [max_length = 9, content_type = "stripped", db_index = True, gui_hidden = True, help_text = "say \\"a\\""];
    required int32 b = 3 [min_value = -1, max_value = 7, unique = True, feedback_state = True];
    required string c = 4 [content_type = "date", auto_now_add = True, bookkeeping_state = True];
    optional string d = 5 [text = True, gui_hidden = False];`)
  expect(model.fields).toMatchObject([
    {
      format: 'stripped',
      maxLength: 9,
      indexed: true,
      guiHidden: true,
      help: 'say "a"',
      role: 'declarative',
    },
    { min: -1, max: 7, unique: true, role: 'feedback' },
    { format: 'date', setOnCreate: true, role: 'bookkeeping' },
    { text: true, guiHidden: false, format: undefined },
  ])
})

test.each([
  ['optional string name = 2 [text = True];', ['name']],
  ['optional string title = 2 [text = True];', []],
  [
    'optional string name = 2 [text = True]; optional string a = 3 [text = True, tosca_key = True];',
    ['a'],
  ],
  ['optional manytoone a->Other:+ = 3 [tosca_key = True];', ['a_id']],
  [
    `optional string name = 2 [text = True]; optional manytoone z->Other:+ = 3 [tosca_key_one_of = "y"];
     optional manytoone y->Other:+ = 4; optional int32 x = 5 [tosca_key_one_of = "y"];`,
    ['name', ['x', 'y_id', 'z_id']],
  ],
  [
    `optional manytoone a->Other:+ = 3 [tosca_key_one_of = "a_b"]; optional int32 a_b = 4;`,
    [['a_b', 'a_id']],
  ],
])('the recipe keys of %s', (parts, expected) => {
  expect(modelWith(parts).toscaKeys).toEqual(expected)
})

test('fields that are unique together are grouped over all their partners', () => {
  const model = modelWith(`
    required int32 d = 2 [unique_with = c];
    required int32 c = 3;
    required int32 b = 4 [unique_with = "c, a"];
    required int32 a = 5;
    required int32 y = 6 [unique_with = "x"];
    required int32 x = 7;`)
  expect(model.uniqueTogether).toEqual([
    ['a', 'b', 'c', 'd'],
    ['x', 'y'],
  ])
})

test('validators come with their messages, policies with their text and what it says', () => {
  const schema = schemaOf(`option app_label = "app";
policy short < obj.name >
message M { option validators = "short:The name {obj.name} is long, short : again";
  optional string name = 2 [text = True]; }`)
  expect(schema.model('M')!.validators).toEqual([
    { policy: 'short', message: 'The name {obj.name} is long' },
    { policy: 'short', message: 'again' },
  ])
  expect([...schema.policies.values()]).toMatchObject([
    { name: 'short', text: 'obj.name', expression: { kind: 'path', names: ['obj', 'name'] } },
  ])
})

test('models are sorted by name, whatever their case, and asked for by exact name', () => {
  const schema = schemaOf('option name = "a"; message b { } message A { } message C { }')
  expect(schema.models.map(({ name }) => name)).toEqual(['A', 'b', 'C'])
  expect(schema.model('B')).toBeUndefined()
  expect(schema.model('constructor')).toBeUndefined()
  expect(schema.descendants('__proto__')).toEqual([])
})

test('names that mean something to JavaScript are names like any other', () => {
  const schema = schemaOf(`option name = "a"; option constructor = "x"; option __proto__ = "y";
policy toString < obj.toString >
message constructor::toString { optional string hasOwnProperty = 2 [text = True]; optional manytoone toString->constructor:valueOf = 3:1000; }`)
  expect(rowsOf(schema.model('constructor')!)).toEqual([
    '2 string hasOwnProperty',
    '3 int32 toString_id ->constructor:valueOf',
    '1000 int32* valueOf_ids <-constructor',
  ])
  expect(schema.model('constructor')!.options.get('__proto__')).toBe('y')
})

import { isIP } from 'node:net'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, type Schema, type Source } from '#xproto'
import { jsonSchema } from '../../../xproto/targets/json-schema.ts'
import { asAdmin, openFaces, type Faces } from '../../core/faces.ts'
import { everySource } from '../../fixtures/services/read.ts'
import { asAdministrator } from '../../support/store.ts'
import { recordChange } from '../../support/record-change.ts'

const schemaOf = (sources: readonly Source[]): Schema => {
  const { schema, diagnostics } = compile(sources)
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return schema!
}

const documentOf = (schema: Schema): Record<string, unknown> => {
  const [file, ...rest] = jsonSchema.generate(schema, schema.models)
  expect([file?.path, rest]).toEqual(['models.schema.json', []])
  return JSON.parse(file!.text) as Record<string, unknown>
}

type Part = 'record' | 'create' | 'update' | 'feedback'

const formats = {
  uri: (text: string) => URL.canParse(text),
  ipv4: (text: string) => isIP(text) === 4,
  ipv6: (text: string) => isIP(text) === 6,
  email: (text: string) => text.includes('@'),
}

/** A validator for each part of each model. */
const validatorsOf = (schema: Schema): ((model: string, part: Part) => ValidateFunction) => {
  const ajv = new Ajv2020({ strict: true, formats, allErrors: true })
  ajv.addSchema(documentOf(schema))
  return (model, part) =>
    ajv.compile({
      $ref: `urn:syncstep:models#/$defs/${model}${part === 'record' ? '' : `/$defs/${part}`}`,
    })
}

/** What is wrong with a value, as `path: message`. */
const findings = (validate: ValidateFunction, value: unknown): readonly string[] => {
  validate(value)
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath}: ${message} ${JSON.stringify(params)}`.replaceAll('"', ''),
  )
}

test('every schema of the core and of all services compiles in strict mode', () => {
  const schema = schemaOf(everySource())
  const validatorOf = validatorsOf(schema)
  for (const { name } of schema.models.filter(({ abstract }) => !abstract)) {
    for (const part of ['record', 'create', 'update', 'feedback'] as const) {
      expect(validatorOf(name, part)).toBeTypeOf('function')
    }
  }
})

const shapes: readonly Source[] = [
  {
    file: 'app.xproto',
    text: `
option app_label = "app";
message Base {
  option abstract = True;
  required string created = 2 [content_type = "date", auto_now_add = True, bookkeeping_state = True];
  optional string backend_status = 3 [max_length = 100, feedback_state = True];
  optional string backend_handle = 4 [max_length = 100, feedback_state = True];
}
message Rack (Base) {
  option description = "Where machines stand.";
  required string name = 1 [max_length = 4, help_text = "Painted on the door"];
}
message Machine (Base) {
  required manytoone rack->Rack:machines = 1:1001;
  optional onetoone twin->Machine:twins = 2:1002;
  optional manytomany friends->Machine:+ = 3;
  required string state = 4 [max_length = 9, choices = "(('on', 'On'), ('off', 'Off'))", default = "on"];
  optional string mode = 5 [max_length = 9, choices = "((None, 'None'), ('a', 'A'))"];
  optional int64 memory = 6 [feedback_state = True];
  required float load = 7 [feedback_state = True];
  optional string home = 8 [content_type = "url", max_length = 20];
  required string address = 9 [content_type = "ip", max_length = 40];
  required uint32 slots = 10 [max_value = 8];
  required string label = 11 [content_type = "stripped", max_length = 9];
  required string password = 12 [max_length = 9];
}
`,
  },
]

test.each([
  ['an address', { address: 'here' }],
  ['a page', { home: 'nowhere' }],
])('%s has a form', (_what, value) => {
  expect(validatorOfShapes('Machine', 'update')(value)).toBe(false)
})

test('choices without a value are any text', () => {
  const text = `option app_label = "app";
    message A { required string x = 2 [max_length = 9, choices = "((None, 'none'),)"]; }`
  const validate = validatorsOf(schemaOf([{ file: 'a.xproto', text }]))('A', 'create')
  expect(findings(validate, { x: 'any' })).toEqual([])
  expect(findings(validate, { x: 'far too long' })).not.toEqual([])
})

test('a record is described field by field', () => {
  expect(documentOf(schemaOf(shapes))).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $defs: {
      Rack: {
        title: 'Rack',
        description: 'Where machines stand.',
        type: 'object',
        properties: {
          id: { type: 'integer', minimum: 1, maximum: 2147483647, readOnly: true },
          created: { type: 'number', description: 'Seconds since 1970' },
          name: { type: 'string', maxLength: 4, description: 'Painted on the door' },
          machines_ids: {
            type: 'array',
            items: { type: 'integer', minimum: 1, maximum: 2147483647 },
            description: 'Ids of Machine whose rack leads here',
            readOnly: true,
          },
          class_names: { const: 'Rack,Base', readOnly: true },
          self_content_type_id: { const: 'app.rack', readOnly: true },
        },
        required: ['id', 'created', 'name', 'class_names', 'self_content_type_id'],
        additionalProperties: false,
      },
    },
  })
})

const validatorOfShapes = validatorsOf(schemaOf(shapes))

const machine = {
  id: 7,
  created: 1767225600.000001,
  rack_id: 1,
  friends_ids: [8, 9],
  state: 'off',
  load: 0.5,
  address: '10.0.0.1',
  slots: 8,
  label: 'x',
  class_names: 'Machine,Base',
  self_content_type_id: 'app.machine',
}

const given = { rack_id: 1, load: 1, address: '::1', slots: 0, label: 'x', password: 'secret' }

/** Without the fields named. */
const without = (value: object, ...names: readonly string[]): object =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))

test.each<[part: Part, value: object, findings: readonly string[]]>([
  ['record', machine, []],
  ['record', { ...machine, memory: '9007199254740993', mode: '', home: '', twins_ids: [] }, []],
  ['record', { ...machine, memory: 12 }, []],
  ['record', { ...machine, twin_id: null }, ['/twin_id: must be integer {type:integer}']],
  ['record', { ...machine, created: '2026-01-01' }, ['/created: must be number {type:number}']],
  [
    'record',
    { ...machine, password: 'x' },
    [': must NOT have additional properties {additionalProperty:password}'],
  ],
  [
    'record',
    without(machine, 'label'),
    [": must have required property 'label' {missingProperty:label}"],
  ],
  [
    'record',
    { ...machine, class_names: 'Base' },
    ['/class_names: must be equal to constant {allowedValue:Machine,Base}'],
  ],

  ['create', given, []],
  ['create', { ...given, state: null, mode: null, twin_id: 0, friends_ids: [7] }, []],
  ['create', { ...machine, ...given }, []],
  [
    'create',
    without(given, 'rack_id'),
    [": must have required property 'rack_id' {missingProperty:rack_id}"],
  ],
  ['create', { ...given, rack_id: 0 }, ['/rack_id: must be >= 1 {comparison:>=,limit:1}']],
  ['create', { ...given, slots: 9 }, ['/slots: must be <= 8 {comparison:<=,limit:8}']],
  [
    'create',
    { ...given, password: '' },
    ['/password: must NOT have fewer than 1 characters {limit:1}'],
  ],
  ['create', { ...given, label: ' ' }, ['/label: must match pattern \\S {pattern:\\\\S}']],
  [
    'create',
    { ...given, colour: 'red' },
    [': must NOT have additional properties {additionalProperty:colour}'],
  ],

  ['update', {}, []],
  ['update', { twin_id: null, mode: null, state: 'on' }, []],
  ['update', machine, []],
  ['update', { address: '::1', home: '' }, []],
  ['update', { rack_id: null }, ['/rack_id: must be integer {type:integer}']],
  [
    'update',
    { state: 'asleep' },
    ['/state: must be equal to one of the allowed values {allowedValues:[on,off]}'],
  ],

  ['feedback', {}, []],
  ['feedback', { load: 2, memory: null, backend_handle: 'h' }, []],
  [
    'feedback',
    { backend_status: 'OK' },
    [': must NOT have additional properties {additionalProperty:backend_status}'],
  ],
  [
    'feedback',
    { state: 'on' },
    [': must NOT have additional properties {additionalProperty:state}'],
  ],
  ['feedback', { load: null }, ['/load: must be number {type:number}']],
])('%s %j: %j', (part, value, expected) => {
  expect(findings(validatorOfShapes('Machine', part), value)).toEqual(expected)
})

/** What a client may send for a service of the tutorial, and whether the core takes it. */
const bodies: readonly (readonly [verdict: 'taken' | 'refused', body: object])[] = [
  ['taken', { name: 'a', hello_from: 'me' }],
  ['taken', { name: 'b', hello_from: 'me', loudness: 11, wide: '9007199254740991', pitch: 0.5 }],
  ['taken', { name: 'c', hello_from: 'me', polite: null, kind: 'oss', site_id: 1 }],
  ['taken', { name: 'd', hello_from: 'me', site_id: 0, description: '', icon_url: null }],
  [
    'taken',
    { id: 99, name: 'e', hello_from: 'me', class_names: 'HelloWorldService,Service,XOSBase' },
  ],
  ['refused', { name: 'f' }],
  ['refused', { name: 'g', hello_from: '' }],
  ['refused', { name: 'h', hello_from: null }],
  ['refused', { name: 'i', hello_from: 1 }],
  ['refused', { name: ' ', hello_from: 'me' }],
  ['refused', { name: 'a name that is longer than it may be', hello_from: 'me' }],
  ['refused', { name: 'j', hello_from: 'me', loudness: 12 }],
  ['refused', { name: 'k', hello_from: 'me', loudness: 1.5 }],
  ['refused', { name: 'l', hello_from: 'me', kind: 'other' }],
  ['refused', { name: 'm', hello_from: 'me', polite: 'yes' }],
  ['refused', { name: 'n', hello_from: 'me', colour: 'red' }],
]

describe('the REST face', () => {
  let faces: Faces
  let validatorOf: ReturnType<typeof validatorsOf>
  beforeAll(async () => {
    faces = await openFaces()
    validatorOf = validatorsOf(faces.store.schema())
  })
  afterAll(() => faces.close())

  const url = '/xosapi/v1/hello-world/helloworldservices'

  test.each(bodies)('and the schema agree on what is %s: %j', async (verdict, payload) => {
    const answer = await faces.rest.inject({ method: 'POST', url, headers: asAdmin, payload })

    expect(answer.statusCode).toBe(verdict === 'taken' ? 200 : 400)
    expect(validatorOf('HelloWorldService', 'create')(payload)).toBe(verdict === 'taken')
    if (verdict === 'refused') return
    expect(findings(validatorOf('HelloWorldService', 'record'), answer.json())).toEqual([])
    expect(findings(validatorOf('HelloWorldService', 'update'), answer.json())).toEqual([])
  })

  test('shows core records as the schema has them', async () => {
    const { store } = faces
    await asAdministrator(store).create('Slice', { name: 'slice', site_id: 1 })
    await asAdministrator(store).create('NetworkTemplate', { name: 'plain' })
    const network = { name: 'net', template_id: 1, owner_id: 1, permitted_slices_ids: [1] }
    await asAdministrator(store).create('Network', network)
    const shown = new Set<string>()
    for (const { name, restPath, abstract } of store.schema().models) {
      if (abstract || (await asAdministrator(store).list(name)).length === 0) continue
      const answer = await faces.rest.inject({ method: 'GET', url: restPath, headers: asAdmin })
      for (const record of answer.json<{ items: unknown[] }>().items) {
        expect(findings(validatorOf(name, 'record'), record)).toEqual([])
      }
      shown.add(name)
    }
    expect([...shown]).toEqual([
      'HelloWorldService',
      'Network',
      'NetworkTemplate',
      'Service',
      'Site',
      'Slice',
      'User',
    ])
  })

  test('and events show the same', async () => {
    const steps = [{ step: 'service', model: 'HelloWorldService', include: [] }]
    await faces.work.register({
      name: 'events',
      version: '1',
      models: [],
      steps,
      requiredModels: [],
    })
    const { work } = await faces.work.lease('tester', [{ model: 'HelloWorldService', limit: 9 }])
    const validate = validatorOf('HelloWorldService', 'record')

    expect(work.map(({ change }) => recordChange(change).record['name'])).toContain('a')
    for (const { change } of work)
      expect(findings(validate, recordChange(change).record)).toEqual([])
  })
})

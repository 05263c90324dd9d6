import fc from 'fast-check'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { loadSync } from '@grpc/proto-loader'
import { expect, test } from 'vitest'
import { compile, targets, type GeneratedFile, type Model, type Schema } from '#xproto'
import { everySource, listLegacyServices, listServices } from '../../fixtures/services/read.ts'
import { coreSource } from '../../fixtures/xproto/read.ts'
import { rowsOf } from '../rows.ts'
import { factsOfCompiled, factsOfText, protocMissing, sorted } from './proto3-facts.ts'

const generated = (schema: Schema, models = schema.models): readonly GeneratedFile[] =>
  targets['proto']!.generate(schema, models)

const strict = (text: string): Schema => {
  const { schema, diagnostics } = compile([
    { file: 'a.xproto', text: `option name = "a";\n${text}` },
  ])
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return schema!
}

/** The lines about model M and its list. */
const messagesOf = (text: string): readonly string[] => {
  const schema = strict(text)
  const lines = generated(schema, [schema.model('M')!])[0]!.text.split('\n')
  return lines.slice(lines.indexOf('message M {'), lines.indexOf('service xos {') - 1)
}

test.each([
  [
    'a scalar is alone in a oneof, with its options in the order of XOS',
    `message M { required string f = 2 [
      gui_hidden = True, max_length = 9, null = False, feedback_state = True]; }`,
    [
      '  oneof f_present { string f = 2 [(.xos.val).maxLength = 9, (.xos.feedbackState) = true, (.xos.guiHidden) = true, (.xos.val).nonNull = true]; }',
    ],
  ],
  [
    'a bookkeeping field says so behind its being hidden',
    'message M { optional int64 f = 2 [bookkeeping_state = True, gui_hidden = True]; }',
    [
      '  oneof f_present { int64 f = 2 [(.xos.guiHidden) = true, (.xos.bookkeepingState) = true]; }',
    ],
  ],
  [
    'a date is a double, and keeps its length',
    'message M { optional string f = 2 [content_type = "date", max_length = 9]; }',
    ['  oneof f_present { double f = 2 [(.xos.val).maxLength = 9]; }'],
  ],
  [
    'fields stand in the order of their numbers',
    'message M { optional bool b = 9; optional float a = 3; optional double c = 4; }',
    [
      '  oneof a_present { float a = 3; }',
      '  oneof c_present { double c = 4; }',
      '  oneof b_present { bool b = 9; }',
    ],
  ],
  [
    'a link to one is a number that tells where it leads, and the set that leads back',
    'message M { } message N { optional manytoone up->M:downs = 2:1001; optional onetoone twin->M:+ = 3; }',
    ['  repeated int32 downs_ids = 1001 [(.xos.reverseForeignKey).modelName = "N"];'],
  ],
  [
    'both kinds of links to one look the same; a link without reverse set has a plus there',
    'message N { } message M { required manytoone up->N:downs = 2:1001; required onetoone twin->N:+ = 3 [null = False]; }',
    [
      '  oneof up_present { int32 up_id = 2 [(.xos.foreignKey).modelName = "N", (.xos.foreignKey).reverseFieldName = "downs"]; }',
      '  oneof twin_present { int32 twin_id = 3 [(.xos.val).nonNull = true, (.xos.foreignKey).modelName = "N", (.xos.foreignKey).reverseFieldName = "+"]; }',
    ],
  ],
  [
    'a link to many is a list on both sides',
    'message M { optional manytomany ups->M:downs = 2:1001 [gui_hidden = True]; }',
    [
      '  repeated int32 ups_ids = 2 [(.xos.manyToManyForeignKey).modelName = "M"];',
      '  repeated int32 downs_ids = 1001 [(.xos.reverseForeignKey).modelName = "M"];',
    ],
  ],
  [
    'what a model keeps to itself is not there, and its number stays free',
    `message B { option abstract = True; optional bool a = 2; optional int32 backend_code = 3;
       optional string policy_status = 4 [max_length = 9]; }
     message M (B) { option no_sync = True; option no_policy = True; optional bool backend_status = 1; }`,
    [
      '  oneof a_present { bool a = 2; }',
      '  oneof backend_status_present { bool backend_status = 101; }',
    ],
  ],
])('%s', (_, text, expected) => {
  expect(messagesOf(text)).toEqual([
    'message M {',
    '  option (.xos.contentTypeId) = "a.m";',
    '  oneof id_present { int32 id = 1; }',
    ...expected,
    '  string class_names = 2046 [(.xos.bookkeepingState) = true];',
    '  string self_content_type_id = 2047 [(.xos.bookkeepingState) = true];',
    '}',
    '',
    'message MS {',
    '  repeated .xos.M items = 1;',
    '}',
  ])
})

test('abstract models have no API, hidden ones have', () => {
  const schema = strict(
    'message B { option abstract = True; optional bool a = 2; } message M (B) { option gui_hidden = True; }',
  )
  const { messages, methods } = factsOfText(generated(schema))
  expect(messages.map(({ name }) => name)).toEqual(['M', 'MS'])
  expect(methods.map((row) => row.split(' ')[0])).toEqual([
    'ListM',
    'FilterM',
    'GetM',
    'CreateM',
    'UpdateM',
    'DeleteM',
  ])
})

test('the models asked for are enough for a file that stands by itself', () => {
  const { schema } = compile([coreSource])
  const files = generated(schema!, [schema!.model('Slice')!])
  expect(factsOfText(files).messages.map(({ name }) => name)).toEqual(['Slice', 'Slices'])
})

test('text that comes from models cannot leave its quotes', () => {
  const [model] = strict('message M { }').models
  const hostile: Model = { ...model!, contentType: 'a"; }\n\r\t\0\\', restPath: '/"}//*' }
  const lines = generated(strict(''), [hostile])[0]!.text.split('\n')
  expect(lines).toContain('  option (.xos.contentTypeId) = "a\\"; }\\n\\r\\t\\0\\\\";')
  expect(lines).toContain('    option (.google.api.http) = { get: "/\\"}//*" };')
})

const everything = [
  { name: 'core', sources: [coreSource] },
  ...listServices(),
  { name: 'everything', sources: everySource() },
]
const legacy = listLegacyServices()

const schemas = [
  ...everything.map(({ name, sources }) => ({ name, schema: compile(sources).schema! })),
  ...legacy.map(({ name, sources }) => ({
    name,
    schema: compile(sources, { mode: 'compat' }).schema!,
  })),
]

/** `102 int32 owner_id`, for what the model publishes. */
const namesAndNumbers = (model: Model): readonly string[] => {
  const { name, unpublished } = model
  const fields = model.fields.filter(
    (field) => field.declaredIn === name || !unpublished.has(field.name),
  )
  return rowsOf({ ...model, fields }).map(withoutOptions)
}

const withoutOptions = (row: string): string =>
  row
    .replace(/^(\d+) repeated (\S+)/, '$1 $2*')
    .split(' ')
    .slice(0, 3)
    .join(' ')

test.each(schemas)('$name: names and numbers come back from the text', ({ schema }) => {
  const { messages } = factsOfText(generated(schema))
  const models = schema.models.filter(({ abstract }) => !abstract)
  expect(messages.filter((_, index) => index % 2 === 0).map(({ name }) => name)).toEqual(
    models.map(({ name }) => name),
  )
  for (const model of models) {
    const { fields } = messages.find(({ name }) => name === model.name)!
    expect(fields.slice(1, -2).map(withoutOptions)).toEqual(namesAndNumbers(model))
  }
})

test.for(schemas)('$name: the real compiler reads what we read', ({ schema }, { skip }) => {
  if (protocMissing !== undefined) skip(protocMissing)
  const files = generated(schema)
  expect(sorted(factsOfCompiled(files))).toEqual(sorted(factsOfText(files)))
})

test.each(schemas)('$name: gRPC loads it', ({ schema }) => {
  const folder = mkdtempSync(join(tmpdir(), 'syncstep-grpc-'))
  try {
    for (const { path, text } of generated(schema)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const loaded = loadSync('xos.proto', { includeDirs: [folder], keepCase: true })
    const concrete = schema.models.filter(({ abstract }) => !abstract)
    expect(Object.keys(loaded['xos.xos']!)).toHaveLength(6 * concrete.length)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** Words that mean something to protobuf, or to what we write in it. */
const oddName = fc.oneof(
  fc.constantFrom(
    ...['val', 'xos', 'google', 'stream', 'group', 'oneof', 'syntax', 'service', 'reserved'],
    ...['M', 'GetM', 'ListM', 'items', 'http', 'protobuf', 'foreignKey', 'Empty', 'max', 'inf'],
    ...['constructor', 'toString', '_', '_1', 'Int32', 'self_content_type', 'weak', 'public'],
  ),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/),
)

const oddNames = (maxLength: number) =>
  fc.uniqueArray(oddName, {
    minLength: 1,
    maxLength,
    selector: (name) => name.replaceAll('_', '').toLowerCase(),
  })

/** Names that get into each other's way, which is forgiven where XOS forgives it. */
const clashingNames = fc.array(
  fc.constantFrom<string>('a', 'b', 'a_id', 'a_ids', 'a_present', 'p0_ids', 'p0'),
  { maxLength: 5 },
)

const oddModel = fc.record({
  fields: fc.oneof(oddNames(5), clashingNames),
  types: fc.array(fc.constantFrom('string', 'bool', 'int64', 'link', 'list'), {
    minLength: 5,
    maxLength: 5,
  }),
  target: fc.nat(),
})

const declaration = (type: string, name: string, target: string, peer: number): string => {
  if (type === 'link') return `optional manytoone ${name}->${target}:p${peer}`
  if (type === 'list') return `optional manytomany ${name}->${target}:p${peer}`
  return `optional ${type} ${name}`
}

const oddText = fc
  .tuple(oddNames(5), fc.array(oddModel, { minLength: 5, maxLength: 5 }))
  .map(([names, models]) =>
    names
      .map((name, m) => {
        const { fields, types, target } = models[m]!
        const lines = fields.map((field, f) => {
          const type = types[f]!
          const peer = 10 * m + f
          const reverse = type === 'link' || type === 'list' ? `:${1000 + peer}` : ''
          const options = type === 'string' ? ' [text = True]' : ''
          const head = declaration(type, field, names[target % names.length]!, peer)
          return `  ${head} = ${f + 2}${reverse}${options};`
        })
        return `message ${name} {\n${lines.join('\n')}\n}\n`
      })
      .join(''),
  )

test('whatever passes the checks is what protobuf can read, odd names included', () => {
  fc.assert(
    fc.property(oddText, (text) => {
      const source = { file: 'a.xproto', text: `option name = "a";\n${text}` }
      const { schema } = compile([source], { mode: 'compat' })
      fc.pre(schema !== undefined)
      const files = generated(schema)
      const facts = factsOfText(files)
      expect(facts.methods).toHaveLength(6 * schema.models.length)
      if (protocMissing === undefined) {
        expect(sorted(factsOfCompiled(files))).toEqual(sorted(facts))
      }
    }),
    { numRuns: 60 },
  )
})

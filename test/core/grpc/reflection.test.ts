import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goldenWire } from '../../fixtures/xproto/read.ts'
import { linesOf, readDescriptor, type FileDescriptor } from './descriptor-lines.ts'
import { reflect, type ReflectionReply } from './reflection-client.ts'
import { openXosCore, type XosCore } from './xos-core.ts'

type StaticProto = {
  readonly package: string
  readonly imports: readonly string[]
  readonly lines: readonly string[]
}

/** What the fixed protos of XOS 4.0.4 say. */
const staticProtos = JSON.parse(
  readFileSync(new URL('../../fixtures/grpc/static-protos.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, StaticProto>>

let core: XosCore
beforeAll(async () => {
  core = await openXosCore()
})
afterAll(() => core.close())

const ask = async (question: object): Promise<ReflectionReply> => {
  const [reply] = await reflect(core.port, 'v1alpha', [question])
  return reply!
}

const filesIn = (reply: ReflectionReply): readonly FileDescriptor[] =>
  reply.file_descriptor_response!.file_descriptor_proto.map(readDescriptor)

const namesIn = (reply: ReflectionReply): readonly string[] =>
  filesIn(reply).map(({ name }) => name)

describe.each(['v1', 'v1alpha'] as const)('reflection %s', (version) => {
  test('lists the services, without the one that hands out the schema', async () => {
    const [reply] = await reflect(core.port, version, [{ host: 'here', list_services: '*' }])
    expect(reply).toMatchObject({
      valid_host: 'here',
      original_request: { host: 'here', list_services: '*' },
    })
    expect(reply!.list_services_response!.service.map(({ name }) => name)).toEqual([
      'xos.dynamicload',
      'xos.xos',
      'xos.utility',
      'xos.modeldefs',
      'xos.filetransfer',
      'grpc.reflection.v1alpha.ServerReflection',
      'grpc.reflection.v1.ServerReflection',
      'grpc.health.v1.Health',
    ])
  })

  test('answers every question of a stream, in order', async () => {
    const replies = await reflect(core.port, version, [
      { file_by_filename: 'common.proto' },
      { file_containing_symbol: 'no.such.Thing' },
      {},
    ])
    expect(replies).toMatchObject([
      { file_descriptor_response: {} },
      { error_response: { error_code: 5, error_message: 'There is no symbol "no.such.Thing"' } },
      { error_response: { error_code: 3 } },
    ])
  })

  test('describes every service that it lists', async () => {
    const [list] = await reflect(core.port, version, [{ list_services: '' }])
    const names = list!.list_services_response!.service.map(({ name }) => name)
    const replies = await reflect(
      core.port,
      version,
      names.map((name) => ({ file_containing_symbol: name })),
    )
    const described = replies.map((reply) => {
      const [file] = filesIn(reply)
      return (file!.service ?? []).map(({ name }) => `${file!.package}.${name}`)
    })
    expect(described).toEqual(names.map((name) => [name]))
  })
})

test.each([
  ['xos.xos', 'xos.proto'],
  ['xos.xos.ListSlice', 'xos.proto'],
  ['xos.Slice', 'xos.proto'],
  ['xos.Slices', 'xos.proto'],
  ['xos.Query', 'common.proto'],
  ['xos.QueryElement.QueryOperator', 'common.proto'],
  ['xos.bookkeepingState', 'xosoptions.proto'],
  ['schema.SchemaService', 'schema.proto'],
  ['google.protobuf.FieldOptions', 'google/protobuf/descriptor.proto'],
])('%s is in %s, which comes first, and all that it imports behind it', async (symbol, file) => {
  const reply = await ask({ file_containing_symbol: symbol })
  const names = namesIn(reply)
  expect(names[0]).toBe(file)
  for (const { dependency = [] } of filesIn(reply)) {
    expect(names).toEqual(expect.arrayContaining([...dependency]))
  }
})

test.each([
  'common.proto',
  'google/api/annotations.proto',
  'google/api/http.proto',
  'google/protobuf/descriptor.proto',
  'google/protobuf/empty.proto',
  'xos.proto',
  'xosoptions.proto',
])('file %s is there by its name', async (path) => {
  expect(namesIn(await ask({ file_by_filename: path }))[0]).toBe(path)
})

test.each([
  [{ file_by_filename: 'no.proto' }, 'There is no file "no.proto"'],
  [
    {
      file_containing_extension: {
        containing_type: 'google.protobuf.FieldOptions',
        extension_number: 9,
      },
    },
    'There is no extension 9 of "google.protobuf.FieldOptions"',
  ],
  [{ all_extension_numbers_of_type: 'xos.Nothing' }, 'There is no type "xos.Nothing"'],
])('%j is told what there is not', async (question, message) => {
  const { error_response: error } = await ask(question)
  expect(error).toEqual({ error_code: 5, error_message: message })
})

test.each([
  ['google.protobuf.FieldOptions', [1001, 1002, 1003, 1004, 1005, 1006, 1007]],
  ['google.protobuf.MessageOptions', [1001]],
  ['google.protobuf.MethodOptions', [72295728]],
])('the options that extend %s are listed, and each leads to its file', async (type, numbers) => {
  const { all_extension_numbers_response: reply } = await ask({
    all_extension_numbers_of_type: type,
  })
  expect(reply).toEqual({ base_type_name: type, extension_number: numbers })
  const [number] = numbers
  const file = await ask({
    file_containing_extension: { containing_type: type, extension_number: number },
  })
  expect(filesIn(file)[0]!.extension!.map((each) => each.number)).toContain(number)
})

test.each(Object.entries(staticProtos))('%s says what that of XOS says', async (path, expected) => {
  const [file] = filesIn(await ask({ file_by_filename: path }))
  expect(file).toMatchObject({ name: path, package: expected.package, syntax: 'proto3' })
  expect(file!.dependency ?? []).toEqual(expected.imports)
  expect(linesOf(file!)).toEqual(expected.lines)
})

test.each(Object.keys(goldenWire.models))(
  'model %s is described as that of XOS, options included',
  async (name) => {
    const [file] = filesIn(await ask({ file_containing_symbol: `xos.${name}` }))
    const only = file!.messageType!.filter((message) => message.name === name)
    const [head, ...fields] = linesOf({ name: '', package: '', messageType: only })
    const { message: own } = goldenWire.models[name]!
    const expected = [
      '1 int32 id in id_present',
      ...own.flatMap((row) => (row === 'XOSBase' ? goldenWire.inheritedMessage : [row])),
      '2046 string class_names bookkeepingState',
      '2047 string self_content_type_id bookkeepingState',
    ]
    const inAnyOrder = (row: string): string => row.trim().split(' ').toSorted().join(' ')
    expect(head).toBe(`message ${name} contentTypeId=core.${name.toLowerCase()}`)
    expect(fields.map(inAnyOrder)).toEqual(expected.map(inAnyOrder))
  },
)

test('options travel as the bytes that clients look for', async () => {
  const { file_descriptor_response: reply } = await ask({ file_by_filename: 'xos.proto' })
  const bytes = Buffer.from(reply!.file_descriptor_proto[0]!)
  // Key of a field of kind varint, then true: what cordctl prints as `1005:1`.
  for (const number of [1005, 1006, 1007]) {
    const key = (number << 3) >>> 0
    expect(bytes.includes(Buffer.from([(key & 127) | 128, key >> 7, 1]))).toBe(true)
  }
})

import protobuf from 'protobufjs'

type Json = Readonly<Record<string, unknown>>

/** Numbers of `FieldDescriptorProto.Type`. */
const scalarTypes: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
}
const messageType = 11
const enumType = 14

const labels = { optional: 1, required: 2, repeated: 3 } as const

// protobufjs counts ranges to their last number, descriptors to the first one after it.
const rangeOf = (range: readonly number[]): Json => ({
  start: range[0],
  end: (range[1] ?? range[0] ?? 0) + 1,
})

/** `back_end` is `backEnd` in JSON, as protoc has it. */
const jsonName = (name: string): string =>
  name.replace(/_+(.?)/g, (_match, letter: string) => letter.toUpperCase())

/** What stands for an option in a descriptor: its own name, or the extension that it is. */
const optionKey = (object: protobuf.ReflectionObject, written: string): string => {
  const [, extension] = /^\((.+)\)$/.exec(written) ?? []
  if (extension === undefined) return written
  const scope = object instanceof protobuf.Namespace ? object : object.parent
  const found = scope?.lookup(extension)
  if (found instanceof protobuf.Field) return found.fullName
  throw new Error(`Expected an extension, got option ${written} of ${object.fullName}`)
}

const notOptions = new Set(['default', 'json_name'])

/** Options as the message that holds them in a descriptor has them. */
const optionsOf = (object: protobuf.ReflectionObject): Json => {
  const written = (object.parsedOptions ?? []) as readonly Json[]
  const entries = written.flatMap((option) =>
    Object.entries(option)
      .filter(([name]) => !notOptions.has(name))
      .map(([name, value]) => [optionKey(object, name), value] as const),
  )
  return entries.length === 0 ? {} : { options: Object.fromEntries(entries) }
}

const typeOf = ({ type, resolvedType }: protobuf.Field): Json => {
  if (resolvedType === null) return { type: scalarTypes[type] }
  const number = resolvedType instanceof protobuf.Enum ? enumType : messageType
  return { type: number, type_name: resolvedType.fullName }
}

const labelOf = ({ repeated, required }: protobuf.Field): number => {
  if (repeated) return labels.repeated
  return required ? labels.required : labels.optional
}

const oneofNames = ({ parent }: protobuf.OneOf): readonly string[] =>
  parent instanceof protobuf.Type ? parent.oneofsArray.map(({ name }) => name) : []

const describeField = (field: protobuf.Field): Json => {
  const { name, id, partOf, extend, options } = field.resolve()
  const { default: preset } = (options ?? {}) as { readonly default?: string | boolean }
  return {
    name,
    number: id,
    label: labelOf(field),
    ...typeOf(field),
    json_name: jsonName(name),
    ...(extend === undefined ? {} : { extendee: field.parent?.lookup(extend)?.fullName }),
    ...(partOf === null ? {} : { oneof_index: oneofNames(partOf).indexOf(partOf.name) }),
    ...(preset === undefined ? {} : { default_value: String(preset) }),
    ...optionsOf(field),
  }
}

// protobufjs gives a message its extensions as fields, so that it can encode them.
const isDeclaredHere = ({ declaringField }: protobuf.Field): boolean => declaringField === null

const describeEnum = (object: protobuf.Enum): Json => ({
  name: object.name,
  value: Object.entries(object.values).map(([name, number]) => ({ name, number })),
  ...optionsOf(object),
})

// The declarations of the library say that these are always there.
const rangesOf = (ranges: readonly (number[] | string)[] | undefined): readonly Json[] =>
  (ranges ?? []).filter((range) => typeof range !== 'string').map(rangeOf)

const describeMessage = (type: protobuf.Type): Json => ({
  name: type.name,
  field: type.fieldsArray.filter(isDeclaredHere).map(describeField),
  oneof_decl: type.oneofsArray.map(({ name }) => ({ name })),
  nested_type: type.nestedArray
    .filter((nested) => nested instanceof protobuf.Type)
    .map(describeMessage),
  enum_type: type.nestedArray.filter((nested) => nested instanceof protobuf.Enum).map(describeEnum),
  extension_range: rangesOf(type.extensions),
  reserved_range: rangesOf(type.reserved),
  ...optionsOf(type),
})

const describeMethod = (method: protobuf.Method): Json => ({
  name: method.name,
  input_type: method.resolvedRequestType?.fullName,
  output_type: method.resolvedResponseType?.fullName,
  ...(method.requestStream === true ? { client_streaming: true } : {}),
  ...(method.responseStream === true ? { server_streaming: true } : {}),
  ...optionsOf(method),
})

const describeService = (service: protobuf.Service): Json => ({
  name: service.name,
  method: service.methodsArray.map((method) => {
    method.resolve()
    return describeMethod(method)
  }),
  ...optionsOf(service),
})

export type FileParts = {
  readonly path: string
  readonly package: string
  readonly syntax: 'proto2' | 'proto3'
  readonly imports: readonly string[]
  /** What the file declares, in its order. */
  readonly objects: readonly protobuf.ReflectionObject[]
}

/**
 * The bytes of a `FileDescriptorProto`, custom options included: the root holds `google.protobuf` itself, so that
 * extensions of its options are encoded like every other field.
 */
export const describeFile = (root: protobuf.Root, file: FileParts): Uint8Array => {
  const { objects } = file
  const type = root.lookupType('google.protobuf.FileDescriptorProto')
  const message = type.fromObject({
    name: file.path,
    package: file.package,
    dependency: file.imports,
    message_type: objects.filter((object) => object instanceof protobuf.Type).map(describeMessage),
    enum_type: objects.filter((object) => object instanceof protobuf.Enum).map(describeEnum),
    service: objects.filter((object) => object instanceof protobuf.Service).map(describeService),
    extension: objects.filter((object) => object instanceof protobuf.Field).map(describeField),
    // As protoc has it: what says nothing is proto2.
    ...(file.syntax === 'proto3' ? { syntax: file.syntax } : {}),
  })
  return type.encode(message).finish()
}

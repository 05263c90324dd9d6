import { createRequire } from 'node:module'
import protobuf from 'protobufjs'
import { importedProtos } from '#xproto'

type Options = Readonly<Record<string, unknown>>

type Field = {
  readonly name: string
  readonly number: number
  readonly label: string
  readonly type: string
  readonly typeName?: string
  readonly oneofIndex?: number
  readonly extendee?: string
  readonly options?: Options
}

type Enum = {
  readonly name: string
  readonly value?: readonly { readonly name: string; readonly number: number }[]
}

export type FileDescriptor = {
  readonly name: string
  readonly package: string
  readonly syntax?: string
  readonly dependency?: readonly string[]
  readonly messageType?: readonly {
    readonly name: string
    readonly field?: readonly Field[]
    readonly enumType?: readonly Enum[]
    readonly oneofDecl?: readonly { readonly name: string }[]
    readonly options?: Options
  }[]
  readonly extension?: readonly Field[]
  readonly service?: readonly {
    readonly name: string
    readonly method?: readonly {
      readonly name: string
      readonly inputType: string
      readonly outputType: string
      readonly clientStreaming?: boolean
      readonly serverStreaming?: boolean
      readonly options?: Options
    }[]
  }[]
}

const descriptor = createRequire(import.meta.url)(
  'protobufjs/google/protobuf/descriptor.json',
) as protobuf.INamespace

/** What protobuf says of itself, as the library has it and not as the core does, with the options of XOS. */
const root = protobuf.Root.fromJSON(descriptor)
for (const { text } of importedProtos) protobuf.parse(text, root, { keepCase: true })
root.resolveAll()

export const readDescriptor = (bytes: Uint8Array): FileDescriptor => {
  const type = root.lookupType('google.protobuf.FileDescriptorProto')
  return type.toObject(type.decode(bytes), { enums: String }) as FileDescriptor
}

export const readDescriptorSet = (bytes: Uint8Array): readonly FileDescriptor[] => {
  const type = root.lookupType('google.protobuf.FileDescriptorSet')
  return (type.toObject(type.decode(bytes), { enums: String })['file'] ?? []) as FileDescriptor[]
}

const withoutDot = (name: string): string => name.replace(/^\./, '')
const lastOf = (name: string): string => name.replace(/^.*\./, '')

/** `val.maxLength=1024 feedbackState`, each with a space before it. */
const optionWords = (options: Options = {}): string =>
  Object.entries(options)
    .flatMap(([extension, value]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(
            ([key, inner]) => [`${lastOf(extension)}.${key}`, inner] as const,
          )
        : [[lastOf(extension), value] as const],
    )
    .map(([name, value]) => (value === true ? ` ${name}` : ` ${name}=${String(value)}`))
    .join('')

const fieldLine = (field: Field, oneofs: readonly { readonly name: string }[] = []): string => {
  const { number, label, type, typeName, name, oneofIndex, options } = field
  const many = label === 'LABEL_REPEATED' ? 'repeated ' : ''
  const what = typeName === undefined ? type.replace(/^TYPE_/, '').toLowerCase() : lastOf(typeName)
  const oneof = oneofIndex === undefined ? '' : ` in ${oneofs[oneofIndex]?.name ?? '?'}`
  return `  ${number} ${many}${what} ${name}${oneof}${optionWords(options)}`
}

const enumLine = ({ name, value = [] }: Enum): string =>
  `  enum ${name} ${value.map((each) => `${each.name}=${each.number}`).join(' ')}`

const httpWords = (options: Options = {}): string => {
  const rule = options['.google.api.http'] as Options | undefined
  return Object.entries(rule ?? {})
    .map(([key, value]) => ` ${key === 'body' ? 'body=' : `${key.toUpperCase()} `}${String(value)}`)
    .join('')
}

/** One line for each thing that a descriptor says, as the fixture has them. */
export const linesOf = (file: FileDescriptor): readonly string[] => [
  ...(file.messageType ?? []).flatMap(({ name, field = [], enumType = [], oneofDecl, options }) => [
    `message ${name}${optionWords(options)}`,
    ...field.map((each) => fieldLine(each, oneofDecl)),
    ...enumType.map(enumLine),
  ]),
  ...(file.extension ?? []).flatMap((field, index, all) => [
    ...(field.extendee === all[index - 1]?.extendee
      ? []
      : [`extend ${withoutDot(field.extendee ?? '')}`]),
    fieldLine(field),
  ]),
  ...(file.service ?? []).flatMap(({ name, method = [] }) => [
    `service ${name}`,
    ...method.map((each) => {
      const input = `${each.clientStreaming === true ? 'stream ' : ''}${withoutDot(each.inputType)}`
      const output = `${each.serverStreaming === true ? 'stream ' : ''}${withoutDot(each.outputType)}`
      return `  ${each.name} (${input}) returns (${output})${httpWords(each.options)}`
    }),
  ]),
]

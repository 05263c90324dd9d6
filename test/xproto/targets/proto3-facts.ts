import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import protobuf from 'protobufjs'
import type { GeneratedFile } from '#xproto'

/** What a generated `xos.proto` says, read back from it, everything in the order of the text. */
export type ProtoFacts = {
  readonly messages: readonly {
    readonly name: string
    readonly contentTypeId: string | undefined
    /** `102 int32 owner_id in owner_present foreignKey.modelName=Service`. */
    readonly fields: readonly string[]
  }[]
  /** `GetSite (xos.ID) returns (xos.Site) GET /xosapi/v1/core/sites/{id}`. */
  readonly methods: readonly string[]
}

type Options = Readonly<Record<string, unknown>>

type FieldFacts = {
  readonly number: number
  readonly type: string
  readonly name: string
  readonly repeated: boolean
  readonly oneof: string | undefined
  /** Names such as `val.maxLength`. */
  readonly options: Options
}

const fieldRow = ({ number, type, name, repeated, oneof, options }: FieldFacts): string => {
  const flags = Object.entries(options).map(([option, value]) =>
    value === true ? option : `${option}=${String(value)}`,
  )
  const head = repeated ? `${number} repeated ${type} ${name}` : `${number} ${type} ${name}`
  return [head, ...(oneof === undefined ? [] : [`in ${oneof}`]), ...flags].join(' ')
}

const methodRow = (name: string, input: string, output: string, http: Options): string => {
  const rule = Object.entries(http).map(([key, value]) =>
    key === 'body' ? `body=${String(value)}` : `${key.toUpperCase()} ${String(value)}`,
  )
  return [`${name} (${withoutDot(input)}) returns (${withoutDot(output)})`, ...rule].join(' ')
}

const withoutDot = (name: string): string => name.replace(/^\./, '')

const descriptor = createRequire(import.meta.url)(
  'protobufjs/google/protobuf/descriptor.json',
) as protobuf.INamespace

/** All files as one tree, together with what protobuf brings itself. Fails where a name means nothing. */
const treeOf = (files: readonly GeneratedFile[]): protobuf.Root => {
  const root = new protobuf.Root()
  protobuf.Root.fromJSON(descriptor, root)
  protobuf.parse('syntax = "proto3"; package google.protobuf; message Empty {}', root)
  for (const { path, text } of files) {
    Object.assign(protobuf.parse, { filename: path })
    protobuf.parse(text, root, { keepCase: true })
  }
  root.resolveAll()
  return root
}

/** `(.xos.val).maxLength` becomes `val.maxLength`. */
const fromText = (options: Options | undefined): Options =>
  Object.fromEntries(
    Object.entries(options ?? {}).map(([name, value]) => [
      name.replace(/^\(\.xos\.(\w+)\)/, '$1').replace(/^\(\.google\.api\.http\)\./, ''),
      value,
    ]),
  )

/** Reads the text itself. */
export const factsOfText = (files: readonly GeneratedFile[]): ProtoFacts => {
  const root = treeOf(files)
  const messages = (root.lookup('xos') as protobuf.Namespace).nestedArray.filter(
    (node): node is protobuf.Type => node instanceof protobuf.Type && node.filename === 'xos.proto',
  )
  return {
    messages: messages.map(({ name, options, fieldsArray }) => ({
      name,
      contentTypeId: fromText(options)['contentTypeId'] as string | undefined,
      fields: fieldsArray.map((field) =>
        fieldRow({
          number: field.id,
          type: withoutDot(field.type),
          name: field.name,
          repeated: field.repeated,
          oneof: field.partOf?.name,
          options: fromText(field.options),
        }),
      ),
    })),
    methods: root
      .lookupService('xos.xos')
      .methodsArray.map(({ name, requestType, responseType, options }) =>
        methodRow(name, requestType, responseType, fromText(options)),
      ),
  }
}

/** Why the real compiler cannot be asked; undefined when it can. */
export const protocMissing =
  spawnSync('protoc', ['--version']).error === undefined ? undefined : 'protoc is not on the PATH'

type Descriptor = {
  readonly messageType?: readonly {
    readonly name: string
    readonly options?: Options
    readonly oneofDecl?: readonly { readonly name: string }[]
    readonly field?: readonly {
      readonly number: number
      readonly name: string
      readonly label: string
      readonly type: string
      readonly typeName?: string
      readonly oneofIndex?: number
      readonly options?: Options
    }[]
  }[]
  readonly service: readonly {
    readonly method?: readonly {
      readonly name: string
      readonly inputType: string
      readonly outputType: string
      readonly options?: Options
    }[]
  }[]
}

/** The compiler writes a rule as one message for each of its parts, of which the library would keep the last. */
const withRulesInParts = ({ path, text }: GeneratedFile): GeneratedFile => ({
  path,
  text: text.replace(/^ {2}(\w+Rule) (\w+ = 100\d;)/gm, '  repeated $1 $2'),
})

/** Runs the compiler on the files; throws what it has against them. */
const compiled = (files: readonly GeneratedFile[]): Descriptor => {
  const folder = mkdtempSync(join(tmpdir(), 'syncstep-proto-'))
  try {
    for (const { path, text } of files) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const output = join(folder, 'descriptors')
    execFileSync('protoc', ['-I', folder, 'xos.proto', `--descriptor_set_out=${output}`], {
      stdio: 'pipe',
    })
    // The tree of the text knows the extensions, so that the options are read as well.
    const set = treeOf(files.map(withRulesInParts)).lookupType('google.protobuf.FileDescriptorSet')
    const decoded = set.toObject(set.decode(readFileSync(output)), { enums: String })
    return (decoded['file'] as Descriptor[])[0]!
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** `{ '.xos.val': [{ maxLength: 9 }] }` becomes `{ 'val.maxLength': 9 }`. */
const fromDescriptor = (options: Options | undefined): Options =>
  Object.fromEntries(
    Object.entries(options ?? {}).flatMap(([extension, value]) => {
      const name = extension.replace(/^\.(xos|google\.api)\./, '')
      if (typeof value !== 'object' || value === null) return [[name, value]]
      const prefix = name === 'http' ? '' : `${name}.`
      const parts = [value].flat().flatMap((part) => Object.entries(part as Options))
      return parts.map(([key, inner]) => [`${prefix}${key}`, inner])
    }),
  )

/** Reads what the real compiler makes of the files. It orders the options of a field by their numbers. */
export const factsOfCompiled = (files: readonly GeneratedFile[]): ProtoFacts => {
  const { messageType, service } = compiled(files)
  return {
    messages: (messageType ?? []).map(({ name, options, oneofDecl, field }) => ({
      name,
      contentTypeId: fromDescriptor(options)['contentTypeId'] as string | undefined,
      fields: (field ?? []).map((each) =>
        fieldRow({
          number: each.number,
          type: withoutDot(each.typeName ?? each.type.replace(/^TYPE_/, '').toLowerCase()),
          name: each.name,
          repeated: each.label === 'LABEL_REPEATED',
          oneof: each.oneofIndex === undefined ? undefined : oneofDecl?.[each.oneofIndex]?.name,
          options: fromDescriptor(each.options),
        }),
      ),
    })),
    methods: service.flatMap(({ method }) =>
      (method ?? []).map(({ name, inputType, outputType, options }) =>
        methodRow(name, inputType, outputType, fromDescriptor(options)),
      ),
    ),
  }
}

/** The same facts with the words of each field in alphabetical order, for readers that do not keep the order. */
export const sorted = ({ messages, methods }: ProtoFacts): ProtoFacts => ({
  messages: messages.map((message) => ({
    ...message,
    fields: message.fields.map((row) => row.split(' ').toSorted().join(' ')),
  })),
  methods,
})

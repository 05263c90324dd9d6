import protobuf from 'protobufjs'
import type { GeneratedFile } from '#xproto'
import { describeFile } from './descriptors.ts'

export type ProtoFile = GeneratedFile & {
  /** Paths of the files it imports. */
  readonly imports: readonly string[]
  /** Bytes of its `FileDescriptorProto`. */
  readonly descriptor: Uint8Array
}

/** Protobuf texts, read: the types in them, and their descriptors. */
export type ProtoSet = {
  /** By path, a file behind those that it imports. */
  readonly files: ReadonlyMap<string, ProtoFile>
  /** By name without leading dot, `xos.Slice`: types, services, methods and extensions, and the file each is in. */
  readonly symbols: ReadonlyMap<string, ProtoFile>
  /** By full name. Throw for a name that is none. */
  type(name: string): protobuf.Type
  service(name: string): protobuf.Service
  /** Numbers of the extensions of a message, by its full name; undefined when there is no such message. */
  extensions(name: string): ReadonlyMap<number, ProtoFile> | undefined
}

type Parsed = GeneratedFile & {
  readonly package: string
  readonly syntax: 'proto2' | 'proto3'
  readonly imports: readonly string[]
}

const parseFile = (root: protobuf.Root, { path, text }: GeneratedFile): Parsed => {
  // What the parser makes of a text remembers this name; there is no other way to tell it.
  Object.assign(protobuf.parse, { filename: path })
  const { package: name = '', imports = [] } = protobuf.parse(text, root, { keepCase: true })
  const syntax = text.startsWith('syntax = "proto2"') ? 'proto2' : 'proto3'
  return { path, text, package: name, syntax, imports }
}

const objectsOf = (root: protobuf.Root, file: Parsed): readonly protobuf.ReflectionObject[] => {
  const space = root.lookup(file.package)
  if (!(space instanceof protobuf.Namespace)) return []
  return space.nestedArray.filter(({ filename }) => filename === file.path)
}

const withoutDot = (name: string): string => name.replace(/^\./, '')

/** The object itself and everything that it holds and that has a name of its own. */
const namesIn = (object: protobuf.ReflectionObject): readonly string[] => {
  const inner =
    object instanceof protobuf.Service
      ? object.methodsArray
      : object instanceof protobuf.Namespace
        ? object.nestedArray
        : []
  return [withoutDot(object.fullName), ...inner.flatMap(namesIn)]
}

/** Reads texts, none of which imports a later one. Throws when one is not protobuf, or a name in it means nothing. */
export const readProtos = (texts: readonly GeneratedFile[]): ProtoSet => {
  const root = new protobuf.Root()
  const parsed = texts.map((text) => parseFile(root, text))
  root.resolveAll()

  const files = new Map<string, ProtoFile>()
  const symbols = new Map<string, ProtoFile>()
  const extensions = new Map<string, Map<number, ProtoFile>>()
  for (const one of parsed) {
    const objects = objectsOf(root, one)
    const { path, text, imports } = one
    const file = { path, text, imports, descriptor: describeFile(root, { ...one, objects }) }
    files.set(path, file)
    for (const name of objects.flatMap(namesIn)) symbols.set(name, file)
    for (const object of objects) {
      if (!(object instanceof protobuf.Field) || object.extensionField === null) continue
      const extended = withoutDot(object.extensionField.parent?.fullName ?? '')
      const known = extensions.get(extended) ?? new Map<number, ProtoFile>()
      extensions.set(extended, known.set(object.id, file))
    }
  }

  return {
    files,
    symbols,
    type: (name) => root.lookupType(name),
    service: (name) => root.lookupService(name),
    extensions: (name) =>
      extensions.get(name) ??
      (root.lookup(name) instanceof protobuf.Type ? new Map<number, ProtoFile>() : undefined),
  }
}

/** The file and all that it imports, itself first. */
export const withImports = (set: ProtoSet, file: ProtoFile): readonly ProtoFile[] => {
  const found = new Set([file])
  // A set is walked to what was added on the way.
  for (const { imports } of found) {
    for (const path of imports) {
      const imported = set.files.get(path)
      if (imported !== undefined) found.add(imported)
    }
  }
  return [...found]
}

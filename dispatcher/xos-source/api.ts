import protobuf from 'protobufjs'
import { RemoteSourceError } from '../remote-connection.ts'
import type { XosClient } from './client.ts'

/** A link of a model, forward. */
type Link = {
  /** As an `include` names it: `owner`. */
  readonly name: string
  /** As messages name it: `owner_id`, `ports_ids`. */
  readonly wireName: string
  readonly target: string
  readonly many: boolean
  /** How the model at the other end names the set of those that link to it. */
  readonly peer: string | undefined
}

/** The records of another model that link to a record. */
export type LinkedSet = Pick<Link, 'name' | 'wireName'> & { readonly source: string }

export type XosModel = {
  readonly name: string
  readonly message: protobuf.Type
  readonly list: protobuf.Type
  readonly links: readonly Link[]
  readonly sets: readonly LinkedSet[]
  /** Names of the fields that a step may write back. */
  readonly feedback: ReadonlySet<string>
}

/** What a core of XOS serves, as it says itself. */
export type XosApi = {
  model(name: string): XosModel | undefined
  /** A message by its full name, `xos.Query`; throws when there is none. */
  type(name: string): protobuf.Type
}

const schemaTypes = protobuf.parse(
  `syntax = "proto3";
  package schema;
  message Empty {}
  message ProtoFile { string file_name = 1; string proto = 2; }
  message Schemas { repeated ProtoFile protos = 1; }`,
  { keepCase: true },
).root

type Options = ReadonlyMap<string, string>

/** XOS writes `(foreignKey)`, a core of ours `(.xos.foreignKey)`. */
const optionsOf = ({ options = {} }: protobuf.Field): Options =>
  new Map(
    Object.entries(options).map(([name, value]) => [name.replace('(.xos.', '('), String(value)]),
  )

const bareName = (wireName: string): string => wireName.replace(/_ids?$/, '')

const linksOf = (field: protobuf.Field, options: Options): readonly Link[] => {
  const many = options.get('(manyToManyForeignKey).modelName')
  const target = options.get('(foreignKey).modelName') ?? many
  if (target === undefined) return []
  const { name: wireName } = field
  const peer = options.get('(foreignKey).reverseFieldName')
  return [{ name: bareName(wireName), wireName, target, many: many !== undefined, peer }]
}

const setsOf = ({ name: wireName }: protobuf.Field, options: Options): readonly LinkedSet[] => {
  const source = options.get('(reverseForeignKey).modelName')
  return source === undefined ? [] : [{ name: bareName(wireName), wireName, source }]
}

const readModel = (root: protobuf.Root, name: string, list: protobuf.Type): XosModel => {
  const message = root.lookupType(`xos.${name}`)
  const fields = message.fieldsArray.map((field) => ({ field, options: optionsOf(field) }))
  return {
    name,
    message,
    list,
    links: fields.flatMap(({ field, options }) => linksOf(field, options)),
    sets: fields.flatMap(({ field, options }) => setsOf(field, options)),
    feedback: new Set(
      fields.flatMap(({ field, options }) =>
        options.get('(feedbackState)') === 'true' ? [field.name] : [],
      ),
    ),
  }
}

const readApi = (texts: readonly string[]): XosApi => {
  const root = new protobuf.Root()
  const empty = protobuf.common.get('google/protobuf/empty.proto')
  if (empty?.nested !== undefined) root.addJSON(empty.nested)
  for (const text of texts) protobuf.parse(text, root, { keepCase: true })
  root.resolveAll()
  const models = new Map<string, XosModel>()
  for (const { name, resolvedResponseType: list } of root.lookupService('xos.xos').methodsArray) {
    if (!name.startsWith('List') || list === null) continue
    const model = name.slice('List'.length)
    models.set(model, readModel(root, model, list))
  }
  return { model: (name) => models.get(name), type: (name) => root.lookupType(name) }
}

const neededFiles = ['common.proto', 'dynamicload.proto', 'xos.proto']

type ProtoFile = { readonly file_name: string; readonly proto: string }

/** Asks a core what it serves. */
export const learnApi = async (client: XosClient): Promise<XosApi> => {
  const reply = await client.ask(
    {
      path: '/schema.SchemaService/GetSchema',
      request: schemaTypes.lookupType('schema.Empty'),
      response: schemaTypes.lookupType('schema.Schemas'),
    },
    {},
  )
  const files = reply['protos'] as readonly ProtoFile[]
  const texts = neededFiles.map((name) => {
    const found = files.find(({ file_name: file }) => file === name)
    if (found !== undefined) return found.proto
    throw new RemoteSourceError('UNAVAILABLE', `The core does not say what is in ${name}`)
  })
  return readApi(texts)
}

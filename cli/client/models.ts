import protobuf from 'protobufjs'
import { suggestion } from '../suggestion.ts'
import { UsageError } from '../usage-error.ts'

/** What a field is for: `own` is what people set, `feedback` and `bookkeeping` what steps and the core write. */
type Role = 'own' | 'feedback' | 'bookkeeping' | 'hidden'

export type FieldType = {
  /** As the messages name it: `owner_id`, `ports_ids`. */
  readonly name: string
  /** A type of protobuf: `string`, `int32`, `double`, ... */
  readonly type: string
  readonly repeated: boolean
  readonly role: Role
  /** The model that it links to, forward or back; undefined when it is no link. */
  readonly target: string | undefined
  /** Whether it is the other side of a link, which nobody sets. */
  readonly reverse: boolean
}

export type ModelType = {
  readonly name: string
  readonly fields: readonly FieldType[]
  readonly message: protobuf.Type
  /** What lists of it come in. */
  readonly list: protobuf.Type
}

/** What a core says that it serves, as its clients read it. */
export type Models = {
  readonly names: readonly string[]
  /** By name or plural, in upper or lower case. Throws UsageError, which knows the nearest name. */
  named(word: string): ModelType
  readonly query: protobuf.Type
  readonly id: protobuf.Type
  readonly empty: protobuf.Type
}

const roles: readonly (readonly [string, Role])[] = [
  ['bookkeepingState', 'bookkeeping'],
  ['feedbackState', 'feedback'],
  ['guiHidden', 'hidden'],
]

/** XOS writes `(foreignKey)`, we write `(.xos.foreignKey)`. */
const bare = (option: string): string => option.replace('(.xos.', '(')

const fieldOf = ({ name, type, repeated, options = {} }: protobuf.Field): FieldType => {
  const given = new Map(Object.entries(options).map(([key, value]) => [bare(key), String(value)]))
  const role = roles.find(([option]) => given.get(`(${option})`) === 'true')?.[1]
  const target = ['foreignKey', 'reverseForeignKey', 'manyToManyForeignKey']
    .map((rule) => given.get(`(${rule}).modelName`))
    .find((model) => model !== undefined)
  const reverse = given.has('(reverseForeignKey).modelName')
  return { name, type, repeated, role: role ?? 'own', target, reverse }
}

const emptyName = 'google.protobuf.Empty'

/** Reads the texts of `common.proto` and `xos.proto`, as a core serves them. */
export const readModels = (texts: readonly string[]): Models => {
  const root = new protobuf.Root()
  const file = protobuf.common.get('google/protobuf/empty.proto')
  if (file?.nested !== undefined) root.addJSON(file.nested)
  for (const text of texts) protobuf.parse(text, root, { keepCase: true })
  root.resolveAll()

  const service = root.lookupService('xos.xos')
  const lists = service.methodsArray.filter(({ name }) => name.startsWith('List'))
  const models = lists.flatMap(({ name, resolvedResponseType: list }) => {
    const model = name.slice('List'.length)
    if (list === null) return []
    const message = root.lookupType(`xos.${model}`)
    return [{ name: model, fields: message.fieldsArray.map(fieldOf), message, list }]
  })
  const names = models.map(({ name }) => name)

  return {
    names,
    named(word) {
      const wanted = word.toLowerCase()
      const found = models.find(({ name, list }) =>
        [name, list.name].some((known) => known.toLowerCase() === wanted),
      )
      if (found !== undefined) return found
      throw new UsageError(`Unknown model "${word}".`, { word, known: names })
    },
    query: root.lookupType('xos.Query'),
    id: root.lookupType('xos.ID'),
    empty: root.lookupType(emptyName),
  }
}

/** @throws UsageError naming the nearest field. */
export const fieldNamed = ({ name: model, fields }: ModelType, name: string): FieldType => {
  const found = fields.find((field) => field.name === name || field.name === `${name}_id`)
  if (found !== undefined) return found
  const known = fields.map((field) => field.name)
  throw new UsageError(`${model} has no field "${name}". ${suggestion(name, known)}`)
}

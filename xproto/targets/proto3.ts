import type { Field, LinkField, Model, ReverseLink, ScalarField } from '../schema.ts'
import { importedProtos } from './proto-options.ts'
import { publishedFields } from './published-fields.ts'
import type { Target } from './target.ts'

// Every name that is not declared here is written in full, from the leading dot on: so no field or model that happens
// to be called `val` or `google` hides it.

const escapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['"', '\\"'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\0', '\\0'],
])

const quoted = (text: string): string =>
  `"${text.replace(/[\\"\n\r\t\0]/g, (letter) => escapes.get(letter) ?? letter)}"`

const withOptions = (declaration: string, options: readonly string[]): string =>
  options.length === 0 ? `${declaration};` : `${declaration} [${options.join(', ')}];`

const scalarOptions = ({ type, maxLength }: ScalarField): readonly string[] =>
  type === 'string' && maxLength !== undefined ? [`(.xos.val).maxLength = ${maxLength}`] : []

const foreignKeyOptions = ({ target, peer }: LinkField): readonly string[] => [
  `(.xos.foreignKey).modelName = ${quoted(target)}`,
  `(.xos.foreignKey).reverseFieldName = ${quoted(peer ?? '+')}`,
]

const optionsOf = (field: Field): readonly string[] => [
  ...(field.kind === 'scalar' ? scalarOptions(field) : []),
  ...(field.role === 'feedback' ? ['(.xos.feedbackState) = true'] : []),
  ...(field.guiHidden ? ['(.xos.guiHidden) = true'] : []),
  ...(field.role === 'bookkeeping' ? ['(.xos.bookkeepingState) = true'] : []),
  ...(field.writtenNonNull ? ['(.xos.val).nonNull = true'] : []),
  ...(field.kind === 'link' ? foreignKeyOptions(field) : []),
]

const typeOf = (field: Field): string => {
  if (field.kind === 'link') return 'int32'
  return field.format === 'date' ? 'double' : field.type
}

/** Alone in a oneof, so that a reader sees whether the field is there. */
const present = (name: string, declaration: string): string =>
  `oneof ${name}_present { ${declaration} }`

const printField = (field: Field): string => {
  const { name, wireName, wireNumber } = field
  if (field.kind === 'link' && field.multiplicity === 'manytomany') {
    const target = `(.xos.manyToManyForeignKey).modelName = ${quoted(field.target)}`
    return withOptions(`repeated int32 ${wireName} = ${wireNumber}`, [target])
  }
  const declaration = `${typeOf(field)} ${wireName} = ${wireNumber}`
  return present(name, withOptions(declaration, optionsOf(field)))
}

const printReverseLink = ({ wireName, wireNumber, source }: ReverseLink): string =>
  withOptions(`repeated int32 ${wireName} = ${wireNumber}`, [
    `(.xos.reverseForeignKey).modelName = ${quoted(source)}`,
  ])

const block = (head: string, lines: readonly string[]): readonly string[] => [
  `${head} {`,
  ...lines.map((line) => `  ${line}`),
  '}',
]

const printMessage = (model: Model): readonly string[] =>
  block(`message ${model.name}`, [
    `option (.xos.contentTypeId) = ${quoted(model.contentType)};`,
    present('id', 'int32 id = 1;'),
    ...publishedFields(model).map(printField),
    ...model.reverseLinks.map(printReverseLink),
    'string class_names = 2046 [(.xos.bookkeepingState) = true];',
    'string self_content_type_id = 2047 [(.xos.bookkeepingState) = true];',
  ])

const printList = ({ name, plural }: Model): readonly string[] =>
  block(`message ${plural}`, [`repeated .xos.${name} items = 1;`])

const printMethods = ({ name, plural, restPath }: Model): readonly string[] => {
  const one = `.xos.${name}`
  const list = `.xos.${plural}`
  const id = '.xos.ID'
  const empty = '.google.protobuf.Empty'
  const method = (verb: string, input: string, output: string, ...http: readonly string[]) => {
    const head = `rpc ${verb}${name} (${input}) returns (${output})`
    if (http.length === 0) return [`${head};`]
    return block(head, [`option (.google.api.http) = { ${http.join(' ')} };`])
  }
  const collection = quoted(restPath)
  const item = quoted(`${restPath}/{id}`)
  const body = `body: "*"`
  return [
    ...method('List', empty, list, `get: ${collection}`),
    ...method('Filter', '.xos.Query', list),
    ...method('Get', id, one, `get: ${item}`),
    ...method('Create', one, one, `post: ${collection}`, body),
    ...method('Update', one, one, `put: ${item}`, body),
    ...method('Delete', id, empty, `delete: ${item}`),
  ]
}

const head = `syntax = "proto3";

package xos;

import "google/protobuf/empty.proto";
import "google/api/annotations.proto";
import "common.proto";
import "xosoptions.proto";
`

/** The API of the models as protobuf: messages, their lists, and service `xos`. Abstract models have no API. */
export const xosProto = (models: readonly Model[]): string => {
  const concrete = models.filter(({ abstract }) => !abstract)
  const blocks = [
    ...concrete.flatMap((model) => [printMessage(model), printList(model)]),
    block('service xos', concrete.flatMap(printMethods)),
  ]
  return [head, ...blocks.map((lines) => `${lines.join('\n')}\n`)].join('\n')
}

export const proto: Target = {
  summary: 'protobuf: messages and the gRPC service of the models, with all that they import',
  generate: (_schema, models) => [{ path: 'xos.proto', text: xosProto(models) }, ...importedProtos],
}

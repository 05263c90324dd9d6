import type { DefaultValue, Field, LinkField, Model, ReverseLink, ScalarField } from '../schema.ts'
import { publishedFields } from './published-fields.ts'
import type { Target } from './target.ts'
import { writeYaml } from './write-yaml.ts'

type RelationType = 'manytoone' | 'onetomany' | 'onetoone'

type FieldRelation = { readonly model: string; readonly type: RelationType }

/** `on_field`: the link, wherever it is declared; null for links between one and one. */
type ModelRelation = FieldRelation & { readonly on_field: string | null }

type FieldValidator =
  | { readonly name: 'required' | 'url' | 'ip' | 'email'; readonly bool_value: true }
  | { readonly name: 'maxlength'; readonly int_value: number }

/** One input of a form. All names here are those of the wire. */
type ModelField = {
  readonly name: string
  /** Of a link: what it points at. */
  readonly relation?: FieldRelation
  /** What the field is for. */
  readonly hint: string
  /** As text: `10`, `false`, `null`, `now()`. */
  readonly default?: string
  /** What can be chosen. No value at all is the text `None`. */
  readonly options?: readonly { readonly id: string; readonly label: string }[]
  readonly type: 'string' | 'text' | 'date' | 'select' | 'boolean' | 'number'
  readonly read_only: boolean
  /** By name, from z to a. */
  readonly validators: readonly FieldValidator[]
}

/** What a user interface needs to show a model and to edit its records. */
export type ModelDef = {
  readonly name: string
  readonly app: string
  readonly verbose_name?: string
  readonly description?: string
  /** As written: the user interface looks for `True`. */
  readonly sync_implemented?: string
  readonly policy_implemented?: string
  readonly relations: readonly ModelRelation[]
  readonly fields: readonly ModelField[]
}

const defaultText = (content: DefaultValue): string => {
  switch (content.kind) {
    case 'now':
      return 'now()'
    case 'named':
      return content.call ? `${content.name}()` : 'null'
    case 'value':
      return String(content.value)
  }
}

const scalarType = ({ type, format, text, choices }: ScalarField): ModelField['type'] => {
  if (choices !== undefined) return 'select'
  if (format === 'date') return 'date'
  switch (type) {
    case 'bool':
      return 'boolean'
    case 'string':
      return text ? 'text' : 'string'
    case 'int32':
    case 'uint32':
    case 'int64':
      return 'number'
    case 'float':
    case 'double':
      return 'string'
  }
}

const checked = (name: 'required' | 'url' | 'ip' | 'email'): FieldValidator => ({
  name,
  bool_value: true,
})

const scalarValidators = ({ format, maxLength }: ScalarField): readonly FieldValidator[] => [
  ...(format === 'url' || format === 'ip' || format === 'email' ? [checked(format)] : []),
  ...(maxLength === undefined ? [] : [{ name: 'maxlength', int_value: maxLength } as const]),
]

const validatorsOf = (field: Field): readonly FieldValidator[] =>
  [
    ...(field.required ? [checked('required')] : []),
    ...(field.kind === 'scalar' ? scalarValidators(field) : []),
  ].toSorted((a, b) => (a.name < b.name ? 1 : -1))

type ToOne = LinkField & { readonly multiplicity: 'manytoone' | 'onetoone' }

const isToOne = (link: LinkField): link is ToOne => link.multiplicity !== 'manytomany'

/** Links to many are not edited in forms. */
const isShown = (field: Field): boolean =>
  !field.guiHidden && (field.kind === 'scalar' || isToOne(field))

const fieldDef = (field: Field): ModelField => ({
  name: field.wireName,
  ...(field.kind === 'link' && isToOne(field)
    ? { relation: { model: field.target, type: field.multiplicity } }
    : {}),
  hint: field.help,
  ...(field.default === undefined ? {} : { default: defaultText(field.default) }),
  ...(field.kind === 'scalar' && field.choices !== undefined
    ? { options: field.choices.map(({ value, label }) => ({ id: value ?? 'None', label })) }
    : {}),
  type: field.kind === 'link' ? 'number' : scalarType(field),
  read_only: field.role === 'feedback',
  validators: validatorsOf(field),
})

const id: ModelField = { name: 'id', hint: '', type: 'number', read_only: false, validators: [] }

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

/** By the names in xproto, in which links have no `_id`. */
const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  compare(a.name.toLowerCase(), b.name.toLowerCase()) || compare(a.name, b.name)

const fieldDefs = (fields: readonly Field[]): readonly ModelField[] =>
  [
    { name: 'id', def: id },
    ...fields.filter(isShown).map((field) => ({ name: field.name, def: fieldDef(field) })),
  ]
    .toSorted(byName)
    .map(({ def }) => def)

const forward = (field: Field): readonly ModelRelation[] => {
  if (field.kind === 'scalar' || !isToOne(field)) return []
  const { target, multiplicity, name } = field
  const on_field = multiplicity === 'onetoone' ? null : name
  return [{ model: target, type: multiplicity, on_field }]
}

const backward = ({ source, field, multiplicity }: ReverseLink): readonly ModelRelation[] => {
  if (multiplicity === 'manytomany') return []
  if (multiplicity === 'onetoone') return [{ model: source, type: multiplicity, on_field: null }]
  return [{ model: source, type: 'onetomany', on_field: field }]
}

const text = (options: Model['options'], name: string): { readonly [key: string]: string } => {
  const content = options.get(name) ?? ''
  return content === '' ? {} : { [name]: content }
}

const modelDef = (model: Model): ModelDef => ({
  name: model.name,
  app: model.app,
  ...text(model.options, 'verbose_name'),
  ...text(model.options, 'description'),
  ...text(model.options, 'sync_implemented'),
  ...text(model.options, 'policy_implemented'),
  relations: [
    ...publishedFields(model).flatMap(forward),
    ...model.reverseLinks.toSorted((a, b) => a.place - b.place).flatMap(backward),
  ],
  fields: fieldDefs(publishedFields(model)),
})

/** Model definitions for user interfaces, in the order given, without models that are abstract or hidden. */
export const modelDefsOf = (models: readonly Model[]): readonly ModelDef[] =>
  models.filter(({ abstract, guiHidden }) => !abstract && !guiHidden).map(modelDef)

export const modeldefs: Target = {
  summary: 'YAML for user interfaces: fields, relations and validators of each model',
  generate: (_schema, models) => [
    {
      path: 'modeldefs.yaml',
      text: writeYaml({ items: modelDefsOf(models) }),
    },
  ],
}

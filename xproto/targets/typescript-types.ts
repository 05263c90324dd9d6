import type { Field, LinkField, Model, ReverseLink, ScalarField, Schema } from '../schema.ts'
import { feedbackFields, leavesOf, recordFields } from './record-fields.ts'
import { literal } from './typescript-names.ts'

/** One property of an interface. */
export type Member = {
  readonly name: string
  /** `readonly name?: string`. */
  readonly declaration: string
  readonly doc: string
}

const choicesType = ({ choices = [], blank }: ScalarField): string => {
  const values = choices.flatMap(({ value }) => value ?? [])
  return [...new Set(blank ? [...values, ''] : values)].map(literal).join(' | ') || 'string'
}

const scalarType = (field: ScalarField): string => {
  if (field.format === 'date') return 'number'
  if (field.type === 'bool') return 'boolean'
  if (field.type !== 'string') return 'number'
  return field.choices === undefined ? 'string' : choicesType(field)
}

/** The type of a value that is there. */
const valueType = (field: Field): string => {
  if (field.kind === 'scalar') return scalarType(field)
  return field.multiplicity === 'manytomany' ? 'readonly number[]' : 'number'
}

const unitOf = (field: Field): string => {
  if (field.kind === 'link') {
    return field.multiplicity === 'manytomany'
      ? `Ids of ${field.target}.`
      : `Id of ${field.target}.`
  }
  return field.format === 'date' ? 'Seconds since 1970.' : ''
}

const sentence = (text: string): string => (/[\p{L}\p{N})]$/u.test(text) ? `${text}.` : text)

const docOf = (field: Field): string => `${sentence(field.help.trim())}\n${unitOf(field)}`

/** What every record has without declaring it. */
const implicit: readonly Member[] = [
  { name: 'id', declaration: 'readonly id: number', doc: '' },
  {
    name: 'class_names',
    declaration: 'readonly class_names: string',
    doc: 'The model and its ancestors, joined by commas.',
  },
  {
    name: 'self_content_type_id',
    declaration: 'readonly self_content_type_id: string',
    doc: 'App and model in lower case, joined by a dot.',
  },
]

/** Fields as they arrive: null ones are absent. The name of the leaf model differs from model to model. */
export const fieldMembers = (model: Model): readonly Member[] => [
  ...implicit,
  ...recordFields(model)
    .filter(({ name }) => name !== 'leaf_model_name')
    .map((field) => ({
      name: field.wireName,
      declaration: `readonly ${field.wireName}${field.nullable ? '?' : ''}: ${valueType(field)}`,
      doc: docOf(field),
    })),
]

/** Fields as a step writes them: null clears, absent ones stay as they are. */
export const feedbackMembers = (model: Model): readonly Member[] =>
  feedbackFields(model).map((field) => ({
    name: field.wireName,
    declaration: `readonly ${field.wireName}?: ${valueType(field)}${field.nullable ? ' | null' : ''}`,
    doc: docOf(field),
  }))

const targetOf = (schema: Schema, name: string): string => {
  const leaves = schema.model(name)?.abstract === true ? leavesOf(schema, name) : [name]
  return leaves.map(literal).join(' | ') || 'never'
}

/** A model with option owner_class_name accepts no other owner. */
const ownerOf = (schema: Schema, model: Model, link: LinkField): string => {
  const owner = link.name === 'owner' ? model.ownerClassName : undefined
  return owner === undefined || schema.model(owner) === undefined ? link.target : owner
}

const forwardMember = (schema: Schema, model: Model, link: LinkField): Member => {
  const many = link.multiplicity === 'manytomany'
  const kind = many ? 'Many' : link.nullable ? 'OneOrNone' : 'One'
  const target = targetOf(schema, ownerOf(schema, model, link))
  return {
    name: link.name,
    declaration: `readonly ${link.name}: ${kind}<${target}>`,
    doc: sentence(link.help.trim()),
  }
}

const reverseMember = (schema: Schema, { name, source, field }: ReverseLink): Member => ({
  name,
  declaration: `readonly ${name}: Many<${targetOf(schema, source)}>`,
  doc: `All ${source} whose \`${field}\` leads here.`,
})

/** Links by the names that an include path is made of. */
export const linkMembers = (schema: Schema, model: Model): readonly Member[] => [
  ...recordFields(model).flatMap((field) =>
    field.kind === 'link' ? [forwardMember(schema, model, field)] : [],
  ),
  ...model.reverseLinks.map((link) => reverseMember(schema, link)),
]

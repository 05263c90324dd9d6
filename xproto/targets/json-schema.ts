import type { Field, Model, ReverseLink } from '../schema.ts'
import {
  annotationsOf,
  idSchema,
  idsSchema,
  inputSchema,
  orNull,
  valueSchema,
  type JsonSchema,
} from './json-schema-values.ts'
import { feedbackFields, recordFields } from './record-fields.ts'
import type { Target } from './target.ts'

type Properties = readonly (readonly [name: string, schema: JsonSchema])[]

const objectSchema = (properties: Properties, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(properties),
  ...(required.length === 0 ? {} : { required }),
  additionalProperties: false,
})

const property = (field: Field, schema: JsonSchema): readonly [string, JsonSchema] => [
  field.wireName,
  { ...schema, ...annotationsOf(field) },
]

/** What only the core can know. Writers may send it, as when a whole record is put back; it is ignored. */
const idProperty: Properties = [['id', { ...idSchema, readOnly: true }]]

const reverseProperty = ({ wireName, source, field }: ReverseLink): Properties[number] => [
  wireName,
  { ...idsSchema, description: `Ids of ${source} whose ${field} leads here`, readOnly: true },
]

const readOnlyProperties = (model: Model): Properties => [
  ...model.reverseLinks.map(reverseProperty),
  ['class_names', { const: model.ancestry.join(','), readOnly: true }],
  ['self_content_type_id', { const: model.contentType, readOnly: true }],
]

/** As REST answers it and as events carry it, which leave the reverse sets out. Null fields are absent. */
const recordSchema = (model: Model): JsonSchema => {
  const fields = recordFields(model)
  const present = fields.filter(({ nullable }) => !nullable).map(({ wireName }) => wireName)
  // Fields that the faces keep back still travel with events.
  const kept = model.fields.filter(({ name }) => model.unpublished.has(name))
  return objectSchema(
    [
      ...idProperty,
      ...[...new Set([...fields, ...kept])].map((field) => property(field, valueSchema(field))),
      ...readOnlyProperties(model),
    ],
    ['id', ...present, 'class_names', 'self_content_type_id'],
  )
}

/** The record cannot be made without it: there is no default, and nobody but the writer knows it. */
const mustBeGiven = (model: Model, field: Field): boolean => {
  if (field.nullable || field.default !== undefined || field.role === 'bookkeeping') return false
  if (field.kind === 'scalar') return !field.setOnCreate
  const isChosen = field.name === 'owner' && model.ownerClassName !== undefined
  return field.multiplicity !== 'manytomany' && !isChosen
}

/** Null stands for the default, so only what must be given may not be null. */
const createSchema = (model: Model): JsonSchema => {
  const isNeeded = (field: Field): boolean => mustBeGiven(model, field)
  return objectSchema(
    [
      ...idProperty,
      ...model.fields.map((field) =>
        property(field, isNeeded(field) ? inputSchema(field) : orNull(inputSchema(field))),
      ),
      ...readOnlyProperties(model),
    ],
    model.fields.filter(isNeeded).map(({ wireName }) => wireName),
  )
}

/** Null clears a field. */
const patchProperty = (field: Field): readonly [string, JsonSchema] =>
  property(field, field.nullable ? orNull(inputSchema(field)) : inputSchema(field))

const updateSchema = (model: Model): JsonSchema =>
  objectSchema([...idProperty, ...model.fields.map(patchProperty), ...readOnlyProperties(model)])

const modelSchema = (model: Model): JsonSchema => ({
  title: model.name,
  ...(model.description === '' ? {} : { description: model.description }),
  ...recordSchema(model),
  $defs: {
    create: createSchema(model),
    update: updateSchema(model),
    feedback: objectSchema(feedbackFields(model).map(patchProperty)),
  },
})

/**
 * One JSON Schema 2020-12 document. `#/$defs/Site` is a record, `#/$defs/Site/$defs/create`, `update` and `feedback`
 * are what is sent: to make one, to change it, and by its step.
 */
export const jsonSchema: Target = {
  summary: 'JSON Schema 2020-12 of records, of what creates and updates them, and of feedback',
  generate: (_schema, models) => {
    const document = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'urn:syncstep:models',
      title: 'Models',
      $defs: Object.fromEntries(
        models.filter(({ abstract }) => !abstract).map((model) => [model.name, modelSchema(model)]),
      ),
    }
    return [{ path: 'models.schema.json', text: `${JSON.stringify(document, null, 2)}\n` }]
  },
}

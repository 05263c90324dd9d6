import { modelDefsOf, type ModelDef, type Schema } from '#xproto'

type Field = ModelDef['fields'][number]
type Validator = Field['validators'][number]

/** A 64-bit number is text in protobuf's JSON. */
const validatorJson = (validator: Validator) =>
  'int_value' in validator ? { ...validator, int_value: String(validator.int_value) } : validator

const fieldJson = (field: Field) => ({
  name: field.name,
  hint: field.hint,
  type: field.type,
  ...(field.relation === undefined ? {} : { relation: { ...field.relation, on_field: '' } }),
  validators: field.validators.map(validatorJson),
  options: field.options ?? [],
  default: field.default ?? '',
  read_only: field.read_only,
})

const modelJson = (model: ModelDef) => ({
  name: model.name,
  fields: model.fields.map(fieldJson),
  relations: model.relations.map((relation) => ({
    ...relation,
    on_field: relation.on_field ?? '',
  })),
  app: model.app,
  verbose_name: model.verbose_name ?? '',
  description: model.description ?? '',
  sync_implemented: model.sync_implemented ?? '',
  policy_implemented: model.policy_implemented ?? '',
})

// Strangers may ask for it, so it is made once for each schema.
const known = new WeakMap<Schema, string>()

/** The definitions of all models for user interfaces, as protobuf's JSON has them: what is empty is there. */
export const modelDefsText = (schema: Schema): string => {
  const text =
    known.get(schema) ?? JSON.stringify({ items: modelDefsOf(schema.models).map(modelJson) })
  known.set(schema, text)
  return text
}

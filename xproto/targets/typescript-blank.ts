import type { Field, Model, ScalarField } from '../schema.ts'
import { recordFields } from './record-fields.ts'
import { literal } from './typescript-names.ts'

/** The number nearest to 0 that the field may have. */
const smallest = ({ min = -Infinity, max = Infinity }: ScalarField): number =>
  Math.min(max, Math.max(min, 0))

const textOf = ({ choices = [], blank, default: given }: ScalarField): string => {
  const values = choices.flatMap(({ value }) => value ?? [])
  const wanted = given?.kind === 'value' ? String(given.value ?? '') : ''
  if (choices.length === 0 || values.includes(wanted) || (blank && wanted === '')) return wanted
  return values[0] ?? ''
}

const numberOf = (field: ScalarField): number =>
  field.default?.kind === 'value' && typeof field.default.value === 'number'
    ? field.default.value
    : smallest(field)

const scalarText = (field: ScalarField): string => {
  if (field.format === 'date') return '0'
  if (field.type === 'string') return literal(textOf(field))
  if (field.type !== 'bool') return String(numberOf(field))
  return String(field.default?.kind === 'value' && field.default.value === true)
}

const valueText = (field: Field): string => {
  if (field.kind === 'scalar') return scalarText(field)
  return field.multiplicity === 'manytomany' ? '[]' : '1'
}

const hasDefault = ({ default: given }: Field): boolean =>
  given?.kind === 'value' && given.value !== null

/** Every object has something of that name, which is no value of the field. */
const isInherited = ({ wireName }: Field): boolean => Object.hasOwn(Object.prototype, wireName)

const isPresent = (field: Field): boolean =>
  !field.nullable || (field.kind === 'scalar' && (hasDefault(field) || isInherited(field)))

/**
 * What a record has of which nothing is said, as names and TypeScript expressions: the defaults of its model; where
 * there is none the least value, and the id 1 for a link that must lead somewhere. Null fields are left out.
 */
export const blankFields = (model: Model): readonly (readonly [string, string])[] => [
  ['id', '1'],
  ['class_names', literal(model.ancestry.join(','))],
  ['self_content_type_id', literal(model.contentType)],
  ...recordFields(model)
    .filter(isPresent)
    .map((field): [string, string] =>
      field.name === 'leaf_model_name'
        ? [field.wireName, literal(model.name)]
        : [field.wireName, valueText(field)],
    ),
]

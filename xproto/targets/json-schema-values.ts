import type { Field, ScalarField } from '../schema.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

const id = { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 } as const

const numbers = {
  int32: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  uint32: { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 },
  float: { type: 'number' },
  double: { type: 'number' },
} as const

/** Text on the REST face, as not every reader has integers of 64 bits; a number in events. */
const int64: JsonSchema = {
  anyOf: [
    {
      type: 'integer',
      minimum: Number.MIN_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
    },
    { type: 'string', pattern: '^-?\\d{1,16}$' },
  ],
}

const limited = (schema: JsonSchema, { min, max }: ScalarField): JsonSchema => ({
  ...schema,
  ...(min === undefined ? {} : { minimum: min }),
  ...(max === undefined ? {} : { maximum: max }),
})

const formats = {
  url: [{ format: 'uri' }],
  ip: [{ format: 'ipv4' }, { format: 'ipv6' }],
  email: [{ format: 'email' }],
} as const

const formatsOf = ({ format, blank }: ScalarField): JsonSchema => {
  if (format !== 'url' && format !== 'ip' && format !== 'email') return {}
  return { anyOf: blank ? [{ const: '' }, ...formats[format]] : formats[format] }
}

const textSchema = (field: ScalarField): JsonSchema => {
  const { choices = [], blank, maxLength } = field
  const values = choices.flatMap(({ value }) => value ?? [])
  const allowed = [...new Set(blank && choices.length > 0 ? [...values, ''] : values)]
  // Choices may hold nothing but None, and an enumeration of nothing is no schema.
  if (allowed.length > 0) return { type: 'string', enum: allowed }
  const limit = maxLength === undefined ? {} : { maxLength }
  return { type: 'string', ...limit, ...formatsOf(field) }
}

const scalarSchema = (field: ScalarField): JsonSchema => {
  if (field.format === 'date') return { type: 'number' }
  if (field.type === 'string') return textSchema(field)
  if (field.type === 'bool') return { type: 'boolean' }
  return field.type === 'int64' ? int64 : limited(numbers[field.type], field)
}

const meaningOf = (field: Field): string => {
  if (field.kind === 'scalar') return field.format === 'date' ? 'Seconds since 1970' : ''
  return field.multiplicity === 'manytomany' ? `Ids of ${field.target}` : `Id of ${field.target}`
}

/** What people want to know of a field, which validates nothing. */
export const annotationsOf = (field: Field): JsonSchema => {
  const description = [field.help.trim(), meaningOf(field)].filter((text) => text !== '').join('. ')
  return {
    ...(description === '' ? {} : { description }),
    ...(field.default?.kind === 'value' && field.default.value !== null
      ? { default: field.default.value }
      : {}),
  }
}

/** A value that is there, as a record shows it. */
export const valueSchema = (field: Field): JsonSchema => {
  if (field.kind === 'scalar') return scalarSchema(field)
  return field.multiplicity === 'manytomany' ? { type: 'array', items: id } : id
}

/** A value as a writer gives it: texts that may not be blank have a character, and 0 is a link to nothing. */
export const inputSchema = (field: Field): JsonSchema => {
  const schema = valueSchema(field)
  if (field.kind === 'link') {
    return field.nullable && field.multiplicity !== 'manytomany' ? { ...id, minimum: 0 } : schema
  }
  if (field.type !== 'string' || field.format === 'date' || field.blank) return schema
  if (field.choices !== undefined) return schema
  return field.format === 'stripped' ? { ...schema, pattern: '\\S' } : { ...schema, minLength: 1 }
}

/** The same, or null. */
export const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] })

/** Ids of the other side of a link. */
export const idsSchema: JsonSchema = { type: 'array', items: id }

export const idSchema: JsonSchema = id

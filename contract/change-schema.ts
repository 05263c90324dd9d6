import { recordOperations } from './operation.ts'

/** Longest chain of links in an `include`: `a.b.c`. */
export const maxIncludeDepth = 3

const modelName = { type: 'string', pattern: '^[A-Za-z_$][\\w$]*$', maxLength: 255 } as const

const row = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer', minimum: 1, maximum: 9_999_999_999 } },
} as const

/** Levels are written out, so that no depth of nesting in the data can exhaust the checker. */
const levels = Object.fromEntries(
  Array.from({ length: maxIncludeDepth + 1 }, (_, depth) => [
    `expanded${depth}`,
    depth === 0
      ? { type: 'object', maxProperties: 0 }
      : {
          type: 'object',
          additionalProperties: {
            anyOf: [
              { type: 'null' },
              { $ref: `#/$defs/related${depth}` },
              { type: 'array', items: { $ref: `#/$defs/related${depth}` } },
            ],
          },
        },
  ]),
)

const related = Object.fromEntries(
  Array.from({ length: maxIncludeDepth }, (_, index) => [
    `related${index + 1}`,
    {
      type: 'object',
      required: ['model', 'record', 'expanded'],
      properties: { model: modelName, record: row, expanded: { $ref: `#/$defs/expanded${index}` } },
    },
  ]),
)

/** The data of a change event, for authors in other languages. What {@link checkChange} accepts, as JSON Schema. */
export const changeSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:syncstep:change:1',
  title: 'The data of an event: one change of one record',
  type: 'object',
  required: ['operation', 'model', 'record', 'expanded', 'stamp', 'attempt'],
  properties: {
    operation: { enum: recordOperations },
    model: modelName,
    record: row,
    expanded: { $ref: `#/$defs/expanded${maxIncludeDepth}` },
    stamp: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    attempt: { type: 'integer', minimum: 1, maximum: 2_147_483_647 },
    previous: {
      type: 'object',
      required: ['code', 'text'],
      properties: {
        code: { type: 'integer', minimum: -2_147_483_648, maximum: 2_147_483_647 },
        text: { type: 'string' },
      },
    },
  },
  $defs: { ...levels, ...related },
} as const

import { mostOperations, operationNames } from '../read-operations.ts'
import { jsonContent, listOf, objectOf, operation, text, wholeNumber, type Json } from './shared.ts'

const parameterRef = (name: string): Json => ({ $ref: `#/components/parameters/${name}` })

const modelParameter: Json = {
  name: 'model',
  in: 'path',
  required: true,
  description: 'The name of a model, as in `HelloWorldService`',
  schema: text,
}

const record: Json = { type: 'object', description: 'As of the model, 64-bit numbers as numbers' }

const which: Json = {
  description:
    'The id of a record, or `{"$ref": PLACE}` with the place of an earlier operation that writes it',
  // Not every reader of this document takes a property of that name for one.
  oneOf: [wholeNumber, { type: 'object', additionalProperties: wholeNumber }],
}

const write = objectOf(
  {
    op: { type: 'string', enum: operationNames },
    model: { ...text, description: 'The name of a model' },
    id: which,
    values: {
      type: 'object',
      description: 'Fields and their values; an id may be `{"$ref": PLACE}`',
    },
    by: {
      ...listOf(text),
      description: 'Of upsert: the fields among the values that find the record',
    },
    if_revision: { ...wholeNumber, description: 'Refused with 412 when it is at another one' },
    touch: { type: 'boolean', description: 'Moves `updated` in any case' },
  },
  ['id', 'values', 'by', 'if_revision', 'touch'],
)

const written = objectOf({ model: text, id: wholeNumber, revision: wholeNumber, record }, [
  'revision',
  'record',
])

/** Records by the names of their models, as functions read and write them. */
export const functionPaths: Json = {
  '/xosapi/v1/records/{model}': {
    parameters: [modelParameter],
    get: operation({
      id: 'ListRecords',
      tag: 'functions',
      summary: 'Lists records of a model, page by page',
      parameters: ['filter', 'state', 'order', 'limit', 'after'].map(parameterRef),
      answer: jsonContent(objectOf({ items: listOf(record), next: text }, ['next'])),
      errors: [400, 404],
    }),
  },
  '/xosapi/v1/records/{model}/{id}': {
    parameters: [modelParameter, parameterRef('id')],
    get: operation({
      id: 'GetRecord',
      tag: 'functions',
      summary: 'Answers a record, also one that is being deleted',
      answer: jsonContent(record),
      headers: { ETag: { $ref: '#/components/headers/ETag' } },
      errors: [404],
    }),
  },
  '/xosapi/v1/transaction': {
    post: operation({
      id: 'Transaction',
      tag: 'functions',
      summary: 'Writes several records: all of them or none',
      description:
        'What is wrong with one of several operations is told with its place, as `operation`. Deleting what is gone already is no mistake.',
      parameters: [parameterRef('idempotencyKey')],
      body: objectOf({
        operations: { ...listOf(write), minItems: 1, maxItems: mostOperations },
      }),
      answer: jsonContent(objectOf({ items: listOf(written) })),
      errors: [404, 409, 412, 422],
    }),
  },
}

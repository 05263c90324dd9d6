import { changeEventType } from './change-event.ts'
import { changeSchema } from './change-schema.ts'
import { policyOperations, recordOperations } from './operation.ts'

const $schema = 'http://json-schema.org/draft-07/schema#'

const text = (description: string) => ({ type: 'string', description }) as const

const timestamp = (description: string) =>
  ({ type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T', description }) as const

const eventSchema = {
  $schema,
  $id: 'urn:syncstep:event:1',
  title: 'A change as a CloudEvent 1.0 in structured mode',
  description:
    'In binary mode the data is the body, datacontenttype is Content-Type, and each other attribute is a header: ce- and its name.',
  type: 'object',
  required: ['specversion', 'id', 'source', 'type', 'data'],
  properties: {
    specversion: { const: '1.0' },
    id: text('The same for one version of a record and one operation on every retry'),
    source: text('/synchronizers/NAME'),
    type: { enum: recordOperations.map(changeEventType) },
    subject: text('The record: MODEL/ID'),
    time: timestamp('When the event was made, as RFC 3339 has it'),
    dataschema: text('Names the model'),
    datacontenttype: text('application/json'),
    attempt: { type: 'integer', minimum: 1, description: '1 on the first call for this version' },
    partitionkey: text('The subject'),
    expirytime: timestamp('When nobody waits for the answer any more'),
    traceparent: text('W3C trace context'),
    completionurl: text('Where the call can be completed later'),
    data: { $ref: changeSchema.$id },
  },
} as const

const waitingOnSchema = {
  type: 'object',
  description: 'Another record; the call is made again once that has come to the state',
  required: ['model', 'id'],
  properties: {
    model: { type: 'string', pattern: '^[A-Za-z_$][\\w$]*$', maxLength: 255 },
    id: { type: 'integer', minimum: 1, maximum: 2_147_483_647 },
    state: { enum: ['synced', 'changed', 'deleted'] },
  },
} as const

const doneSchema = {
  $schema,
  $id: 'urn:syncstep:done:1',
  title: 'The body of a 200 or 201, which may also be empty',
  type: 'object',
  additionalProperties: false,
  properties: {
    feedback: { type: 'object', description: 'Feedback fields of the record; null clears one' },
    note: text('For the history of the record'),
  },
} as const

const problemSchema = {
  $schema,
  $id: 'urn:syncstep:problem:1',
  title: 'The body of any other answer, as application/problem+json (RFC 9457)',
  type: 'object',
  anyOf: [{ required: ['detail'] }, { required: ['title'] }],
  properties: {
    status: { type: 'integer', minimum: 100, maximum: 599 },
    title: text('What kind of problem it is, in a few words'),
    detail: text('What is wrong with this very call; becomes backend_status'),
    waiting_on: waitingOnSchema,
  },
} as const

const completionSchema = {
  $schema,
  $id: 'urn:syncstep:completion:1',
  title: 'What is posted to completionurl',
  type: 'object',
  oneOf: [
    {
      additionalProperties: false,
      required: ['status'],
      properties: { status: { const: 'synced' }, ...doneSchema.properties },
    },
    {
      additionalProperties: false,
      required: ['status'],
      properties: {
        status: { const: 'deferred' },
        detail: text('What it waits for, for people'),
        retry_after: { type: 'number', minimum: 0, description: 'In seconds' },
        waiting_on: waitingOnSchema,
      },
    },
    {
      additionalProperties: false,
      required: ['status'],
      properties: {
        status: { const: 'failed' },
        detail: text('What went wrong'),
        retry: { type: 'boolean', description: 'Whether it is tried again; true when left out' },
      },
    },
  ],
} as const

const observing = {
  step: text('Its name, for people'),
  observes: { type: 'string', pattern: '^[A-Za-z_$][\\w$]*$', maxLength: 128 },
  include: {
    type: 'array',
    description: 'Paths of at most three links whose records travel with a change',
    items: { type: 'string', pattern: '^[A-Za-z_]\\w*(\\.[A-Za-z_]\\w*){0,2}$' },
  },
} as const

const patterns = (what: string) =>
  ({
    type: 'array',
    description: `${what}: whole ones, or beginnings and *; none for any`,
    items: { type: 'string', minLength: 1, maxLength: 1_024 },
  }) as const

const descriptionSchema = {
  $schema,
  $id: 'urn:syncstep:description:1',
  title: 'What a function answers to GET: a sync step, a policy, an event step or a pull step',
  type: 'object',
  oneOf: [
    {
      required: ['observes'],
      properties: {
        ...observing,
        kind: { const: 'sync' },
        after_policy: {
          type: 'boolean',
          description: 'Whether it waits for the policy of the model',
        },
        fields: {
          type: 'array',
          description: 'The fields that it reads, if not all',
          items: { type: 'string', pattern: '^[A-Za-z_]\\w{0,127}$' },
        },
      },
    },
    {
      required: ['kind', 'observes', 'operations'],
      properties: {
        ...observing,
        kind: { const: 'policy' },
        operations: {
          type: 'array',
          description: 'What it does something for',
          items: { enum: policyOperations },
        },
      },
    },
    {
      required: ['kind'],
      properties: {
        step: text('Its name, for people'),
        kind: { const: 'event' },
        types: patterns('Types of the events that it is sent'),
        sources: patterns('Sources of the events that it is sent'),
        topics: patterns('Topics of Kafka that they came over'),
      },
    },
    {
      required: ['kind'],
      properties: {
        step: text('Its name, for people'),
        kind: { const: 'pull' },
        every: {
          type: 'number',
          minimum: 0.1,
          maximum: 2_073_600,
          description: 'Seconds from the end of one call to the next',
        },
      },
    },
  ],
} as const

/** The function contract as JSON Schemas of draft 07, for authors in other languages: what is sent, and what is answered. */
export const contractSchemas = {
  change: changeSchema,
  event: eventSchema,
  done: doneSchema,
  problem: problemSchema,
  completion: completionSchema,
  description: descriptionSchema,
} as const

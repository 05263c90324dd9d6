import {
  jsonContent,
  listOf,
  nothing,
  objectOf,
  operation,
  queryOf,
  text,
  wholeNumber,
  type Json,
} from './shared.ts'

const eventPaths: Json = {
  '/xosapi/v1/events': {
    get: operation({
      id: 'WatchChanges',
      tag: 'events',
      summary: 'Tells what happens to records, as server-sent events',
      description:
        'Begins with the event `ready`. Each change is an unnamed event with a CloudEvent in JSON; its id is the place to go on from. The event `reset` says that changes are missing which are no longer kept: list anew. A stream ends after 10 minutes; connect again with Last-Event-ID.',
      parameters: [
        queryOf('models', 'Names of models, joined by commas; all when left out', text),
        queryOf(
          'after',
          'The place to begin after, or the revision of a record; now when left out',
          text,
        ),
        {
          name: 'Last-Event-ID',
          in: 'header',
          description: 'As after, and before it',
          schema: text,
        },
      ],
      answer: { 'text/event-stream': { schema: text } },
      errors: [400],
    }),
  },
}

const auditEntry = objectOf(
  {
    number: wholeNumber,
    at: { type: 'number', description: 'Seconds since 1970' },
    user_id: wholeNumber,
    email: text,
    step: { ...text, description: 'The step whose token was shown' },
    face: text,
    operation: text,
    model: text,
    id: wholeNumber,
    changed_fields: listOf(text),
    reason: { ...text, description: 'Why a record was released' },
  },
  ['step', 'face', 'reason'],
)

const auditPaths: Json = {
  '/xosapi/v1/audit': {
    get: operation({
      id: 'ListAudit',
      tag: 'audit',
      summary: 'Lists who wrote what, the youngest first, for administrators',
      parameters: [
        queryOf('model', 'Only records of this model', text),
        queryOf('id', 'Only records with this id', wholeNumber),
        queryOf('limit', 'At most that many', {
          type: 'integer',
          minimum: 1,
          maximum: 1000,
          default: 100,
        }),
        queryOf('after', 'What the page before named as `next`', wholeNumber),
      ],
      answer: jsonContent(objectOf({ items: listOf(auditEntry), next: text }, ['next'])),
      errors: [400],
    }),
  },
}

const token: Json = {
  id: wholeNumber,
  step: text,
  user_id: wholeNumber,
  created_at: { type: 'number', description: 'Seconds since 1970' },
  expires_at: { type: 'number', description: 'Seconds since 1970' },
}

const tokenPaths: Json = {
  '/xosapi/v1/utility/tokens': {
    get: operation({
      id: 'ListTokens',
      tag: 'tokens',
      summary: 'Lists the tokens of steps, without their texts, for administrators',
      answer: jsonContent(objectOf({ items: listOf(objectOf(token, ['expires_at'])) })),
      errors: [],
    }),
    post: operation({
      id: 'CreateToken',
      tag: 'tokens',
      summary: 'Makes a token for a step and tells its text, once',
      body: objectOf(
        {
          step: { ...text, description: 'Name of the step, or `SYNCHRONIZER/STEP`' },
          ttl: {
            type: 'number',
            description: 'Seconds that it is good for; for ever when left out',
          },
        },
        ['ttl'],
      ),
      answer: jsonContent(objectOf({ ...token, token: text }, ['expires_at'])),
      errors: [404],
    }),
  },
  '/xosapi/v1/utility/tokens/{id}': {
    parameters: [{ $ref: '#/components/parameters/id' }],
    delete: operation({
      id: 'RevokeToken',
      tag: 'tokens',
      summary: 'Ends a token',
      answer: nothing,
      errors: [404],
    }),
  },
}

const completionPaths: Json = {
  '/xosapi/v1/completions/{right}': {
    parameters: [
      {
        name: 'right',
        in: 'path',
        required: true,
        description: 'As the end of the address that came with the call',
        schema: text,
      },
    ],
    post: operation({
      id: 'CompleteCall',
      tag: 'completions',
      summary: 'Says what came of a call that was answered 202',
      isOpen: true,
      body: objectOf(
        {
          status: { type: 'string', enum: ['synced', 'deferred', 'failed'] },
          feedback: { type: 'object', description: 'With synced: feedback fields of the record' },
          note: { ...text, description: 'With synced: a text for the history' },
          detail: { ...text, description: 'With deferred and failed: the text of the record' },
          retry_after: { type: 'number', description: 'With deferred: seconds' },
          waiting_on: { type: 'object', description: 'With deferred: a record' },
          retry: { type: 'boolean', description: 'With failed: false when never again' },
        },
        ['feedback', 'note', 'detail', 'retry_after', 'waiting_on', 'retry'],
      ),
      answer: nothing,
      errors: [403, 409, 410],
    }),
  },
}

/** What happens to records, who did it, and on whose behalf steps read and write. */
export const watchingPaths: Json = {
  ...eventPaths,
  ...auditPaths,
  ...tokenPaths,
  ...completionPaths,
}

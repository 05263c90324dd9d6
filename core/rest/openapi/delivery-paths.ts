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

const seconds: Json = { type: 'number', description: 'Seconds since 1970' }

const state: Json = { type: 'string', enum: ['ready', 'done', 'dead'] }

const delivery: Json = {
  id: wholeNumber,
  step: { ...text, description: '`SYNCHRONIZER/STEP`' },
  kind: { type: 'string', enum: ['event', 'pull'] },
  state,
  source: text,
  event_id: text,
  type: text,
  received: seconds,
  next_run: { ...seconds, description: 'Seconds since 1970; of those that are ready' },
  ended: { ...seconds, description: 'Seconds since 1970; of a pull, when it succeeded last' },
  failures: { ...wholeNumber, description: 'Failures in a row' },
  calls: { ...wholeNumber, description: 'Calls ever made' },
  code: { type: 'integer', enum: [0, 1, 2] },
  status: text,
}

const optional = ['next_run', 'ended']

const id: Json = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'integer', minimum: 1 },
}

const event: Json = { type: 'object', description: 'In the JSON format of CloudEvents' }

const inbox = operation({
  id: 'SendEvents',
  tag: 'deliveries',
  summary: 'Takes CloudEvents for event steps, in any mode',
  description:
    'They are stored when 202 is answered. One that came before, by source and id, changes nothing; one that no step wants is not kept. Who can send no credentials posts to `/events/SECRET`, where the core was given a secret. Errors are told as `application/problem+json`.',
  answer: {},
  errors: [400, 413, 415],
})

/** The same, which answers 202 with nothing in it. */
const accepting = (given: Json): Json => {
  const errors = Object.entries(given['responses'] as Json).filter(([status]) => status !== '200')
  return {
    ...given,
    requestBody: {
      required: true,
      content: {
        'application/cloudevents+json': { schema: event },
        'application/cloudevents-batch+json': { schema: listOf(event) },
        'application/json': { schema: { description: 'Binary mode: the data alone' } },
      },
    },
    responses: { 202: { description: 'Stored' }, ...Object.fromEntries(errors) },
  }
}

/** Events for steps, and turns of pull steps. */
export const deliveryPaths: Json = {
  '/events': { post: accepting(inbox) },
  '/xosapi/v1/deliveries': {
    get: operation({
      id: 'ListDeliveries',
      tag: 'deliveries',
      summary:
        'Lists events for steps, without what is in them, the oldest first, for administrators',
      parameters: [
        queryOf('state', 'Only those in this state', state),
        queryOf('step', 'Only those for this step: its name, or `SYNCHRONIZER/STEP`', text),
        queryOf('limit', 'At most that many', {
          type: 'integer',
          minimum: 1,
          maximum: 1000,
          default: 100,
        }),
        queryOf('after', 'What the page before named as `next`', wholeNumber),
      ],
      answer: jsonContent(
        objectOf({ items: listOf(objectOf(delivery, optional)), next: text }, ['next']),
      ),
      errors: [400],
    }),
  },
  '/xosapi/v1/deliveries/{id}': {
    parameters: [id],
    get: operation({
      id: 'GetDelivery',
      tag: 'deliveries',
      summary: 'Answers one with its event, which is there until it is dealt with',
      answer: jsonContent(objectOf({ ...delivery, event }, [...optional, 'event'])),
      errors: [404],
    }),
    delete: operation({
      id: 'DiscardDelivery',
      tag: 'deliveries',
      summary: 'Lets no step be called for it any more',
      answer: nothing,
      errors: [400, 404, 409],
    }),
  },
  '/xosapi/v1/deliveries/{id}/retry': {
    parameters: [id],
    post: operation({
      id: 'RetryDelivery',
      tag: 'deliveries',
      summary: 'Lets its step be called now, as if it had never failed',
      answer: nothing,
      errors: [400, 404],
    }),
  },
}

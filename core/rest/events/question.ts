import type { FastifyRequest } from 'fastify'
import { didYouMean, type Schema } from '#xproto'
import { CoreError } from '../../errors.ts'

export type EventsQuery = { Querystring: Readonly<Record<string, string | readonly string[]>> }

/** What a client wants to be told of. */
export type Question = {
  readonly models: readonly string[] | undefined
  readonly after: string | undefined
}

const parameters = ['models', 'after'] as const

const invalid = (name: string, message: string): CoreError =>
  new CoreError('INVALID_FIELD', message, { [name.slice(0, 100)]: message })

const once = (value: string | readonly string[] | undefined, name: string): string | undefined => {
  if (value === undefined || typeof value === 'string') return value
  throw invalid(name, `Expected ${name} once, got it ${value.length} times`)
}

const modelsOf = (schema: Schema, text: string): readonly string[] => {
  const known = schema.models.flatMap(({ name, abstract }) => (abstract ? [] : [name]))
  const names = text.split(',')
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return names
  throw invalid(
    'models',
    `There is no model named ${unknown.slice(0, 100)}${didYouMean(unknown, known)}`,
  )
}

/**
 * `?models=A,B` and `?after=PLACE`; a client that connects again sends the place as Last-Event-ID. Throws
 * INVALID_FIELD.
 */
export const readQuestion = (
  schema: Schema,
  { query, headers }: FastifyRequest<EventsQuery>,
): Question => {
  const unknown = Object.keys(query).find(
    (name) => !(parameters as readonly string[]).includes(name),
  )
  if (unknown !== undefined) {
    throw invalid(
      unknown,
      `There is no parameter ${unknown.slice(0, 100)}${didYouMean(unknown, parameters)}`,
    )
  }
  const models = once(query['models'], 'models')
  const lastEventId = once(headers['last-event-id'], 'last-event-id')
  return {
    models: models === undefined ? undefined : modelsOf(schema, models),
    after: lastEventId ?? once(query['after'], 'after'),
  }
}

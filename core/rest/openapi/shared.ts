import { errorCatalogue } from '../../errors.ts'

/** A part of an OpenAPI document. */
export type Json = { readonly [name: string]: unknown }

export const schemaRef = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

export const text: Json = { type: 'string' }
export const wholeNumber: Json = { type: 'integer' }

export const listOf = (items: Json): Json => ({ type: 'array', items })

/** An object whose members are always there, but for those named in `optional`. */
export const objectOf = (properties: Json, optional: readonly string[] = []): Json => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
})

export const jsonContent = (schema: Json): Json => ({ 'application/json': { schema } })

const errors = Object.values(errorCatalogue)

/** One response for each status of an error, which tells the names that its bodies carry. */
export const errorResponses: Json = Object.fromEntries(
  errors.map(({ http }) => {
    const names = errors.filter((error) => error.http === http).map(({ name }) => name)
    const description = [...new Set(names)].join(', ')
    return [`error${http}`, { description, content: jsonContent(schemaRef('core.error')) }]
  }),
)

/** An error of this status, as it stands among the responses of an operation. */
const errorRef = (status: number): readonly [string, Json] => [
  String(status),
  { $ref: `#/components/responses/error${status}` },
]

export type Operation = {
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Needs no credentials. */
  readonly isOpen?: true
  readonly parameters?: readonly Json[]
  /** What the body of the request holds. */
  readonly body?: Json
  /** The body may be left out. */
  readonly isBodyOptional?: true
  /** What is answered with 200. */
  readonly answer: Json
  /** Other responses that are no errors. */
  readonly otherAnswers?: Json
  readonly headers?: Json
  /** Statuses besides those that every operation may answer. */
  readonly errors: readonly number[]
}

const everyError = [429, 500, 503]

/** One operation in the words of OpenAPI. */
export const operation = (given: Operation): Json => {
  const statuses = [...given.errors, ...(given.isOpen ? [] : [401, 403]), ...everyError]
  const bodyStatuses = given.body === undefined ? [] : [400, 413, 415]
  const all = [...new Set([...statuses, ...bodyStatuses])].toSorted((a, b) => a - b)
  return {
    operationId: given.id,
    tags: [given.tag],
    summary: given.summary,
    ...(given.description === undefined ? {} : { description: given.description }),
    ...(given.isOpen === true ? { security: [] } : {}),
    ...(given.parameters === undefined ? {} : { parameters: given.parameters }),
    ...(given.body === undefined
      ? {}
      : {
          requestBody: {
            required: given.isBodyOptional !== true,
            content: jsonContent(given.body),
          },
        }),
    responses: {
      200: {
        description: 'Done',
        ...(given.headers === undefined ? {} : { headers: given.headers }),
        content: given.answer,
      },
      ...given.otherAnswers,
      ...Object.fromEntries(all.map(errorRef)),
    },
  }
}

export const nothing: Json = jsonContent(schemaRef('core.nothing'))

/** A parameter in the query string. */
export const queryOf = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'query',
  description,
  schema,
})

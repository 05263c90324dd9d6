import type { Model } from '#xproto'
import { jsonContent, objectOf, operation, schemaRef, type Json } from './shared.ts'

const parameterRef = (name: string): Json => ({ $ref: `#/components/parameters/${name}` })

const etagHeader: Json = { ETag: { $ref: '#/components/headers/ETag' } }

const recordAnswer = ({ name }: Model) => ({
  answer: jsonContent(schemaRef(name)),
  headers: etagHeader,
})

const once = parameterRef('idempotencyKey')
const ifMatch = parameterRef('ifMatch')

const saving = [
  'updateFields',
  'callerKind',
  'alwaysUpdateTimestamp',
  'isSyncSave',
  'isPolicySave',
].map(parameterRef)

const collection = (model: Model): Json => {
  const { name, plural, app: tag } = model
  return {
    get: operation({
      id: `List${name}`,
      tag,
      summary: `Lists ${plural}`,
      parameters: ['filter', 'state', 'order', 'limit', 'after'].map(parameterRef),
      answer: jsonContent(schemaRef(`${name}.list`)),
      errors: [400],
    }),
    post: operation({
      id: `Create${name}`,
      tag,
      summary: `Creates a ${name}`,
      parameters: [once],
      body: schemaRef(`${name}.create`),
      ...recordAnswer(model),
      errors: [409, 422],
    }),
  }
}

const item = (model: Model): Json => {
  const { name, app: tag } = model
  return {
    parameters: [parameterRef('id')],
    get: operation({
      id: `Get${name}`,
      tag,
      summary: `Answers a ${name}, also one that is being deleted`,
      parameters: [parameterRef('ifNoneMatch')],
      ...recordAnswer(model),
      otherAnswers: { 304: { description: 'The client has it already', headers: etagHeader } },
      errors: [404],
    }),
    put: operation({
      id: `Update${name}`,
      tag,
      summary: `Changes the given fields of a ${name}`,
      description: 'Fields that are left out stay as they are; null clears a field.',
      parameters: [ifMatch, once, ...saving],
      body: schemaRef(`${name}.update`),
      ...recordAnswer(model),
      errors: [404, 409, 412, 422],
    }),
    delete: operation({
      id: `Delete${name}`,
      tag,
      summary: `Deletes a ${name}, and what links to it`,
      parameters: [ifMatch, once],
      answer: jsonContent(schemaRef('core.nothing')),
      errors: [400, 404, 409, 412, 422],
    }),
  }
}

/** The paths of a model: its collection, and each record in it. */
export const recordPaths = (model: Model): Json => ({
  [model.restPath]: collection(model),
  [`${model.restPath}/{id}`]: item(model),
})

/** A list of records of the model, as a whole or one page of it. */
export const listSchema = ({ name }: Model): Json =>
  objectOf(
    {
      items: { type: 'array', items: schemaRef(name) },
      next: { type: 'string', description: 'Goes into `after` for the next page' },
    },
    ['next'],
  )

import { targets, type Model, type Schema } from '#xproto'
import { xosVersion } from '../../utility/version.ts'
import { deliveryPaths } from './delivery-paths.ts'
import { dynamicloadPaths } from './dynamicload-paths.ts'
import { functionPaths } from './function-paths.ts'
import { parameters } from './parameters.ts'
import { listSchema, recordPaths } from './record-paths.ts'
import { errorResponses, objectOf, text, type Json } from './shared.ts'
import { utilityPaths } from './utility-paths.ts'
import { watchingPaths } from './watching-paths.ts'

/** Where its schemas of models stand: no model has a name with a dot in it, so nothing is taken. */
const sharedSchemas: Json = {
  'core.error': objectOf(
    {
      error: { ...text, description: 'What kind of error it is' },
      specific_error: { ...text, description: 'What is wrong, and what to do' },
      fields: {
        type: 'object',
        description: 'What is wrong with which field',
        additionalProperties: text,
      },
      operation: {
        type: 'integer',
        description: 'Which of several operations it is about, from 0',
      },
    },
    ['operation'],
  ),
  'core.nothing': { type: 'object', additionalProperties: false },
}

type ModelSchema = Json & { readonly $defs: { readonly create: Json; readonly update: Json } }

const schemasOf = (schema: Schema, models: readonly Model[]): Json => {
  const [file] = targets['json-schema']?.generate(schema, models) ?? []
  const document = JSON.parse(file?.text ?? '{}') as { $defs: Record<string, ModelSchema> }
  return Object.fromEntries(
    models.flatMap((model) => {
      const { $defs, ...record } = document.$defs[model.name] ?? {
        $defs: { create: {}, update: {} },
      }
      return [
        [model.name, record],
        [`${model.name}.create`, $defs.create],
        [`${model.name}.update`, $defs.update],
        [`${model.name}.list`, listSchema(model)],
      ]
    }),
  )
}

const tagsOf = (models: readonly Model[]): readonly Json[] => [
  { name: 'utility', description: 'Sessions, and what tells about the core' },
  { name: 'events', description: 'What happens to records' },
  { name: 'audit', description: 'Who wrote what' },
  { name: 'tokens', description: 'What lets steps read and write' },
  { name: 'functions', description: 'Records as functions read and write them' },
  { name: 'completions', description: 'What came of calls that went on' },
  { name: 'deliveries', description: 'Events for steps, and what became of them' },
  { name: 'dynamicload', description: 'Models that services bring' },
  ...[...new Set(models.map(({ app }) => app))].map((name) => ({
    name,
    description: `Models of ${name}`,
  })),
]

/** Everything the REST face answers, as OpenAPI 3.1. */
export const openApiOf = (schema: Schema): Json => {
  const models = schema.models.filter(({ abstract }) => !abstract)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Syncstep',
      version: xosVersion,
      description:
        'Every model has a collection. A record is pending until its step has brought it into being; `backend_status` says how far it is.',
    },
    servers: [{ url: '/' }],
    security: [{ basic: [] }, { session: [] }, { bearer: [] }],
    tags: tagsOf(models),
    paths: {
      ...utilityPaths,
      ...dynamicloadPaths,
      ...watchingPaths,
      ...deliveryPaths,
      ...functionPaths,
      ...(Object.assign({}, ...models.map(recordPaths)) as Json),
    },
    components: {
      schemas: { ...sharedSchemas, ...schemasOf(schema, models) },
      parameters,
      headers: {
        ETag: {
          description: 'The version of the record, for If-Match and If-None-Match',
          schema: text,
        },
      },
      responses: errorResponses,
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'E-mail address and password' },
        bearer: { type: 'http', scheme: 'bearer', description: 'The token of a step or of a call' },
        session: { type: 'apiKey', in: 'header', name: 'x-xossession', description: 'From Login' },
      },
    },
  }
}

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
  type Operation,
} from './shared.ts'

type UtilityOperation = Omit<Operation, 'tag' | 'errors'> & Partial<Pick<Operation, 'errors'>>

const utility = (given: UtilityOperation): Json =>
  operation({ tag: 'utility', errors: [], ...given })

const modelFilter = objectOf({ class_name: text }, ['class_name'])

const modelList = jsonContent(
  objectOf({ items: listOf(objectOf({ class_name: text, id: wholeNumber, info: text })) }),
)

const sessionPaths: Json = {
  '/xosapi/v1/utility/login': {
    post: utility({
      id: 'Login',
      summary: 'Starts a session',
      isOpen: true,
      body: objectOf({ username: text, password: { type: 'string', format: 'password' } }),
      answer: jsonContent(objectOf({ sessionid: text })),
      errors: [401],
    }),
  },
  '/xosapi/v1/utility/logout': {
    post: utility({
      id: 'Logout',
      summary: 'Ends the session of x-xossession',
      isOpen: true,
      parameters: [{ name: 'x-xossession', in: 'header', schema: text }],
      answer: nothing,
    }),
  },
  '/xosapi/v1/utility/noop': {
    post: utility({ id: 'NoOp', summary: 'Does nothing', isOpen: true, answer: nothing }),
  },
  '/xosapi/v1/utility/auth_noop': {
    post: utility({
      id: 'AuthenticatedNoOp',
      summary: 'Does nothing, for those who are known',
      answer: nothing,
    }),
  },
  '/xosapi/v1/utility/dirty_models': {
    get: utility({
      id: 'ListDirtyModels',
      summary: 'Lists records that were not synced, or written since',
      parameters: [
        queryOf(
          'class_name',
          'Names of models, with * and ? as a shell has them; all when left out',
          text,
        ),
      ],
      answer: modelList,
      errors: [400],
    }),
    post: utility({
      id: 'SetDirtyModels',
      summary: 'Saves records as they are, so that they are synced again',
      body: modelFilter,
      isBodyOptional: true,
      answer: modelList,
    }),
  },
  '/xosapi/v1/core/populatedserviceinstance/{id}': {
    parameters: [{ $ref: '#/components/parameters/id' }],
    get: operation({
      id: 'GetPopulatedServiceInstances',
      tag: 'utility',
      summary: 'Answers a service instance with what it is linked to',
      answer: jsonContent(
        objectOf(
          {
            id: wholeNumber,
            leaf_model_name: text,
            name: text,
            owner_id: wholeNumber,
            provided_service_instances: listOf(wholeNumber),
            subscribed_service_instances: listOf(wholeNumber),
            subscribed_service: listOf(wholeNumber),
            subscribed_network: listOf(wholeNumber),
          },
          ['name', 'owner_id'],
        ),
      ),
      errors: [404],
    }),
  },
}

const modelDef = objectOf({
  name: text,
  fields: listOf({ type: 'object' }),
  relations: listOf(objectOf({ model: text, type: text, on_field: text })),
  app: text,
  verbose_name: text,
  description: text,
  sync_implemented: text,
  policy_implemented: text,
})

const descriptionPaths: Json = {
  '/xosapi/v1/modeldefs': {
    get: utility({
      id: 'ListModelDefs',
      summary: 'Describes all models for user interfaces',
      isOpen: true,
      answer: jsonContent(objectOf({ items: listOf(modelDef) })),
    }),
  },
  '/xosapi/v1/xproto': {
    get: utility({
      id: 'GetXproto',
      summary: 'Answers the texts of all models',
      isOpen: true,
      answer: jsonContent(objectOf({ xproto: text })),
    }),
  },
  '/xosapi/v1/version': {
    get: utility({
      id: 'GetVersion',
      summary: 'Answers the version of XOS that the core speaks, and what it runs on',
      isOpen: true,
      answer: jsonContent(
        objectOf({
          version: text,
          pythonVersion: text,
          gitCommit: text,
          buildTime: text,
          os: text,
          arch: text,
          djangoVersion: text,
        }),
      ),
    }),
  },
  '/xosapi/v1/dbinfo': {
    get: utility({
      id: 'GetDatabaseInfo',
      summary: 'Says which database keeps the records, and whether it answers',
      isOpen: true,
      answer: jsonContent(
        objectOf({
          name: text,
          connection: text,
          version: text,
          status: { type: 'string', enum: ['UNKNOWN', 'OPERATIONAL', 'ERROR'] },
        }),
      ),
    }),
  },
}

/** Sessions, dirty models, and what tells about the core. */
export const utilityPaths: Json = { ...sessionPaths, ...descriptionPaths }

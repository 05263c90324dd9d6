import {
  jsonContent,
  listOf,
  objectOf,
  operation,
  schemaRef,
  text,
  wholeNumber,
  type Json,
  type Operation,
} from './shared.ts'

const nothing = jsonContent(schemaRef('core.nothing'))

const queryOf = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'query',
  description,
  schema,
})

const utility = (given: Omit<Operation, 'tag' | 'errors'>): Json =>
  operation({ tag: 'utility', errors: [], ...given })

const dynamicload = (given: Omit<Operation, 'tag' | 'errors'>): Json =>
  operation({ tag: 'dynamicload', errors: [], ...given })

const modelFilter = objectOf({ class_name: text }, ['class_name'])

const modelList = jsonContent(
  objectOf({ items: listOf(objectOf({ class_name: text, id: wholeNumber, info: text })) }),
)

const utilityPaths: Json = {
  '/xosapi/v1/utility/login': {
    post: utility({
      id: 'Login',
      summary: 'Starts a session',
      isOpen: true,
      body: objectOf({ username: text, password: { type: 'string', format: 'password' } }),
      answer: jsonContent(objectOf({ sessionid: text })),
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

const files = listOf(objectOf({ filename: text, contents: text }))

const loadStatus = jsonContent(
  objectOf({
    status: { type: 'string', enum: ['SUCCESS', 'SUCCESS_NOTHING_CHANGED', 'TRYAGAIN'] },
  }),
)

const loadFiles: Json = {
  xprotos: files,
  decls: files,
  attics: files,
  convenience_methods: files,
  migrations: files,
}

const dynamicloadPaths: Json = {
  '/xosapi/v1/dynamicload/load_models': {
    post: dynamicload({
      id: 'LoadModels',
      summary: 'Brings the models of a service',
      body: objectOf({ name: text, version: text, ...loadFiles, core_version: text }, [
        ...Object.keys(loadFiles),
        'core_version',
      ]),
      answer: loadStatus,
    }),
  },
  '/xosapi/v1/dynamicload/unload_models': {
    post: operation({
      id: 'UnloadModels',
      tag: 'dynamicload',
      summary: 'Takes the models of a service away',
      body: objectOf(
        {
          name: text,
          version: text,
          cleanup_behavior: {
            type: 'string',
            enum: ['REQUIRE_CLEAN', 'AUTOMATICALLY_CLEAN', 'PURGE'],
          },
        },
        ['cleanup_behavior'],
      ),
      answer: loadStatus,
      errors: [409],
    }),
  },
  '/xosapi/v1/dynamicload/load_status': {
    get: dynamicload({
      id: 'GetLoadStatus',
      summary: 'Lists the services whose models were brought, and the core',
      answer: jsonContent(
        objectOf({
          model_status: wholeNumber,
          model_output: text,
          services: listOf(objectOf({ name: text, version: text, state: text })),
        }),
      ),
    }),
  },
  '/xosapi/v1/dynamicload/convenience_methods': {
    get: dynamicload({
      id: 'GetConvenienceMethods',
      summary: 'Answers the Python files that XOS clients load on top of the API',
      answer: jsonContent(objectOf({ convenience_methods: files })),
    }),
  },
}

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
  },
  ['step', 'face'],
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

/** The paths that serve no model. */
export const otherPaths: Json = {
  ...utilityPaths,
  ...descriptionPaths,
  ...dynamicloadPaths,
  ...eventPaths,
  ...auditPaths,
}

import {
  jsonContent,
  listOf,
  objectOf,
  operation,
  text,
  wholeNumber,
  type Json,
  type Operation,
} from './shared.ts'

const dynamicload = (given: Omit<Operation, 'tag' | 'errors'>): Json =>
  operation({ tag: 'dynamicload', errors: [], ...given })

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

/** How services bring and take their models. */
export const dynamicloadPaths: Json = {
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

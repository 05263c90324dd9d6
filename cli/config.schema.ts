/**
 * The shape of `config.yaml` as a JSON Schema. Each `description` ends the sentence "Expected KEY to be ...", so it
 * serves the reader of an error as well as the reader of the schema.
 */

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const coreKinds = ['leases', 'xos'] as const

const text = { type: 'string', minLength: 1, maxLength: 1024, description: 'text' } as const

const folder = {
  type: 'string',
  minLength: 1,
  maxLength: 1024,
  description: 'a folder, relative to config.yaml',
} as const

export const duration = {
  type: ['string', 'number'],
  format: 'short-or-iso-duration',
  minimum: 0,
  maximum: 86_400,
  description:
    'a duration such as 500ms, 5s, 2m or PT5S (a plain number means seconds), at most a day',
} as const

export const stepNames = { pattern: '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$' } as const

const path = { type: 'string', pattern: '^[A-Za-z_]\\w*(\\.[A-Za-z_]\\w*){0,2}$' } as const

const functionSchema = {
  type: 'object',
  description:
    'a map of url, observes, include, timeout, gateway_grace, concurrency, retry, resync and every',
  additionalProperties: false,
  properties: {
    url: {
      type: 'string',
      format: 'http-url',
      description: 'where the function is, such as http://hello.example.com/',
    },
    observes: {
      type: 'string',
      pattern: '^[A-Za-z_$][\\w$]*$',
      description: 'the name of a model',
    },
    include: {
      type: 'array',
      items: { ...path, description: 'a path of links such as owner or owner.site, at most three' },
      description: 'a list of paths of links',
    },
    timeout: duration,
    gateway_grace: duration,
    resync: duration,
    every: duration,
    concurrency: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      description: 'a whole number from 1 to 1000',
    },
    retry: {
      type: 'object',
      description: 'a map of first, cap and max_attempts',
      additionalProperties: false,
      properties: {
        first: duration,
        cap: duration,
        max_attempts: {
          type: 'integer',
          minimum: 1,
          maximum: 1_000_000,
          description: 'a whole number from 1 to 1000000',
        },
      },
    },
  },
} as const

export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Syncstep: config.yaml of a synchronizer',
  type: 'object',
  description: 'a map of keys such as name, models_dir and steps_dir',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: {
      type: 'string',
      pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
      description: 'lower-case letters, digits and hyphens, at most 63, such as hello-world',
    },
    accessor: {
      type: 'object',
      description: 'a map of kind, endpoint, username and password',
      additionalProperties: false,
      properties: {
        kind: {
          enum: coreKinds,
          description:
            'leases (a core of Syncstep) or xos (a core of XOS, for one dispatcher alone)',
        },
        username: text,
        password: {
          ...text,
          writeOnly: true,
          description: 'text, or @ and the file whose first line is the password',
        },
        endpoint: {
          type: 'string',
          pattern: '^[^\\s/@]{1,253}:\\d{1,5}$',
          description: 'host:port, such as 127.0.0.1:50055',
        },
      },
    },
    models_dir: folder,
    steps_dir: folder,
    model_policies_dir: folder,
    event_steps_dir: folder,
    pull_steps_dir: folder,
    required_models: {
      type: 'array',
      items: { type: 'string', pattern: '^[A-Za-z_$][\\w$]*$', description: 'the name of a model' },
      description: 'a list of model names',
    },
    dependency_graph: {
      ...text,
      description: 'a JSON file, relative to config.yaml, that says which models wait for which',
    },
    core_version: text,
    desired_state: { enum: ['load'], description: '"load" ("unload" is not there yet)' },
    logging: {
      type: 'object',
      description: 'a map with level',
      additionalProperties: false,
      properties: {
        level: {
          enum: logLevels,
          description: `one of ${logLevels.join(', ')}`,
        },
      },
    },
    functions: {
      type: 'object',
      description: 'a map from the names of steps to their settings',
      propertyNames: stepNames,
      additionalProperties: functionSchema,
    },
    deferred_delay: duration,
    database: {
      type: 'string',
      minLength: 1,
      maxLength: 1024,
      not: { pattern: '^(?!postgres(ql)?://)[a-z]+://' },
      // An URL may hold a password, which no message shows.
      writeOnly: true,
      description: '"memory", a folder relative to config.yaml, or postgres://...',
    },
  },
} as const

type Duration = string | number

type FunctionFile = {
  readonly url?: string
  readonly observes?: string
  readonly include?: readonly string[]
  readonly timeout?: Duration
  readonly gateway_grace?: Duration
  readonly resync?: Duration
  readonly every?: Duration
  readonly concurrency?: number
  readonly retry?: {
    readonly first?: Duration
    readonly cap?: Duration
    readonly max_attempts?: number
  }
}

/** What {@link configSchema} lets through. */
export type ConfigFile = {
  readonly name: string
  readonly accessor?: {
    readonly kind?: (typeof coreKinds)[number]
    readonly username?: string
    readonly password?: string
    readonly endpoint?: string
  }
  readonly models_dir?: string
  readonly steps_dir?: string
  readonly model_policies_dir?: string
  readonly event_steps_dir?: string
  readonly pull_steps_dir?: string
  readonly required_models?: readonly string[]
  readonly dependency_graph?: string
  readonly core_version?: string
  readonly desired_state?: 'load'
  readonly logging?: { readonly level?: string }
  readonly functions?: Readonly<Record<string, FunctionFile>>
  readonly deferred_delay?: Duration
  readonly database?: string
}

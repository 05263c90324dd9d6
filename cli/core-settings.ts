import path from 'node:path'
import { isPostgresUrl } from '#core'
import { durationMs, type Tracer } from '#contract'
import type { CoreSettings, Log } from '#emulator'
import { Failure } from './failure.ts'
import type { Flags, Input } from './command.ts'
import { readCoreModels } from './core-models.ts'
import { developmentAdmin } from './development-admin.ts'
import { sinkFrom } from './sink.ts'
import { tlsFiles } from './tls-files.ts'
import { tracingVariables } from './tracing.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'

/** The flags of every command that runs a core. */
export const coreFlags: Flags = {
  data: {
    kind: 'text',
    help: 'Folder that keeps the data, or "memory" for none; else database of config.yaml, else .syncstep',
    variable: 'SYNCSTEP_DATA',
  },
  database: {
    kind: 'text',
    help: 'PostgreSQL server that keeps the data instead: postgres://USER:PASSWORD@HOST:PORT/DATABASE',
    value: 'URL',
    variable: 'DATABASE_URL',
  },
  host: {
    kind: 'text',
    help: 'Address to listen on; 0.0.0.0 for all',
    default: '127.0.0.1',
    variable: 'SYNCSTEP_HOST',
  },
  'rest-port': {
    kind: 'port',
    help: 'REST',
    default: '30006',
    variable: 'SYNCSTEP_REST_PORT',
  },
  'tosca-port': {
    kind: 'port',
    help: 'TOSCA recipes',
    default: '30007',
    variable: 'SYNCSTEP_TOSCA_PORT',
  },
  'grpc-port': {
    kind: 'port',
    help: 'gRPC, plaintext',
    default: '50055',
    variable: 'SYNCSTEP_GRPC_PORT',
  },
  'grpc-tls-port': {
    kind: 'port',
    help: 'gRPC over TLS',
    default: '50051',
    variable: 'SYNCSTEP_GRPC_TLS_PORT',
  },
  'health-port': {
    kind: 'port',
    help: '/livez, /readyz and /metrics',
    default: '30009',
    variable: 'SYNCSTEP_HEALTH_PORT',
  },
  'public-url': {
    kind: 'text',
    help: 'Where functions reach REST, to complete calls that they answered 202 and to read and write records',
    value: 'URL',
    variable: 'SYNCSTEP_PUBLIC_URL',
  },
  'tls-cert': {
    kind: 'text',
    help: 'Certificate of the TLS port and those that lead to its authority, PEM; else one of a development authority, made at the first start',
    value: 'FILE',
    variable: 'SYNCSTEP_TLS_CERT',
  },
  'tls-key': {
    kind: 'text',
    help: 'Key of that certificate, PEM',
    value: 'FILE',
    variable: 'SYNCSTEP_TLS_KEY',
  },
  'backup-dir': {
    kind: 'text',
    help: 'Folder of backups and of files that clients transfer; else backup in the data folder, else .syncstep/backup',
    value: 'DIR',
    variable: 'SYNCSTEP_BACKUP_DIR',
  },
}

export const adminVariable = 'SYNCSTEP_ADMIN_PASSWORD'

/** The variables without a flag of every command that runs a core, but the password of the first user. */
export const coreVariables = {
  K_SINK: 'Where changes of records are posted to as CloudEvents',
  K_CE_OVERRIDES: 'Attributes that those get besides, {"extensions": {"name": "value"}}',
  SYNCSTEP_SCHEMA_GRACE:
    'How long XOS clients keep their connections when the models change; else 5s',
  SYNCSTEP_SCHEMA_PAUSE: 'How long they are then refused, so that they notice; else 6s',
  SYNCSTEP_COMPLETION_HOURS: 'How many hours they have for that; else 24, at most 720',
  SYNCSTEP_EVENT_SECRET:
    'Lets events in at /events/SECRET of REST, for senders without credentials; several by commas',
  SYNCSTEP_KEEP_CHANGES: 'How many changes of records are kept for who watches; else 200000',
  SYNCSTEP_KEEP_CHANGES_DAYS: 'How many days at most; else 7',
  SYNCSTEP_KEEP_AUDIT_DAYS: 'How many days it is kept who wrote what; else 90',
  ...tracingVariables,
} as const

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

/** The password that everybody knows is good for this machine only. */
const adminFrom = (world: World, host: string, development: boolean): CoreSettings['admin'] => {
  const password = world.environment[adminVariable] ?? ''
  if (password !== '') return { email: developmentAdmin.email, password }
  if (!development) {
    throw new Failure(
      `Set ${adminVariable}: the password of the first user, ${developmentAdmin.email}. ` +
        'Only with --development it may be left out.',
    )
  }
  if (isLoopback(host)) return developmentAdmin
  throw new Failure(
    `Set ${adminVariable}: with --host ${host} others can reach this machine, and everybody knows ` +
      'the password of development.',
  )
}

export type CoreChoice = {
  readonly development: boolean
  /** `memory`, an absolute folder, a `postgres://` URL, or undefined: what is used when the user does not say. */
  readonly database: string | undefined
  readonly tracer: Tracer | undefined
}

type Chosen = { readonly data: string | undefined; readonly database: string | undefined }

/** Where the data is kept: what was given now, else what config.yaml says, else the folder .syncstep. */
export const chosenDatabase = (given: Chosen, configured: string | undefined): Chosen => {
  if (given.data !== undefined && given.database !== undefined) {
    throw new Failure(
      'Expected either a folder (--data, SYNCSTEP_DATA) or a PostgreSQL server (--database, DATABASE_URL), got both.',
    )
  }
  if (given.database !== undefined && !isPostgresUrl(given.database)) {
    throw new Failure(
      'Expected --database (DATABASE_URL) to be postgres://USER:PASSWORD@HOST:PORT/DATABASE. ' +
        'For a folder there is --data.',
    )
  }
  const data = given.data ?? configured ?? '.syncstep'
  if (given.database !== undefined) return { data: undefined, database: given.database }
  if (given.data === undefined && isPostgresUrl(data)) return { data: undefined, database: data }
  return { data: data === 'memory' ? undefined : data, database: undefined }
}

const durationOf = (
  { environment }: World,
  variable: keyof typeof coreVariables,
  otherwise: string,
): number => {
  const text = environment[variable] || otherwise
  const ms = durationMs(text)
  if (ms !== undefined) return ms
  throw new UsageError(`Expected ${variable} to be a duration such as 5s, got "${text}".`)
}

const mostKept = 100_000_000

const countOf = (
  { environment }: World,
  variable: keyof typeof coreVariables,
  otherwise: number,
  most: number = mostKept,
): number => {
  const text = environment[variable] || String(otherwise)
  const count = /^\d+$/.test(text) ? Number(text) : 0
  if (count > 0 && count <= most) return count
  throw new UsageError(`Expected ${variable} to be a number from 1 to ${most}, got "${text}".`)
}

const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs

/** The address of the REST face for functions. It is not told: it may carry what nobody should read. */
export const publicUrlFrom = (text: string | undefined): URL | undefined => {
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain =
    url?.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (isPlain && /^https?:$/.test(url.protocol)) return url
  throw new Failure(
    'Expected --public-url (SYNCSTEP_PUBLIC_URL) to be an http or https URL without user, password, ? and #.',
  )
}

/** What lets senders in that can show nothing else. It is not told. */
export const eventSecretsFrom = (text = ''): readonly string[] => {
  const secrets = text === '' ? [] : text.split(',').map((secret) => secret.trim())
  if (secrets.every((secret) => /^[\w.~-]{16,200}$/.test(secret))) return secrets
  throw new Failure(
    'Expected SYNCSTEP_EVENT_SECRET to be texts of 16 to 200 letters, digits and -._~, separated by commas.',
  )
}

/** How long a call may be completed that was answered 202, in milliseconds. */
export const completionMsFrom = (world: World): number =>
  countOf(world, 'SYNCSTEP_COMPLETION_HOURS', 24, 720) * hourMs

/** What the user chose for the core, by flags and variables. */
export const coreSettings = async (
  input: Input,
  world: World,
  log: Log,
  { development, database, tracer }: CoreChoice,
): Promise<CoreSettings> => {
  const { cwd, clock, random, randomBytes, processes } = world
  const host = input.text('host') ?? ''
  const given = { data: input.text('data'), database: input.text('database') }
  const chosen = chosenDatabase(given, database)
  const data = chosen.data === undefined ? undefined : path.resolve(cwd, chosen.data)
  const folder = data ?? path.resolve(cwd, '.syncstep')
  return {
    data,
    database: chosen.database,
    host,
    ports: {
      rest: input.port('rest-port'),
      tosca: input.port('tosca-port'),
      grpc: input.port('grpc-port'),
      grpcTls: input.port('grpc-tls-port'),
      health: input.port('health-port'),
    },
    admin: adminFrom(world, host, development),
    tls: await tlsFiles(cwd, input.text('tls-cert'), input.text('tls-key')),
    certificates: path.join(folder, 'certificates'),
    files: path.resolve(cwd, input.text('backup-dir') ?? path.join(folder, 'backup')),
    sink: sinkFrom(world.environment),
    schemaChange: {
      graceMs: durationOf(world, 'SYNCSTEP_SCHEMA_GRACE', '5s'),
      // A synchronizer of XOS notices by a call that fails, and makes none between its rounds, 5 s apart.
      closedMs: durationOf(world, 'SYNCSTEP_SCHEMA_PAUSE', '6s'),
    },
    publicUrl: publicUrlFrom(input.text('public-url')),
    eventSecrets: eventSecretsFrom(world.environment['SYNCSTEP_EVENT_SECRET']),
    completionMs: completionMsFrom(world),
    retention: {
      changes: countOf(world, 'SYNCSTEP_KEEP_CHANGES', 200_000),
      changesMs: countOf(world, 'SYNCSTEP_KEEP_CHANGES_DAYS', 7) * dayMs,
      auditMs: countOf(world, 'SYNCSTEP_KEEP_AUDIT_DAYS', 90) * dayMs,
    },
    graceMs: 10_000,
    tellsRequests: true,
    coreModels: [await readCoreModels()],
    processes,
    clock,
    random,
    randomBytes,
    log,
    tracer,
  }
}

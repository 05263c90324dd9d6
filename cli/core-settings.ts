import path from 'node:path'
import type { CoreSettings, Log } from '#emulator'
import { Failure } from './failure.ts'
import type { Flags, Input } from './command.ts'
import { readCoreModels } from './core-models.ts'
import type { World } from './world.ts'

/** The flags of every command that runs a core. */
export const coreFlags: Flags = {
  data: {
    kind: 'text',
    help: 'Folder that keeps the data, or "memory" for none; else database of config.yaml, else .syncstep',
    variable: 'SYNCSTEP_DATA',
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
  'health-port': {
    kind: 'port',
    help: '/livez and /readyz',
    default: '30009',
    variable: 'SYNCSTEP_HEALTH_PORT',
  },
}

export const adminVariable = 'SYNCSTEP_ADMIN_PASSWORD'
export const developmentAdmin = { email: 'admin@opencord.org', password: 'letmein' } as const

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
  /** `memory`, an absolute folder, or undefined: what is used when the user does not say. */
  readonly database: string | undefined
}

/** What the user chose for the core, by flags and variables. */
export const coreSettings = async (
  input: Input,
  world: World,
  log: Log,
  { development, database }: CoreChoice,
): Promise<CoreSettings> => {
  const { cwd, clock, randomBytes, processes } = world
  const host = input.text('host') ?? ''
  const data = input.text('data') ?? database ?? '.syncstep'
  return {
    data: data === 'memory' ? undefined : path.resolve(cwd, data),
    host,
    ports: {
      rest: input.port('rest-port'),
      tosca: input.port('tosca-port'),
      grpc: input.port('grpc-port'),
      health: input.port('health-port'),
    },
    admin: adminFrom(world, host, development),
    coreModels: [await readCoreModels()],
    processes,
    clock,
    randomBytes,
    log,
  }
}

import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Clock, Random, WorkSource } from '#contract'
import {
  buildGrpc,
  buildRest,
  buildTosca,
  CoreError,
  createAuthenticator,
  openCore,
  openPglite,
  openPostgres,
  postgresPlace,
  requireAccess,
  type Database,
} from '#core'
import type { Source } from '#xproto'
import type { Closers } from './closers.ts'
import { openDataFolder } from './data-folder.ts'
import { startHealthServer } from './health-server.ts'
import { cannotListen } from './listening.ts'
import type { Processes } from './lock-folder.ts'
import type { Log } from './log.ts'
import { SetupError } from './setup-error.ts'

export type Ports = {
  readonly grpc: number
  readonly rest: number
  readonly tosca: number
  readonly health: number
}

export type CoreSettings = {
  /** Absolute path of the folder that keeps the data; undefined for memory. */
  readonly data: string | undefined
  /** URL of the PostgreSQL server that keeps the data instead; its password appears nowhere else. */
  readonly database: string | undefined
  readonly host: string
  /** 0 for any free one. */
  readonly ports: Ports
  /** The first user, made when there is none. */
  readonly admin: { readonly email: string; readonly password: string }
  readonly coreModels: readonly Source[]
  readonly processes: Processes
  readonly clock: Clock
  readonly random: Random
  readonly randomBytes: (size: number) => Uint8Array
  readonly log: Log
}

export type RunningCore = {
  readonly work: WorkSource
  /** The ports it listens on. */
  readonly ports: Ports
}

/** How long calls over gRPC may take once it stops. */
const grpcGraceMs = 500

const openDatabase = async (
  { data, database, processes, clock, random, log }: CoreSettings,
  closers: Closers,
): Promise<Database> => {
  if (database !== undefined) {
    log.info({ database: postgresPlace(database) }, 'Opening the database')
    return openPostgres({ url: database, clock, random })
  }
  // Making a new one takes some seconds, in which nothing else can be told.
  log.info({ data: data ?? 'memory' }, 'Opening the database')
  if (data === undefined) return openPglite()
  const opened = await openDataFolder(data, processes, openPglite)
  closers.add('data folder', () => opened.release())
  return opened.database
}

const listen = async (
  app: FastifyInstance,
  face: 'rest' | 'tosca',
  { ports, host }: CoreSettings,
): Promise<number> => {
  try {
    await app.listen({ port: ports[face], host })
  } catch (error) {
    throw cannotListen({ face, flag: `--${face}-port`, port: ports[face], host }, error)
  }
  return (app.server.address() as AddressInfo).port
}

/** Models that were stored by an earlier version may not compile any more. */
const forUser = (error: unknown): unknown =>
  error instanceof CoreError ? new SetupError(error.message) : error

/**
 * Opens the core and its faces. What it opened is closed by the closers, also when it fails half-way.
 *
 * @throws SetupError when the data folder, the PostgreSQL server or a port cannot be had, or stored models do not compile any more.
 */
export const startCore = async (settings: CoreSettings, closers: Closers): Promise<RunningCore> => {
  const { host, ports, admin, coreModels, clock, randomBytes, log } = settings
  const database = await openDatabase(settings, closers).catch((error: unknown) => {
    throw forUser(error)
  })
  closers.add('database', () => database.close())
  const { store, work } = await openCore({ database, coreModels, clock, admin }).catch(
    (error: unknown) => {
      throw forUser(error)
    },
  )

  const authenticator = createAuthenticator({ store, clock, randomBytes })
  const rest = buildRest({ store, authenticator, log })
  closers.add('rest', () => rest.close())
  const tosca = buildTosca({ store, authenticator, log })
  closers.add('tosca', () => tosca.close())
  const grpc = buildGrpc({
    work,
    clock,
    log,
    async authenticate(metadata) {
      const [header = ''] = metadata.get('authorization')
      requireAccess(await authenticator.basic(String(header), 'grpc'))
    },
  })
  closers.add('grpc', () => grpc.close(grpcGraceMs))

  const restPort = await listen(rest, 'rest', settings)
  const toscaPort = await listen(tosca, 'tosca', settings)
  const grpcPort = await grpc.listen(ports.grpc, host).catch((error: unknown) => {
    throw cannotListen({ face: 'grpc', flag: '--grpc-port', port: ports.grpc, host }, error)
  })
  const health = await startHealthServer({ host, port: ports.health, isReady: () => true })
  closers.add('health', () => health.close())
  return {
    work,
    ports: { rest: restPort, tosca: toscaPort, grpc: grpcPort, health: health.port },
  }
}

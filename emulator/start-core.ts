import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { WorkSource } from '#contract'
import {
  addAdminService,
  buildGrpc,
  buildRest,
  buildTosca,
  countRecords,
  createAuthenticator,
  createFigures,
  createMetrics,
  measuredWork,
  observeGrpc,
  observeHttp,
  openCore,
  requireAdministrator,
  startBackupWorker,
  traceGrpc,
  traceHttp,
  type InboxOptions,
  type Metrics,
  type RecordCount,
  type RequestLog,
} from '#core'
import { startBackground } from './background.ts'
import type { Closers } from './closers.ts'
import type { CoreSettings, Ports } from './core-settings.ts'
import { developmentCertificate } from './development-certificates.ts'
import { startHealthServer, type Page } from './health-server.ts'
import { cannotListen } from './listening.ts'
import { openDatabase } from './open-database.ts'
import { createReadiness } from './readiness.ts'
import { reachedAt, restAddress } from './rest-address.ts'
import { forUser } from './setup-error.ts'

export type RunningCore = {
  readonly work: WorkSource
  /** The ports it listens on. */
  readonly ports: Ports
  /** Counts the records of models as they are now. */
  readonly countRecords: (models: readonly string[]) => Promise<readonly RecordCount[]>
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

/** Lets requests under way end, but not for ever. */
const closeInTime = async (
  app: FastifyInstance,
  { clock, graceMs }: CoreSettings,
): Promise<void> => {
  const cancel = clock.after(graceMs, () => app.server.closeAllConnections())
  await app.close().finally(cancel)
}

const pageOfAll = async (
  own: Metrics,
  others: (() => Promise<Page>) | undefined,
): Promise<Page> => {
  const { type, text } = await own.page()
  return { type, text: text + ((await others?.())?.text ?? '') }
}

const requestLog =
  ({ log, tellsRequests }: CoreSettings): RequestLog =>
  (entry) =>
    (tellsRequests ? log.info : log.debug).call(log, entry, 'request')

/** Told at level debug only: brokers may bring everything that happens, wanted or not. */
const inboxOf = ({ log, eventSecrets }: CoreSettings, metrics: Metrics): InboxOptions => ({
  secrets: eventSecrets,
  received(acceptance) {
    metrics.events(acceptance)
    log.debug(acceptance, 'events came')
  },
})

/**
 * Opens the core and its faces. What it opened is closed by the closers, also when it fails half-way: first it says
 * that it is not ready, then it answers what is under way, then it lets go of the data. The health port serves the
 * other metrics below its own.
 *
 * @throws SetupError when the data folder, the PostgreSQL server or a port cannot be had, or stored models do not compile any more.
 */
export const startCore = async (
  settings: CoreSettings,
  closers: Closers,
  otherMetrics?: () => Promise<Page>,
): Promise<RunningCore> => {
  const { host, ports, admin, coreModels, clock, randomBytes, log, graceMs, schemaChange, tracer } =
    settings
  const readiness = createReadiness(clock)
  const counted: { metrics?: Metrics } = {}
  const health = await startHealthServer({
    host,
    port: ports.health,
    isReady: () => readiness.isReady(),
    metrics: () => counted.metrics && pageOfAll(counted.metrics, otherMetrics),
  })
  closers.add('health', () => health.close())

  const database = await openDatabase(settings, closers).catch((error: unknown) => {
    throw forUser(error)
  })
  closers.add('database', () => database.close())
  const listening: { restPort?: number } = {}
  const core = await openCore({
    database,
    coreModels,
    clock,
    admin,
    ...reachedAt(() => restAddress(settings, listening.restPort), settings.completionMs),
  }).catch((error: unknown) => {
    throw forUser(error)
  })
  const { store } = core
  const sinkLagMs = startBackground(settings, store, closers)
  const backupWorker = startBackupWorker({
    ...core,
    files: settings.files,
    isAlone: database.exclusive,
    clock,
    log,
  })
  closers.add('backups', () => backupWorker.close())
  const metrics = createMetrics(createFigures(database, clock), sinkLagMs)
  counted.metrics = metrics
  const work = measuredWork(core.work, metrics)
  const tellRequest = requestLog(settings)

  const authenticator = createAuthenticator({ store, clock, randomBytes })
  const rest = buildRest({ store, authenticator, log, clock, inbox: inboxOf(settings, metrics) })
  const tosca = buildTosca({ store, authenticator, log })
  const grpc = buildGrpc({
    work,
    clock,
    log,
    async authenticate(metadata, address) {
      const [header = ''] = metadata.get('authorization')
      requireAdministrator(await authenticator.basic(String(header), address), 'dispatch')
    },
    interceptors: [
      observeGrpc({ metrics, log: tellRequest, clock }),
      ...(tracer === undefined ? [] : [traceGrpc(tracer)]),
    ],
    xos: { store, authenticator, log, files: settings.files, schemaChange },
    services: (server) => [
      addAdminService(server, { ...core, authenticator, log, files: settings.files }),
    ],
  })
  observeHttp(rest, 'rest', metrics, tellRequest)
  observeHttp(tosca, 'tosca', metrics, tellRequest)
  if (tracer !== undefined) {
    traceHttp(rest, 'rest', tracer)
    traceHttp(tosca, 'tosca', tracer)
  }
  closers.add('faces', async () => {
    readiness.end()
    await Promise.all([
      closeInTime(rest, settings),
      closeInTime(tosca, settings),
      grpc.close(graceMs),
    ])
  })

  const restPort = await listen(rest, 'rest', settings)
  listening.restPort = restPort
  const toscaPort = await listen(tosca, 'tosca', settings)
  const grpcPort = await grpc.listen(ports.grpc, host).catch((error: unknown) => {
    throw cannotListen({ face: 'grpc', flag: '--grpc-port', port: ports.grpc, host }, error)
  })
  const material = settings.tls ?? (await developmentCertificate(settings))
  const tlsPort = await grpc.listenTls(ports.grpcTls, host, material).catch((error: unknown) => {
    const place = { face: 'grpc-tls', flag: '--grpc-tls-port', port: ports.grpcTls, host }
    throw cannotListen(place, error)
  })
  readiness.begin(async () => (await store.databaseInfo()).status === 'OPERATIONAL')
  return {
    work,
    countRecords: (models) => countRecords(database, models),
    ports: {
      rest: restPort,
      tosca: toscaPort,
      grpc: grpcPort,
      grpcTls: tlsPort,
      health: health.port,
    },
  }
}

/**
 * Core: keeps the records, tells of changes, leases work, and answers clients.
 *
 * Start with {@link openCore}: a store on a database, and the work that a dispatcher takes from it. The faces
 * (REST, TOSCA, gRPC) are built on a store and do not listen by themselves. Nothing in here reads arguments,
 * environment or files, and nothing calls functions: that is the dispatcher's part.
 */
export { openCore, type Core } from './core.ts'
export { openPglite } from './store/pglite.ts'
export {
  isPostgresUrl,
  openPostgres,
  postgresPlace,
  type PostgresOptions,
} from './store/postgres.ts'
export type { Database, Sql } from './store/database.ts'
export {
  queryKinds,
  queryOperators,
  type AuditEntry,
  type Caller,
  type CompletionOptions,
  type ChangeKind,
  type ChangeLog,
  type Acceptance,
  type Changes,
  type Deliveries,
  type DeliveryQuestion,
  type Page,
  type Query,
  type QueryElement,
  type QueryKind,
  type QueryOperator,
  type RecordChange,
  type Records,
  type Retention,
  type SaveOptions,
  type Store,
  type StoredDelivery,
  type StoredRecord,
  type Token,
} from './store/port.ts'
export type { StoreOptions } from './store/store.ts'
export { startPublisher, type Publisher, type PublisherOptions } from './events/publisher.ts'
export { openSink, type Deliver, type Delivery, type Sink } from './events/sink.ts'
export { startHousekeeping } from './events/housekeeping.ts'
export { CoreError, errorBody, errorCatalogue, type ErrorCode } from './errors.ts'

export {
  createAuthenticator,
  type Authenticator,
  type AuthenticatorOptions,
} from './access/authenticate.ts'
export type { IssuedToken } from './access/tokens.ts'
export { requireAdministrator } from './access/require-administrator.ts'
export { buildRest, type RestOptions } from './rest/rest.ts'
export type { InboxOptions } from './rest/inbox.ts'
export { completionsPath } from './rest/completions.ts'
export { buildTosca, type ToscaOptions } from './tosca/tosca.ts'
export { buildGrpc, type GrpcFace, type GrpcOptions, type TlsMaterial } from './grpc/server.ts'
export { makeCertificates, type Certificates } from './grpc/certificates.ts'

export { createMetrics, type Figures, type Metrics } from './metrics/metrics.ts'
export { measuredWork } from './metrics/measured-work.ts'
export { observeHttp } from './metrics/observe-http.ts'
export { observeGrpc, type ObserveGrpcOptions } from './metrics/observe-grpc.ts'
export type { RequestEntry, RequestLog } from './metrics/request-log.ts'
export { traceGrpc } from './tracing/trace-grpc.ts'
export { traceHttp } from './tracing/trace-http.ts'
export { createFigures } from './store/figures.ts'
export { countRecords, type RecordCount } from './store/count-records.ts'

export type { Operations } from './store/operations/operations.ts'
export type { Attempt } from './store/operations/attempts.ts'
export type { Explanation, Neighbour, Reason } from './store/operations/explanation.ts'
export { addAdminService, type AdminOptions } from './grpc/admin-service.ts'
export { startBackupWorker, type BackupWorkerOptions } from './backup/worker.ts'

import type { Clock, Random, Tracer } from '#contract'
import type { Retention } from '#core'
import type { Source } from '#xproto'
import type { Processes } from './lock-folder.ts'
import type { Log } from './log.ts'

export type Ports = {
  readonly grpc: number
  readonly grpcTls: number
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
  /** For the TLS port, PEM; undefined: a certificate of a development authority. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  /** Absolute path of the folder that keeps the development authority and what it issued. */
  readonly certificates: string
  /** Absolute path of the folder of backups and transferred files: clients call it /var/run/xos/backup/local. */
  readonly files: string
  /** Where changes of records are posted to. */
  readonly sink:
    { readonly url: string; readonly extensions: Readonly<Record<string, string>> } | undefined
  /** Where functions reach the REST face, to complete calls and to write; `own`: where it listens; undefined: nowhere. */
  readonly publicUrl: URL | 'own' | undefined
  /** Texts any of which lets in events at /events/TEXT. */
  readonly eventSecrets: readonly string[]
  /** How long a call may be completed that was answered 202, unless its function says when to ask again. */
  readonly completionMs: number
  /** How much of the past is kept. */
  readonly retention: Retention
  /** What XOS clients see when the models change: so long nothing, then no connections for so long. */
  readonly schemaChange: { readonly graceMs: number; readonly closedMs: number }
  /** How long calls and requests under way may take once it stops. */
  readonly graceMs: number
  /** Whether each request is told at level info; else at debug. */
  readonly tellsRequests: boolean
  readonly coreModels: readonly Source[]
  readonly processes: Processes
  readonly clock: Clock
  readonly random: Random
  readonly randomBytes: (size: number) => Uint8Array
  readonly log: Log
  /** Where spans go; undefined: nowhere. */
  readonly tracer: Tracer | undefined
}

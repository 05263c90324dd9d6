import type { Fields, ModelFile } from '#contract'
import type { Schema } from '#xproto'
import type { LoadRequest, LoadStatus, ServiceStatus, UnloadRequest } from './services/request.ts'
import type { AuditEntry, AuditQuestion } from './audit.ts'
import type { Caller } from './caller.ts'
import type { Retention } from './changes/keep.ts'
import type { ChangeLog } from './changes/port.ts'
import type { Publishing } from './changes/publishing.ts'
import type { CallTokens } from './call-tokens.ts'
import type { Completions } from './completions-port.ts'
import type { Deliveries } from './deliveries/port.ts'
import type { Tokens } from './tokens.ts'

export type { AuditEntry, AuditQuestion } from './audit.ts'
export type { Caller } from './caller.ts'
export type { Retention } from './changes/keep.ts'
export type { ChangeKind, ChangeLog, Changes, RecordChange } from './changes/port.ts'
export type { CompletionOptions, CompletionRight } from './completions-port.ts'
export type { Acceptance, Deliveries, DeliveryQuestion, StoredDelivery } from './deliveries/port.ts'
export { deliveryStates } from './deliveries/row.ts'
export type { Token } from './tokens.ts'

/** A record as it was read or written, and the version of it that was: each write of a record moves `revision`. */
export type StoredRecord = { readonly fields: Fields; readonly revision: number }

/** How an update is to be saved (reference core-api.md 1.8 and 2.2). What is absent is false, or no limit. */
export type SaveOptions = {
  /** Names the fields to write, as `owner_id` or `owner`; the rest of what is given is left alone. */
  readonly updateFields?: readonly string[]
  /** Only `synchronizer` matters: it may write feedback, and does not move `updated`. */
  readonly callerKind?: string
  readonly alwaysUpdateTimestamp?: boolean
  /** A synchronizer's change of what should exist moves `updated`, too; its feedback does not. */
  readonly updatesDeclared?: boolean
  readonly isSyncSave?: boolean
  readonly isPolicySave?: boolean
  /** The version the writer has seen. Throws CONFLICT when the record is another one by now. */
  readonly ifRevision?: number
}

export const queryKinds = [
  'DEFAULT',
  'ALL',
  'SYNCHRONIZER_DIRTY_OBJECTS',
  'SYNCHRONIZER_DELETED_OBJECTS',
  'SYNCHRONIZER_DIRTY_POLICIES',
  'SYNCHRONIZER_DELETED_POLICIES',
] as const
export type QueryKind = (typeof queryKinds)[number]

export const queryOperators = [
  'EQUAL',
  'GREATER_THAN',
  'LESS_THAN',
  'GREATER_THAN_OR_EQUAL',
  'LESS_THAN_OR_EQUAL',
  'IEXACT',
  'CONTAINS',
  'ICONTAINS',
  'REGEX',
  'IREGEX',
] as const
export type QueryOperator = (typeof queryOperators)[number]

export type QueryElement = {
  readonly operator: QueryOperator
  readonly invert: boolean
  /** A field, `owner_id` or `owner`; a path over links, `owner__site__name`; with a lookup, `name__icontains`. */
  readonly name: string
  readonly value: string | number
}

/** Which records (reference core-api.md 1.7). Both arrays are numbered as the enums of `common.proto`. */
export type Query = {
  readonly kind: QueryKind
  /** All must hold. Of no effect with kind ALL. */
  readonly elements: readonly QueryElement[]
  /** Fields to order by; `-name` is descending. Ties, and what names none, by id. */
  readonly order?: readonly string[]
}

export type Page = {
  readonly records: readonly Fields[]
  /** Goes into the next question for what comes after; undefined at the end. */
  readonly next: string | undefined
}

/**
 * Reads and writes records for one caller, in the wire form of REST: `owner_id`, `ports_ids`, seconds as doubles;
 * null fields are absent; `class_names` and `self_content_type_id` are there. `password` is never there.
 *
 * Model names are exact (`HelloWorldService`); reading through a parent (`Service`) answers parent fields only.
 * What the caller may not read is left out of lists. All methods throw CoreError: NOT_FOUND, VALIDATION and
 * INVALID_FIELD (with `fields`), DUPLICATE_KEY, PERMISSION_DENIED, CONFLICT.
 */
export type Records = {
  /** Live records, by id. */
  list(model: string): Promise<Fields[]>
  /** Live records whose fields equal the given ones (wire names), by id. */
  find(model: string, equal: Fields): Promise<Fields[]>
  /** All that match, in batches, so that a hundred thousand need no more memory than a hundred. */
  query(model: string, query: Query): AsyncIterable<readonly Fields[]>
  /** At most `limit` of them, after the place that the page before named. */
  page(model: string, query: Query, limit: number, after: string | undefined): Promise<Page>
  /** Live, or soft-deleted and not yet gone. */
  get(model: string, id: number): Promise<StoredRecord>
  /** Fields that are absent or null take their defaults; unknown fields and wrong types are refused. */
  create(model: string, values: Fields): Promise<StoredRecord>
  /** Absent fields stay; null clears; moves `updated`, even when nothing differs, unless the options say otherwise. */
  update(model: string, id: number, values: Fields, options?: SaveOptions): Promise<StoredRecord>
  /** Soft-deletes the record and all that link to it. */
  remove(model: string, id: number): Promise<void>
}

/** Which database keeps the records; the texts are empty when it does not answer. */
export type DatabaseInfo = {
  readonly name: string
  /** `host:port`, or `local`. */
  readonly connection: string
  readonly version: string
  readonly status: 'OPERATIONAL' | 'ERROR'
}

/** What authentication needs to know of a user; the hash never leaves the core. */
export type Credentials = {
  readonly caller: Caller
  readonly passwordHash: string
  readonly isActive: boolean
}

/**
 * Brings models of services and takes them away while the core runs. Both throw PERMISSION_DENIED unless the caller is
 * an administrator, and VALIDATION with what stands in the way: nothing is written then.
 */
export type Services = {
  /** As LoadModels of XOS, with its leniency about mistakes in the texts (xproto: compat). */
  load(request: LoadRequest, caller: Caller): Promise<LoadStatus>
  /** As UnloadModels of XOS. */
  unload(request: UnloadRequest, caller: Caller): Promise<LoadStatus>
  /** Every service that was ever loaded, by name; then the core itself. */
  status(): Promise<readonly ServiceStatus[]>
  /** The Python files that XOS clients load on top of the API; one for each name. */
  convenienceMethods(): Promise<readonly ModelFile[]>
}

/** What a transaction may do besides. */
export type LockingRecords = Records & {
  /**
   * As find; and until the transaction ends nobody else finds and locks by the same values, nor changes what was
   * found. So that find, then create or update, is one step.
   */
  findAndLock(model: string, equal: Fields): Promise<Fields[]>
}

/** A request that may arrive more than once. */
export type OnceRequest = {
  /** Stands for what the client chose, new for each thing it wants; text without NUL. It is kept. */
  readonly key: string
  /** Digest of what is asked for. It is kept, so it must not tell what was asked for by trying. */
  readonly fingerprint: string
}

export type OnceAnswer = {
  readonly answer: string
  /** It was carried out before; nothing was done now. */
  readonly isRepeated: boolean
}

export type Store = {
  /** The schema in force; replaced as a whole when a service brings new models. */
  schema(): Schema
  /** The texts that all models in force were compiled from, one after the other. */
  xproto(): Promise<string>
  databaseInfo(): Promise<DatabaseInfo>
  readonly services: Services
  /** Calls the listener whenever other models are in force, whichever core was given them. Answers how to stop. */
  onSchemaChange(listener: () => void): () => void
  /** Each call in a transaction of its own. */
  as(caller: Caller): Records
  /** All or nothing. The work may be called again, from its start, when others stood in its way. */
  transaction<T>(caller: Caller, work: (records: LockingRecords) => Promise<T>): Promise<T>
  /**
   * As transaction, but however often the caller asks with this key within 24 hours, the work is done once and its
   * answer given each time. Throws KEY_REUSED when the key came with another fingerprint, IN_PROGRESS when the same
   * request is being carried out just now.
   */
  once(
    caller: Caller,
    request: OnceRequest,
    work: (records: LockingRecords) => Promise<string>,
  ): Promise<OnceAnswer>
  /** What happened to records, as far as the caller may read them as they are after the change. */
  changes(caller: Caller): ChangeLog
  /** Calls the listener whenever there may be new changes, whichever core made them. Answers how to stop. */
  onChange(listener: () => void): () => void
  readonly publishing: Publishing
  /** Who wrote what, the youngest first. Throws PERMISSION_DENIED unless an administrator asks. */
  audit(caller: Caller, question: AuditQuestion): Promise<readonly AuditEntry[]>
  readonly tokens: Tokens
  readonly deliveries: Deliveries
  readonly callTokens: CallTokens
  readonly completions: Completions
  /** Forgets what is older than it may become. */
  keepWithin(retention: Retention): Promise<void>
  /** Lets go deleted records that were kept long enough for policies to see them. */
  endHolds(): Promise<void>
  credentials(email: string): Promise<Credentials | undefined>
  /**
   * Sessions are kept by the SHA-256 of their id. Times in milliseconds since 1970. Answers whether it was added: it is
   * not when the user has another password by now, or is inactive or deleted.
   */
  addSession(idHash: string, credentials: Credentials, expiresAt: number): Promise<boolean>
  /** Undefined when unknown, ended, or its user is inactive or deleted. */
  sessionCaller(idHash: string, now: number): Promise<Caller | undefined>
  endSession(idHash: string): Promise<void>
}

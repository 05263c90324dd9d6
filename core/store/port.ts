import type { Fields } from '#contract'
import type { Schema } from '#xproto'

/** Who writes: decides about permission and becomes `creator` where a model has one. */
export type Caller = { readonly userId: number; readonly email: string; readonly isAdmin: boolean }

/**
 * Reads and writes records in the wire form of REST: `owner_id`, `ports_ids`, seconds as doubles; null fields
 * are absent; `class_names` and `self_content_type_id` are there. `password` is never there.
 *
 * Model names are exact (`HelloWorldService`); reading through a parent (`Service`) answers parent fields only.
 * All methods throw CoreError: NOT_FOUND, VALIDATION (with `fields`), DUPLICATE_KEY, PERMISSION_DENIED.
 */
export type Records = {
  /** Live records, by id. */
  list(model: string): Promise<Fields[]>
  /** Live records whose fields equal the given ones (wire names), by id. */
  find(model: string, equal: Fields): Promise<Fields[]>
  /** Live, or soft-deleted and not yet gone. */
  get(model: string, id: number): Promise<Fields>
  /** Fields that are absent or null take their defaults; unknown fields and wrong types are refused. */
  create(model: string, values: Fields, caller: Caller): Promise<Fields>
  /** Absent fields stay; null clears; always moves `updated`, even when nothing differs. */
  update(model: string, id: number, values: Fields, caller: Caller): Promise<Fields>
  /** Soft-deletes the record and all that link to it. */
  remove(model: string, id: number, caller: Caller): Promise<void>
}

/** What authentication needs to know of a user; the hash never leaves the core. */
export type Credentials = {
  readonly caller: Caller
  readonly passwordHash: string
  readonly isActive: boolean
}

/** What a transaction may do besides. */
export type LockingRecords = Records & {
  /**
   * As find; and until the transaction ends nobody else finds and locks by the same values, nor changes what was
   * found. So that find, then create or update, is one step.
   */
  findAndLock(model: string, equal: Fields): Promise<Fields[]>
}

export type Store = Records & {
  /** The schema in force; replaced as a whole when a service brings new models. */
  schema(): Schema
  /** All or nothing. The work may be called again, from its start, when others stood in its way. */
  transaction<T>(work: (records: LockingRecords) => Promise<T>): Promise<T>
  credentials(email: string): Promise<Credentials | undefined>
  /** Sessions are kept by the SHA-256 of their id. Times in milliseconds since 1970. */
  addSession(idHash: string, userId: number, expiresAt: number): Promise<void>
  /** Undefined when unknown, ended, or its user is inactive or deleted. */
  sessionCaller(idHash: string, now: number): Promise<Caller | undefined>
  endSession(idHash: string): Promise<void>
}

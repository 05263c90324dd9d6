import type { Fields } from '#contract'
import type { Field, Model, Schema } from '#xproto'
import type { Access } from '../access-port.ts'
import type { Sql } from '../database.ts'
import type { Caller } from '../port.ts'
import type { RecordRow } from '../row.ts'

/** What a write needs beside the record. */
export type WriteContext = {
  readonly sql: Sql
  readonly schema: Schema
  /** Microseconds since 1970. */
  readonly now: number
  readonly caller: Caller
  readonly access: Pick<Access, 'requireWrite'>
  readonly hashPassword: (plain: string) => Promise<string>
  readonly randomUuid: () => string
}

/** Values by field, normalized: null is none, times are seconds, a link is an id, a link to many a list of ids. */
export type Values = Map<Field, unknown>

/** A record on its way into the store. */
export type Draft = {
  readonly context: WriteContext
  /** The most derived model of the record, whose rules hold. */
  readonly model: Model
  /** The record as it is kept; undefined for a new one. */
  readonly before: RecordRow | undefined
  /** What the writer wants written. */
  readonly given: ReadonlyMap<Field, unknown>
  /** The whole record as it will be, links to many only where they are given. What a model adds goes in here. */
  readonly values: Values
}

export const fieldOf = (model: Model, wireName: string): Field | undefined =>
  model.fields.find((field) => field.wireName === wireName)

/** The value that the field of this wire name will have; null also for a field that the model does not have. */
export const valueIn = ({ model, values }: Draft, wireName: string): unknown => {
  const field = fieldOf(model, wireName)
  return field === undefined ? null : (values.get(field) ?? null)
}

/** Sets a field where the model has it. */
export const setIn = ({ model, values }: Draft, wireName: string, value: unknown): void => {
  const field = fieldOf(model, wireName)
  if (field !== undefined) values.set(field, value)
}

/** By wire name. */
export const wireFieldsOf = (values: Values): Fields =>
  Object.fromEntries([...values].map(([{ wireName }, value]) => [wireName, value]))

/** A record that is about to be, as policies see it. */
export const newFields = (model: Model, now: number, values: Values): Fields => {
  const stamps = { created: now / 1e6, updated: now / 1e6 }
  return { ...stamps, deleted: false, leaf_model_name: model.name, ...wireFieldsOf(values) }
}

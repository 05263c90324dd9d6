import type { Fields } from '#contract'
import type { Field, Model } from '#xproto'

/** One row of the table `record`. Times in microseconds since 1970. */
export type RecordRow = {
  readonly root: string
  readonly id: number
  readonly leaf: string
  readonly fields: Fields
  readonly revision: number
  readonly created: number
  readonly updated: number
  readonly enacted: number | null
  readonly policed: number | null
  readonly changed_by_step: number | null
  readonly changed_by_policy: number | null
  readonly backend_register: string
  readonly backend_need_delete: boolean
  readonly backend_need_reap: boolean
  readonly backend_need_delete_policy: boolean
  readonly backend_status: string
  readonly backend_code: number
  readonly backend_handle: string | null
  readonly deleted: boolean
  readonly write_protect: boolean
  readonly lazy_blocked: boolean
  readonly no_sync: boolean
  readonly no_policy: boolean
  readonly policy_status: string | null
  readonly policy_code: number | null
  readonly xos_managed: boolean
  readonly pending: boolean
  readonly next_run: number | null
  readonly policy_until: number | null
  readonly parked: boolean
  readonly attempts: number
  readonly failures: number
  readonly calls: number
  readonly lease_token: number | null
  readonly need_delete_by_lease: boolean
  readonly policy_pending: boolean
  readonly policy_run: number | null
  readonly policy_attempts: number
  readonly policy_failures: number
  readonly policy_calls: number
  readonly policy_leased: boolean
  readonly need_policy_delete_by_lease: boolean
  readonly traces: string | null
}

/** The identity of a row; `root` and not the model, because ids count per root. */
export type RowKey = { readonly root: string; readonly id: number }

export const rowKeyText = ({ root, id }: RowKey): string => `${root}/${id}`

type ColumnKind = 'time' | 'plain'

/** XOSBase fields that are columns; everything else lives in `fields`. */
const columns = {
  created: 'time',
  updated: 'time',
  enacted: 'time',
  policed: 'time',
  changed_by_step: 'time',
  changed_by_policy: 'time',
  backend_register: 'plain',
  backend_need_delete: 'plain',
  backend_need_reap: 'plain',
  backend_need_delete_policy: 'plain',
  backend_status: 'plain',
  backend_code: 'plain',
  backend_handle: 'plain',
  deleted: 'plain',
  write_protect: 'plain',
  lazy_blocked: 'plain',
  no_sync: 'plain',
  no_policy: 'plain',
  policy_status: 'plain',
  policy_code: 'plain',
  xos_managed: 'plain',
} as const satisfies Readonly<Record<string, ColumnKind>>

export type ColumnName = keyof typeof columns

export const columnNames: readonly string[] = Object.keys(columns)

export const isColumn = (name: string): name is ColumnName => Object.hasOwn(columns, name)

export const isTimeColumn = (name: string): boolean => isColumn(name) && columns[name] === 'time'

/**
 * Fields that follow from what is done with a record; a value for one of them is ignored, as when a whole record is
 * put back.
 */
export const coreOwned: ReadonlySet<string> = new Set([
  'created',
  'updated',
  'deleted',
  'leaf_model_name',
  'changed_by_step',
  'changed_by_policy',
])

/** XOS passwords never leave the core, not even as hashes. */
const hidden: ReadonlySet<string> = new Set(['password'])

export const isHidden = (name: string): boolean => hidden.has(name)

/** Microseconds to the seconds of the wire: a double holds a microsecond exactly until far beyond 2100. */
const secondsOf = (microseconds: number): number => microseconds / 1e6

export const microsecondsOf = (seconds: number): number => Math.round(seconds * 1e6)

/** The value of a field as its column holds it. */
export const columnValue = (name: ColumnName, value: unknown): unknown => {
  if (columns[name] === 'time' && typeof value === 'number') return microsecondsOf(value)
  // Null on the wire, but never in the table.
  return name === 'backend_register' ? (value ?? '{}') : value
}

/** The value of one field as the wire shows it; undefined when it is null. */
export const wireValue = (row: RecordRow, field: Field): unknown => {
  if (field.name === 'leaf_model_name') return row.leaf
  if (isColumn(field.name)) {
    const value = row[field.name]
    if (value === null) return undefined
    return columns[field.name] === 'time' ? secondsOf(Number(value)) : value
  }
  return row.fields[field.wireName] ?? undefined
}

/** The version of the record that a function is sent: XOS stamps `enacted` with it. */
export const stampOf = (row: Pick<RecordRow, 'updated' | 'changed_by_policy'>): number =>
  Math.max(row.updated, row.changed_by_policy ?? 0)

/** The version of the record that its policy is sent: XOS stamps `policed` with it. */
export const policyStampOf = (row: Pick<RecordRow, 'updated' | 'changed_by_step'>): number =>
  Math.max(row.updated, row.changed_by_step ?? 0)

/**
 * A row in wire form, without links to many and reverse sets; those come from the table `link`.
 * Null fields are absent.
 */
export const wireFields = (model: Model, row: RecordRow): Record<string, unknown> => {
  const wire: Record<string, unknown> = { id: row.id }
  for (const field of model.fields) {
    if (hidden.has(field.name)) continue
    if (field.kind === 'link' && field.multiplicity === 'manytomany') continue
    const value = wireValue(row, field)
    if (value !== undefined) wire[field.wireName] = value
  }
  wire['class_names'] = model.ancestry.join(',')
  wire['self_content_type_id'] = model.contentType
  return wire
}

import {
  changeId,
  readableText,
  registerAfter,
  statusAfter,
  type Fields,
  type Outcome,
  type Refused,
  type Report,
} from '#contract'
import type { Model, Schema } from '#xproto'
import type { Sql } from './database.ts'
import { modelNamed } from './read.ts'
import { reap } from './reap.ts'
import { isColumn, rowKeyText, stampOf, type RecordRow, type RowKey } from './row.ts'
import { tellWaiters } from './park.ts'
import { nextVersion } from './save/stamps.ts'
import { findingOf, normalized } from './validate.ts'
import { wakeDispatchers, wakeWaiters } from './wake.ts'

export type ReportContext = {
  readonly sql: Sql
  readonly schema: Schema
  /** Microseconds since 1970. */
  readonly now: number
}

const writtenColumns = [
  'enacted',
  'backend_register',
  'backend_status',
  'backend_code',
  'backend_handle',
  'backend_need_delete',
  'backend_need_reap',
  'changed_by_step',
  'next_run',
  'attempts',
  'failures',
  'calls',
] as const

const readColumns = [
  'root',
  'id',
  'leaf',
  'deleted',
  'updated',
  'policed',
  'changed_by_policy',
  'lease_token',
  'need_delete_by_lease',
  ...writtenColumns,
] as const

/** A leased record, as far as a report needs it. `fields` is null unless the report patches them. */
type LeasedRow = Pick<RecordRow, (typeof readColumns)[number]> & { readonly fields: Fields | null }

/** What a report writes on its record. `fields`: null leaves them as they are. */
type Change = RowKey &
  Pick<RecordRow, (typeof writtenColumns)[number]> & { readonly fields: Fields | null }

/** How many attempts a record remembers. */
const historySize = 20

const leasedRows = async (
  { sql, schema }: ReportContext,
  reports: readonly Report[],
): Promise<ReadonlyMap<string, LeasedRow>> => {
  const keys = reports.flatMap(({ key, token, outcome }) => {
    const root = schema.model(key.model)?.root
    const patches = outcome.kind === 'synced' && outcome.feedback !== undefined
    return root === undefined ? [] : [{ root, id: key.id, token, patches }]
  })
  const rows = await sql.query<LeasedRow>(
    `select ${readColumns.map((name) => `r.${name}`).join(', ')},
            case when k.patches then r.fields end as fields
     from record r
       join jsonb_to_recordset($1::jsonb) k(root text, id int, token bigint, patches boolean)
         on r.root = k.root and r.id = k.id and r.lease_token = k.token
     order by r.root, r.id
     for update of r`,
    [JSON.stringify(keys)],
  )
  return new Map(rows.map((row) => [`${row.leaf}/${row.id}`, row]))
}

/** Why a feedback patch cannot be taken; undefined when it can. */
const feedbackFinding = (model: Model, feedback: Fields): string | undefined => {
  for (const [name, value] of Object.entries(feedback)) {
    const field = model.fields.find(({ wireName }) => wireName === name)
    if (field?.role !== 'feedback') {
      const known = model.fields.filter(({ role }) => role === 'feedback').map((f) => f.wireName)
      return `feedback names ${name}, but only feedback fields of ${model.name} may be written: ${known.join(', ')}`
    }
    if (reserved.has(name)) return `feedback names ${name}, which follows from the answer itself`
    const finding = findingOf(field, normalized(field, value))
    if (finding !== undefined) return `feedback field ${name}: ${finding}`
  }
  return undefined
}

/** Feedback fields that nobody patches: what they hold follows from what is reported. */
export const reserved: ReadonlySet<string> = new Set([
  'backend_register',
  'backend_status',
  'backend_code',
  'policy_status',
  'policy_code',
])

/** One text that the database cannot store must not keep the rest of a batch from being written. */
const readable = (outcome: Report['outcome']): Report['outcome'] => {
  if ('text' in outcome) return { ...outcome, text: readableText(outcome.text) }
  if (outcome.kind !== 'synced' || outcome.note === undefined) return outcome
  return { ...outcome, note: readableText(outcome.note) }
}

/** A success whose feedback cannot be written is a failure of the step: nothing of it is kept. */
const judged = (model: Model, given: Report): Report => {
  const report = { ...given, outcome: readable(given.outcome) }
  const { outcome, operation } = report
  if (outcome.kind !== 'synced' || operation === 'delete') return report
  const finding = feedbackFinding(model, outcome.feedback ?? {})
  if (finding === undefined) return report
  return { ...report, outcome: { kind: 'failed', text: finding, retry: false } }
}

/** @param version when the record changes by this, microseconds since 1970 */
const patched = (change: Change, model: Model, feedback: Fields, version: number): Change => {
  const fields = change.fields ?? {}
  const values = Object.entries(feedback).flatMap(([name, value]) => {
    const field = model.fields.find(({ wireName }) => wireName === name)
    return field === undefined ? [] : [[name, normalized(field, value)] as const]
  })
  // The one column that a step may write is an opaque name in its backend, which interests no policy.
  const handle = values.find(([name]) => isColumn(name))
  const important = values.filter(([name]) => !isColumn(name))
  const differs = important.some(([name, value]) => (fields[name] ?? null) !== value)
  const merged = Object.entries({ ...fields, ...Object.fromEntries(important) })
  return {
    ...change,
    fields: Object.fromEntries(merged.filter(([, value]) => value !== null)),
    backend_handle: handle === undefined ? change.backend_handle : textOrNull(handle[1]),
    changed_by_step: differs ? version : change.changed_by_step,
  }
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const failuresAfter = (row: LeasedRow, outcome: Outcome): number => {
  if (outcome.kind === 'synced') return 0
  return outcome.kind === 'failed' ? row.failures + 1 : row.failures
}

const isTargetTrouble = (outcome: Outcome): boolean => outcome.kind.startsWith('target-')

const unchanged = (row: LeasedRow): Change => ({
  root: row.root,
  id: row.id,
  enacted: row.enacted,
  fields: null,
  backend_register: row.backend_register,
  backend_status: row.backend_status,
  backend_code: row.backend_code,
  backend_handle: row.backend_handle,
  backend_need_delete: row.backend_need_delete,
  backend_need_reap: row.backend_need_reap,
  changed_by_step: row.changed_by_step,
  next_run: row.next_run,
  attempts: row.attempts,
  failures: row.failures,
  calls: row.calls,
})

/** A record for which only this lease asked for a delete step needs none: no function saw it. */
const asIfNeverLeased = (change: Change, row: LeasedRow): Change => ({
  ...change,
  attempts: Math.max(0, change.attempts - 1),
  calls: change.calls - 1,
  backend_need_delete: change.backend_need_delete && !row.need_delete_by_lease,
})

/** What the outcome makes of the row. Pure. */
const changeAfter = (model: Model, row: LeasedRow, report: Report, now: number): Change => {
  const change = unchanged(row)
  const { outcome } = report
  if (outcome.kind === 'released') return asIfNeverLeased(change, row)

  // The record was deleted while its sync ran: only its delete step matters now, which may need what the sync made.
  if (row.deleted && report.operation === 'sync') {
    const freed: Change = { ...change, attempts: 0, next_run: now }
    if (outcome.kind !== 'synced' || outcome.feedback === undefined) return freed
    return patched({ ...freed, fields: row.fields }, model, outcome.feedback, now)
  }
  if (report.operation === 'delete' && outcome.kind === 'synced') {
    return { ...change, backend_need_reap: true }
  }

  // An edit made meanwhile has its own, fresh count, and is due at once.
  const isNewer = stampOf(row) !== report.stamp
  const failures = isNewer ? 0 : failuresAfter(row, outcome)
  const retryInMs = outcome.kind === 'failed' && !outcome.retry ? undefined : report.retryInMs
  const nextRun = retryInMs === undefined ? undefined : now + Math.round(retryInMs * 1000)
  const { code, text } = statusAfter(
    { code: row.backend_code, text: row.backend_status },
    outcome,
    report.operation,
  )
  const outcomeChange: Change = {
    ...change,
    backend_code: code,
    backend_status: text,
    backend_register: registerAfter(row.backend_register, outcome, {
      now: now / 1000,
      nextRun: nextRun === undefined ? undefined : nextRun / 1000,
      failures,
    }),
    failures,
    attempts: isTargetTrouble(outcome) ? Math.max(0, row.attempts - 1) : row.attempts,
    next_run: isNewer ? row.next_run : (nextRun ?? null),
  }
  if (outcome.kind !== 'synced') return outcomeChange
  const synced = {
    ...outcomeChange,
    enacted: report.stamp,
    attempts: 0,
    next_run: isNewer ? row.next_run : now,
  }
  if (outcome.feedback === undefined) return synced
  // Beyond every earlier stamp, so that policies see it.
  const version = nextVersion(row, now)
  return patched({ ...synced, fields: row.fields }, model, outcome.feedback, version)
}

const write = async (sql: Sql, changes: readonly Change[]): Promise<RecordRow[]> =>
  sql.query<RecordRow>(
    `update record r
     set revision = nextval('revision'), lease_owner = null, lease_token = null,
         enacted = k.enacted, fields = coalesce(k.fields, r.fields), backend_register = k.backend_register,
         backend_status = k.backend_status, backend_code = k.backend_code,
         backend_handle = k.backend_handle, backend_need_delete = k.backend_need_delete,
         backend_need_reap = k.backend_need_reap,
         changed_by_step = k.changed_by_step, next_run = k.next_run,
         attempts = k.attempts, failures = k.failures, calls = k.calls
     from jsonb_to_recordset($1::jsonb) k(
       root text, id int, enacted bigint, fields jsonb, backend_register text,
       backend_status text, backend_code int, backend_handle text,
       backend_need_delete boolean, backend_need_reap boolean,
       changed_by_step bigint, next_run bigint, attempts int, failures int, calls int)
     where r.root = k.root and r.id = k.id
     returning r.root, r.id, r.leaf, r.deleted, r.pending, r.backend_status, r.backend_need_reap`,
    [JSON.stringify(changes)],
  )

const remember = async (
  { sql, now }: ReportContext,
  attempts: readonly { readonly row: LeasedRow; readonly report: Report }[],
): Promise<void> => {
  const entries = attempts.flatMap(({ row, report }) => {
    const { outcome } = report
    if (outcome.kind === 'released') return []
    const { key, operation, stamp } = report
    return {
      root: row.root,
      id: row.id,
      slot: row.calls % historySize,
      number: row.calls,
      at: now,
      operation,
      outcome: outcome.kind,
      status: 'text' in outcome ? outcome.text : (outcome.note ?? 'OK'),
      duration_ms: Math.round(report.durationMs),
      event_id: changeId({
        operation,
        model: key.model,
        record: { id: key.id },
        expanded: {},
        stamp,
        attempt: row.attempts,
      }),
    }
  })
  if (entries.length === 0) return
  await sql.query(
    `insert into attempt (root, id, slot, number, at, operation, outcome, status, duration_ms, event_id)
     select root, id, slot, number, at, operation, outcome, status, duration_ms, event_id
     from jsonb_to_recordset($1::jsonb) k(
       root text, id int, slot int, number int, at bigint, operation text, outcome text,
       status text, duration_ms int, event_id text)
     on conflict (root, id, slot) do update
     set number = excluded.number, at = excluded.at, operation = excluded.operation,
         outcome = excluded.outcome, status = excluded.status,
         duration_ms = excluded.duration_ms, event_id = excluded.event_id`,
    [JSON.stringify(entries)],
  )
}

/**
 * Writes outcomes, all of a batch in one transaction, and lets run what waited for them. A report whose lease has
 * ended is refused: the record may be in other hands.
 */
export const report = async (
  context: ReportContext,
  reports: readonly Report[],
): Promise<readonly Refused[]> => {
  if (reports.length === 0) return []
  const { sql, schema, now } = context
  const rows = await leasedRows(context, reports)
  const accepted = reports.flatMap((one) => {
    const row = rows.get(`${one.key.model}/${one.key.id}`)
    if (row === undefined || row.lease_token !== one.token) return []
    return [{ row, report: judged(modelNamed(schema, row.leaf), one) }]
  })
  const refused = reports
    .filter((one) => rows.get(`${one.key.model}/${one.key.id}`)?.lease_token !== one.token)
    .map(({ key, token }) => ({ key, token }))
  if (accepted.length === 0) return refused

  const written = await write(
    sql,
    accepted.map(({ row, report: one }) =>
      changeAfter(modelNamed(schema, row.leaf), row, one, now),
    ),
  )
  await remember(context, accepted)

  const settled = written.filter(({ pending }) => !pending)
  const unsettled = written.filter(({ pending }) => pending)
  const woken = await wakeWaiters(sql, settled)
  const before = new Map([...rows.values()].map((row) => [rowKeyText(row), row.backend_status]))
  const news = unsettled.filter((row) => before.get(rowKeyText(row)) !== row.backend_status)
  if (news.length > 0) {
    await tellWaiters(
      sql,
      news.map(({ root, id, leaf, backend_status: status }) => ({ root, id, leaf, status })),
    )
  }
  await reap(
    sql,
    settled.filter(({ deleted }) => deleted),
  )
  if (woken > 0 || unsettled.length > 0) await wakeDispatchers(sql)
  return refused
}

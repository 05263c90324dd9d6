import {
  initialStatus,
  isRecordReport,
  keyText,
  reachedBy,
  registerAfter,
  statusAfter,
  stepKindOf,
  type Fields,
  type Outcome,
  type Refused,
  type RecordReport,
  type Report,
  type StepKind,
} from '#contract'
import type { Model, Schema } from '#xproto'
import type { Sql } from './database.ts'
import { isPutOff, remember, wasCalled } from './history.ts'
import { reportPolicies } from './policies/report.ts'
import { modelNamed } from './read.ts'
import { readable } from './readable.ts'
import { reap } from './reap.ts'
import { isColumn, stampOf, type RecordRow, type RowKey } from './row.ts'
import { tellWaiters } from './park.ts'
import { nextVersion } from './save/stamps.ts'
import { findingOf, normalized } from './validate.ts'
import { wakeDispatchers, wakeWaiters } from './wake.ts'
import { isWatched, settledStates, wakeWatchers, watch } from './watch.ts'

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

const leasedRows = async (
  { sql, schema }: ReportContext,
  reports: readonly RecordReport[],
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
     where not r.policy_leased
     order by r.root, r.id
     for update of r`,
    [JSON.stringify(keys)],
  )
  return new Map(rows.map((row) => [keyText({ model: row.leaf, id: row.id }), row]))
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

/** A success whose feedback cannot be written is a failure of the step: nothing of it is kept. */
const judged = (model: Model, given: RecordReport): RecordReport => {
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
const changeAfter = (model: Model, row: LeasedRow, report: RecordReport, now: number): Change => {
  const outcome = reachedBy(report)
  const change = wasCalled(report) ? unchanged(row) : asIfNeverLeased(unchanged(row), row)
  if (outcome === undefined) return change

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

const leftColumns = `r.root, r.id, r.leaf, r.deleted, r.pending, r.backend_status, r.calls,
                r.policy_pending and r.policy_run is not null as is_policy_due, ${isWatched('r')} as watched`

/** SQL of when the policy of a record runs that its step has dealt with: at once, if it put the record off. */
const policyRunAfter = (now: string): string => `
  case when r.policy_run > ${now} and ${isPutOff('policy', 'r')} then ${now} else r.policy_run end`

/** A record after it was reported on. */
type Left = Pick<
  RecordRow,
  'root' | 'id' | 'leaf' | 'deleted' | 'pending' | 'backend_status' | 'calls'
> & { readonly is_policy_due: boolean; readonly watched: boolean }

const write = async (sql: Sql, changes: readonly Change[], now: number): Promise<Left[]> =>
  sql.query<Left>(
    `update record r
     set revision = nextval('revision'), lease_owner = null, lease_token = null,
         enacted = k.enacted, fields = coalesce(k.fields, r.fields), backend_register = k.backend_register,
         backend_status = k.backend_status, backend_code = k.backend_code,
         backend_handle = k.backend_handle, backend_need_delete = k.backend_need_delete,
         backend_need_reap = k.backend_need_reap,
         changed_by_step = k.changed_by_step, next_run = k.next_run,
         attempts = k.attempts, failures = k.failures, calls = k.calls,
         policy_run = case when k.enacted is distinct from r.enacted then ${policyRunAfter('$2')} else r.policy_run end
     from jsonb_to_recordset($1::jsonb) k(
       root text, id int, enacted bigint, fields jsonb, backend_register text,
       backend_status text, backend_code int, backend_handle text,
       backend_need_delete boolean, backend_need_reap boolean,
       changed_by_step bigint, next_run bigint, attempts int, failures int, calls int)
     where r.root = k.root and r.id = k.id
     returning ${leftColumns}`,
    [JSON.stringify(changes), now],
  )

/** What a report left of its record. */
type Written = Left & { readonly report: RecordReport; readonly isNews: boolean }

const isPlainSuccess = ({ operation, outcome }: Report): boolean =>
  operation === 'sync' && outcome.kind === 'synced' && outcome.feedback === undefined

/**
 * Writes successes that bring no feedback, in one statement that reads nothing first: most reports are of this kind.
 * Passes over those whose record was edited or deleted meanwhile, or whose lease has ended.
 */
const writeSuccesses = async (
  { sql, schema, now }: ReportContext,
  reports: readonly RecordReport[],
): Promise<readonly Written[]> => {
  const known = new Map<string, RecordReport>()
  const roots: string[] = []
  for (const one of reports) {
    const root = schema.model(one.key.model)?.root
    const key = keyText(one.key)
    if (root === undefined || known.has(key) || !isPlainSuccess(one)) continue
    known.set(key, { ...one, outcome: readable(one.outcome) })
    roots.push(root)
  }
  if (known.size === 0) return []
  const given = [...known.values()]
  const { code, text } = statusAfter(initialStatus, { kind: 'synced' }, 'sync')
  const register = registerAfter('', { kind: 'synced' }, { now: now / 1000, failures: 0 })
  const rows = await sql.query<Left>(
    `update record r
     set revision = nextval('revision'), lease_owner = null, lease_token = null,
         enacted = k.stamp, backend_register = $6, backend_status = $7, backend_code = $8,
         next_run = $9, attempts = 0, failures = 0, policy_run = ${policyRunAfter('$9')}
     from unnest($1::text[], $2::int[], $3::text[], $4::bigint[], $5::bigint[]) k(root, id, leaf, token, stamp)
     where r.root = k.root and r.id = k.id and r.leaf = k.leaf and r.lease_token = k.token and not r.deleted
       and not r.policy_leased
       and greatest(r.updated, r.changed_by_policy) = k.stamp
     returning ${leftColumns}`,
    [
      roots,
      given.map(({ key }) => key.id),
      given.map(({ key }) => key.model),
      given.map(({ token }) => token),
      given.map(({ stamp }) => stamp),
      register,
      text,
      code,
      now,
    ],
  )
  return rows.flatMap((row) => {
    const report = known.get(keyText({ model: row.leaf, id: row.id }))
    return report === undefined ? [] : [{ ...row, report, isNews: false }]
  })
}

/** Writes any report, looking at its record first. Answers nothing for those whose lease has ended. */
const writeAny = async (
  context: ReportContext,
  reports: readonly RecordReport[],
): Promise<readonly Written[]> => {
  if (reports.length === 0) return []
  const { sql, schema, now } = context
  const rows = await leasedRows(context, reports)
  const accepted = reports.flatMap((one) => {
    const row = rows.get(keyText(one.key))
    if (row === undefined || row.lease_token !== one.token) return []
    return [{ row, report: judged(modelNamed(schema, row.leaf), one) }]
  })
  if (accepted.length === 0) return []
  const written = await write(
    sql,
    accepted.map(({ row, report: one }) =>
      changeAfter(modelNamed(schema, row.leaf), row, one, now),
    ),
    now,
  )
  const reportOf = new Map(accepted.map(({ report: one }) => [keyText(one.key), one]))
  return written.flatMap((row) => {
    const key = keyText({ model: row.leaf, id: row.id })
    const one = reportOf.get(key)
    const before = rows.get(key)?.backend_status
    if (one === undefined) return []
    return [{ ...row, report: one, isNews: row.pending && before !== row.backend_status }]
  })
}

const reportSteps = async (
  context: ReportContext,
  reports: readonly RecordReport[],
): Promise<readonly Refused[]> => {
  if (reports.length === 0) return []
  const successes = await writeSuccesses(context, reports)
  const done = new Set(successes.map(({ report: one }) => keyText(one.key)))
  const others = await writeAny(
    context,
    reports.filter(({ key }) => !done.has(keyText(key))),
  )
  const written = [...successes, ...others]
  const tokens = new Map(written.map(({ report: one }) => [keyText(one.key), one.token]))
  const refused = reports.filter(({ key, token }) => tokens.get(keyText(key)) !== token)
  if (written.length > 0) await follow(context, written)
  return refused.map(({ key, token }) => ({ key, token }))
}

/**
 * Writes outcomes, all of a batch in one transaction, and lets run what waited for them. A report whose lease has
 * ended is refused: the record may be in other hands.
 */
export const report = async (
  context: ReportContext,
  given: readonly Report[],
): Promise<readonly Refused[]> => {
  const reports = given.filter(isRecordReport)
  const ofKind = (kind: StepKind): readonly RecordReport[] =>
    reports.filter(({ operation }) => stepKindOf(operation) === kind)
  const steps = await reportSteps(context, ofKind('sync'))
  const policies = await reportPolicies(context, ofKind('policy'))
  return [...steps, ...policies]
}

/** What follows from written reports for the histories of their records, and for other records. */
const follow = async (context: ReportContext, written: readonly Written[]): Promise<void> => {
  const { sql, now } = context
  await remember(
    sql,
    written
      .filter(({ report: one }) => wasCalled(one))
      .map(({ root, id, calls, report: one }) => ({ root, id, number: calls, report: one })),
    now,
  )
  const settled = written.filter(({ pending }) => !pending)
  const waiters = await wakeWaiters(sql, settled)
  const reached = settled.filter(({ watched }) => watched)
  const watchers = await wakeWatchers(
    sql,
    reached.map((row) => ({ ...row, states: settledStates(row) })),
    now,
  )
  await watch(
    context,
    written.filter(({ pending }) => pending),
  )
  await tellWaiters(
    sql,
    written
      .filter(({ isNews }) => isNews)
      .map(({ root, id, leaf, backend_status: status }) => ({ root, id, leaf, status })),
  )
  await reap(
    sql,
    settled.filter(({ deleted }) => deleted),
  )
  const isWorkLeft = written.some(({ pending, is_policy_due }) => pending || is_policy_due)
  if (waiters + watchers > 0 || isWorkLeft) await wakeDispatchers(sql)
}

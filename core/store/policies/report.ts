import {
  keyText,
  reachedBy,
  statusAfter,
  type Outcome,
  type RecordReport,
  type Refused,
} from '#contract'
import type { Schema } from '#xproto'
import type { Sql } from '../database.ts'
import { isPutOff, remember, wasCalled } from '../history.ts'
import { readable } from '../readable.ts'
import { reap } from '../reap.ts'
import { policyStampOf, type RecordRow, type RowKey } from '../row.ts'
import { wakeDispatchers } from '../wake.ts'
import { watch } from '../watch.ts'

export type PolicyReportContext = {
  readonly sql: Sql
  readonly schema: Schema
  /** Microseconds since 1970. */
  readonly now: number
}

const writtenColumns = [
  'policed',
  'policy_status',
  'policy_code',
  'policy_run',
  'policy_attempts',
  'policy_failures',
  'policy_calls',
  'backend_need_delete_policy',
] as const

const readColumns = [
  'root',
  'id',
  'leaf',
  'deleted',
  'updated',
  'changed_by_step',
  'lease_token',
  'need_policy_delete_by_lease',
  ...writtenColumns,
] as const

type LeasedRow = Pick<RecordRow, (typeof readColumns)[number]>

/** What a report writes on its record. */
type Change = RowKey &
  Pick<RecordRow, (typeof writtenColumns)[number]> & {
    /** The policy has dealt with the version that there is, so that its step may run. */
    readonly has_dealt: boolean
  }

const leasedRows = async (
  { sql, schema }: PolicyReportContext,
  reports: readonly RecordReport[],
): Promise<ReadonlyMap<string, LeasedRow>> => {
  const keys = reports.flatMap(({ key, token }) => {
    const root = schema.model(key.model)?.root
    return root === undefined ? [] : [{ root, id: key.id, token }]
  })
  const rows = await sql.query<LeasedRow>(
    `select ${readColumns.map((name) => `r.${name}`).join(', ')}
     from record r
       join jsonb_to_recordset($1::jsonb) k(root text, id int, token bigint)
         on r.root = k.root and r.id = k.id and r.lease_token = k.token
     where r.policy_leased
     order by r.root, r.id
     for update of r`,
    [JSON.stringify(keys)],
  )
  return new Map(rows.map((row) => [keyText({ model: row.leaf, id: row.id }), row]))
}

const unchanged = (row: LeasedRow): Change => ({
  root: row.root,
  id: row.id,
  policed: row.policed,
  policy_status: row.policy_status,
  policy_code: row.policy_code,
  policy_run: row.policy_run,
  policy_attempts: row.policy_attempts,
  policy_failures: row.policy_failures,
  policy_calls: row.policy_calls,
  backend_need_delete_policy: row.backend_need_delete_policy,
  has_dealt: false,
})

/** A record for which only this lease asked for policy_delete needs none: no function saw it. */
const asIfNeverLeased = (row: LeasedRow): Change => ({
  ...unchanged(row),
  policy_attempts: Math.max(0, row.policy_attempts - 1),
  policy_calls: row.policy_calls - 1,
  backend_need_delete_policy: row.backend_need_delete_policy && !row.need_policy_delete_by_lease,
})

const failuresAfter = (row: LeasedRow, { kind }: Outcome): number => {
  if (kind === 'synced') return 0
  return kind === 'failed' ? row.policy_failures + 1 : row.policy_failures
}

/** What the outcome makes of the row. Pure. */
const changeAfter = (row: LeasedRow, report: RecordReport, now: number): Change => {
  const outcome = reachedBy(report)
  const change = wasCalled(report) ? unchanged(row) : asIfNeverLeased(row)
  if (outcome === undefined) return change

  // The record was deleted meanwhile: only what is still to be taken back matters now.
  if (row.deleted && report.operation !== 'policy_delete') {
    return { ...change, policy_attempts: 0, policy_run: now }
  }
  if (report.operation === 'policy_delete' && outcome.kind === 'synced') {
    return { ...change, policy_run: null, backend_need_delete_policy: false }
  }

  // An edit made meanwhile has its own, fresh count, and is due at once.
  const isNewer = policyStampOf(row) !== report.stamp
  const isTargetTrouble = outcome.kind.startsWith('target-')
  const retryInMs = outcome.kind === 'failed' && !outcome.retry ? undefined : report.retryInMs
  const nextRun = retryInMs === undefined ? null : now + Math.round(retryInMs * 1000)
  const previous = { code: row.policy_code ?? 0, text: row.policy_status ?? '' }
  const { code, text } = statusAfter(previous, outcome, report.operation)
  const isDone = outcome.kind === 'synced'
  return {
    ...change,
    policed: isDone ? report.stamp : row.policed,
    policy_code: code,
    policy_status: text,
    policy_failures: isNewer ? 0 : failuresAfter(row, outcome),
    policy_attempts: isDone ? 0 : Math.max(0, row.policy_attempts - (isTargetTrouble ? 1 : 0)),
    policy_run: isNewer ? row.policy_run : nextRun,
    has_dealt: isDone && !isNewer,
  }
}

/** A record after its policy was reported on. */
type Left = Pick<
  RecordRow,
  'root' | 'id' | 'leaf' | 'deleted' | 'pending' | 'policy_pending' | 'policy_calls'
>

/** Where the policy has dealt with a version, the step that waited for that, or put the record off, runs at once. */
const write = (sql: Sql, changes: readonly Change[], now: number): Promise<Left[]> =>
  sql.query<Left>(
    `update record r
     set revision = nextval('revision'), lease_owner = null, lease_token = null,
         policed = k.policed, policy_status = k.policy_status, policy_code = k.policy_code,
         policy_run = k.policy_run, policy_attempts = k.policy_attempts, policy_failures = k.policy_failures,
         policy_calls = k.policy_calls, backend_need_delete_policy = k.backend_need_delete_policy,
         parked = r.parked and not k.has_dealt,
         next_run = case when k.has_dealt and r.next_run > $2 and ${isPutOff('sync', 'r')} then $2 else r.next_run end
     from jsonb_to_recordset($1::jsonb) k(
       root text, id int, policed bigint, policy_status text, policy_code int, policy_run bigint,
       policy_attempts int, policy_failures int, policy_calls int, backend_need_delete_policy boolean,
       has_dealt boolean)
     where r.root = k.root and r.id = k.id
     returning r.root, r.id, r.leaf, r.deleted, r.pending, r.policy_pending, r.policy_calls`,
    [JSON.stringify(changes), now],
  )

type Written = Left & { readonly report: RecordReport }

/** What follows for the histories of the records, and for whoever has something to do with them next. */
const follow = async (context: PolicyReportContext, written: readonly Written[]): Promise<void> => {
  const { sql, now } = context
  const watchers = written.map(({ root, id, policy_calls: calls, policy_pending, report }) => ({
    root,
    id,
    calls,
    policy_pending,
    report,
  }))
  await remember(
    sql,
    watchers
      .filter(({ report }) => wasCalled(report))
      .map(({ root, id, calls: number, report }) => ({ root, id, number, report })),
    now,
  )
  await watch(
    context,
    watchers.filter(({ policy_pending }) => policy_pending),
  )
  const settled = written.filter(({ pending, policy_pending }) => !pending && !policy_pending)
  await reap(
    sql,
    settled.filter(({ deleted }) => deleted),
  )
  if (settled.length < written.length) await wakeDispatchers(sql)
}

/** Writes what came of policies. Answers the reports that were refused, because their lease has ended. */
export const reportPolicies = async (
  context: PolicyReportContext,
  reports: readonly RecordReport[],
): Promise<readonly Refused[]> => {
  if (reports.length === 0) return []
  const rows = await leasedRows(context, reports)
  const accepted = new Map<string, RecordReport>()
  const changes: Change[] = []
  for (const one of reports) {
    const row = rows.get(keyText(one.key))
    if (row?.lease_token !== one.token || accepted.has(keyText(one.key))) continue
    const report = { ...one, outcome: readable(one.outcome) }
    accepted.set(keyText(one.key), report)
    changes.push(changeAfter(row, report, context.now))
  }
  if (changes.length > 0) {
    const left = await write(context.sql, changes, context.now)
    const written = left.flatMap((row) => {
      const report = accepted.get(keyText({ model: row.leaf, id: row.id }))
      return report === undefined ? [] : [{ ...row, report }]
    })
    await follow(context, written)
  }
  return reports
    .filter(({ key, token }) => accepted.get(keyText(key))?.token !== token)
    .map(({ key, token }) => ({ key, token }))
}

import {
  isRecordReport,
  reachedBy,
  readableText,
  statusAfter,
  type Outcome,
  type Refused,
  type Report,
} from '#contract'
import type { Sql } from '../database.ts'
import { wakeDispatchers } from '../wake.ts'
import type { DeliveryContext } from './lease.ts'
import { advance, lockLines } from './lines.ts'
import type { DeliveryRow } from './row.ts'

/** Nothing but time brings a delivery back, so it needs a time, whatever its dispatcher says. */
const usualRetryMs = 5_000

/** A leased delivery, with what its step asked for; null when the step is no longer there. */
type LeasedRow = DeliveryRow & {
  readonly max_attempts: number | null
  readonly every: number | null
}

/** What a report writes. */
type Change = Pick<
  DeliveryRow,
  | 'place'
  | 'line'
  | 'state'
  | 'next_run'
  | 'attempts'
  | 'failures'
  | 'calls'
  | 'code'
  | 'status'
  | 'received'
  | 'ended'
>

const leasedRows = async (sql: Sql, reports: readonly Report[]): Promise<readonly LeasedRow[]> =>
  sql.query<LeasedRow>(
    `select d.*, e.max_attempts, p.every
     from delivery d
       join unnest($1::bigint[], $2::bigint[]) k(place, token)
         on d.place = k.place and d.lease_token = k.token
       left join event_step e on e.synchronizer = d.synchronizer and e.step = d.step
       left join pull_step p on p.synchronizer = d.synchronizer and p.step = d.step
     order by d.place for update of d`,
    [reports.map(({ key }) => key.id), reports.map(({ token }) => token)],
  )

const unchanged = (row: LeasedRow): Change => ({
  place: row.place,
  line: row.line,
  state: row.state,
  next_run: row.next_run,
  attempts: row.attempts,
  failures: row.failures,
  calls: row.calls,
  code: row.code,
  status: row.status,
  received: row.received,
  ended: row.ended,
})

const statusOf = (row: LeasedRow, outcome: Outcome, kind: Report['operation']) => {
  if (outcome.kind === 'synced') {
    return { code: 1, status: readableText(outcome.note ?? '') || 'OK' }
  }
  const told = { ...outcome, text: readableText(outcome.text) }
  const { code, text } = statusAfter({ code: row.code, text: row.status }, told, kind)
  return { code, status: text }
}

/** An event is done; a pull is due again. */
const succeeded = (row: LeasedRow, change: Change, now: number): Change => {
  const over: Change = { ...change, attempts: 0, failures: 0, ended: now }
  if (row.kind === 'event') return { ...over, state: 'done' }
  const next = now + (row.every ?? 0)
  return { ...over, received: next, next_run: next }
}

/** An event that fails for good, or too often, is put aside; a pull goes on with its next turn. */
const failed = (row: LeasedRow, change: Change, retry: boolean, now: number): Change => {
  const after: Change = { ...change, failures: row.failures + 1 }
  if (row.kind === 'event') {
    const isLast = after.failures >= (row.max_attempts ?? Infinity)
    return retry && !isLast ? after : { ...after, state: 'dead', ended: now }
  }
  if (retry) return after
  const next = now + (row.every ?? 0)
  return { ...after, attempts: 0, received: next, next_run: next }
}

/** What the outcome makes of the row. Pure. */
const changeAfter = (row: LeasedRow, report: Report, now: number): Change => {
  const outcome = reachedBy(report)
  const change = unchanged(row)
  const uncounted = Math.max(0, row.attempts - 1)
  if (outcome === undefined) return { ...change, attempts: uncounted, calls: row.calls - 1 }
  const told: Change = {
    ...change,
    ...statusOf(row, outcome, row.kind),
    next_run: now + Math.round((report.retryInMs ?? usualRetryMs) * 1000),
  }
  switch (outcome.kind) {
    case 'synced':
      return succeeded(row, told, now)
    case 'failed':
      return failed(row, told, outcome.retry, now)
    case 'target-busy':
    case 'target-down':
    case 'target-misconfigured':
      return { ...told, attempts: uncounted }
    case 'deferred':
    case 'in-progress':
      return told
  }
}

/** The event of one that is done is kept no longer: what is left knows it again when it comes once more. */
const write = async (sql: Sql, changes: readonly Change[]): Promise<void> => {
  await sql.query(
    `update delivery d
     set lease_owner = null, lease_token = null, state = k.state, next_run = k.next_run,
         attempts = k.attempts, failures = k.failures, calls = k.calls, code = k.code, status = k.status,
         received = k.received, ended = k.ended,
         event = case when k.state <> 'done' then d.event end
     from jsonb_to_recordset($1::jsonb) k(
       place bigint, state text, next_run bigint, attempts int, failures int, calls int, code int,
       status text, received bigint, ended bigint)
     where d.place = k.place`,
    [JSON.stringify(changes)],
  )
}

/** Writes those outcomes that are of event and pull steps. A report whose lease has ended is refused. */
export const reportDeliveries = async (
  { sql, now }: DeliveryContext,
  given: readonly Report[],
): Promise<readonly Refused[]> => {
  const reports = given.filter((one) => !isRecordReport(one))
  if (reports.length === 0) return []
  const rows = await leasedRows(sql, reports)
  const reportOf = new Map(reports.map((report) => [`${report.key.id} ${report.token}`, report]))
  const changes = rows.flatMap((row) => {
    const one = reportOf.get(`${row.place} ${Number(row.lease_token)}`)
    return one === undefined ? [] : [changeAfter(row, one, now)]
  })
  if (changes.length > 0) {
    const ended = changes.filter(({ state }) => state !== 'ready').map(({ line }) => line)
    await lockLines(sql, ended)
    await write(sql, changes)
    const moved = await advance(sql, ended)
    if (moved || changes.some(({ state }) => state === 'ready')) await wakeDispatchers(sql)
  }
  const taken = new Set(rows.map(({ place, lease_token: token }) => `${place} ${Number(token)}`))
  return reports
    .filter(({ key, token }) => !taken.has(`${key.id} ${token}`))
    .map(({ key, token }) => ({ key, token }))
}

import {
  changeId,
  stepKindOf,
  traceIdsOf,
  traceparentFrom,
  type RecordReport,
  type Report,
} from '#contract'
import type { Sql } from './database.ts'
import type { RowKey } from './row.ts'

/** How many attempts of each kind a record remembers. */
const historySize = 20

/** SQL that is true for attempts of a step, or of a policy: neither pushes those of the other out. */
export const isAttemptOf = (kind: 'sync' | 'policy', attempt: string): string =>
  `${attempt}.slot ${kind === 'sync' ? '<' : '>='} ${historySize}`

/** SQL of what came of the last call of a step, or of a policy, for a record; null when nobody told. */
export const lastOutcome = (kind: 'sync' | 'policy', record: string): string => `
  (select a.outcome from attempt a
   where a.root = ${record}.root and a.id = ${record}.id and ${isAttemptOf(kind, 'a')}
     and a.number = ${record}.${kind === 'sync' ? 'calls' : 'policy_calls'})`

/** SQL that is true while a step, or a policy, was put off, and nobody works on it elsewhere. */
export const isPutOff = (kind: 'sync' | 'policy', record: string): string =>
  `(coalesce(${record}.${kind === 'sync' ? 'backend_code' : 'policy_code'}, 0) = 0
     and ${lastOutcome(kind, record)} is distinct from 'in-progress')`

/** Whether a function was called. */
export const wasCalled = ({ outcome }: Report): boolean =>
  outcome.kind !== 'released' && outcome.kind !== 'skipped'

/** One call of a function. `number` counts its calls for the record, from 1 up. */
export type Call = RowKey & { readonly number: number; readonly report: RecordReport }

const traceIdOf = ({ traceparent }: Report): string | null => {
  const valid = traceparentFrom(traceparent)
  return valid === undefined ? null : traceIdsOf(valid).traceId
}

const statusOf = ({ outcome }: Report): string =>
  'text' in outcome ? outcome.text : (outcome.kind === 'synced' && outcome.note) || 'OK'

const slotOf = ({ number, report }: Call): number =>
  (number % historySize) + (stepKindOf(report.operation) === 'policy' ? historySize : 0)

/** Writes calls into the histories of their records. Each takes the place of the one `historySize` calls ago. */
export const remember = async (sql: Sql, calls: readonly Call[], now: number): Promise<void> => {
  if (calls.length === 0) return
  // Lists and not JSON: the database reads them in half the time, and this is written for every call.
  await sql.query(
    `insert into attempt (root, id, slot, number, at, operation, outcome, status, duration_ms, event_id, trace_id)
     select root, id, slot, number, $3, operation, outcome, status, duration_ms, event_id, trace_id
     from unnest($1::text[], $2::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::int[], $9::text[],
                 $10::text[], $11::int[])
       k(root, id, number, operation, outcome, status, duration_ms, event_id, trace_id, slot)
     on conflict (root, id, slot) do update
     set number = excluded.number, at = excluded.at, operation = excluded.operation,
         outcome = excluded.outcome, status = excluded.status,
         duration_ms = excluded.duration_ms, event_id = excluded.event_id,
         trace_id = case when attempt.number = excluded.number
           then coalesce(excluded.trace_id, attempt.trace_id) else excluded.trace_id end`,
    [
      calls.map(({ root }) => root),
      calls.map(({ id }) => id),
      now,
      calls.map(({ number }) => number),
      calls.map(({ report }) => report.operation),
      calls.map(({ report }) => report.outcome.kind),
      calls.map(({ report }) => statusOf(report)),
      calls.map(({ report }) => Math.round(report.durationMs)),
      calls.map(({ id, report: { key, operation, stamp } }) =>
        changeId({ operation, model: key.model, record: { id }, stamp }),
      ),
      calls.map(({ report }) => traceIdOf(report)),
      calls.map(slotOf),
    ],
  )
}

/** Forgets the calls for records that are gone. */
export const forget = async (sql: Sql, gone: readonly RowKey[]): Promise<void> => {
  await sql.query(
    `delete from attempt a using unnest($1::text[], $2::int[]) k(root, id)
     where a.root = k.root and a.id = k.id`,
    [gone.map(({ root }) => root), gone.map(({ id }) => id)],
  )
}

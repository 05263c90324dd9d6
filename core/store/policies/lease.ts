import { type PolicyOperation, type Want, type Work } from '#contract'
import { workOf, type DueCall, type LeaseContext, type LeasedRow } from '../leased-work.ts'
import { policyStampOf } from '../row.ts'
import { reportPolicies } from './report.ts'

/**
 * Takes records whose policy is due. As a lease for a step does, it notes before the call that there is something to
 * take back: `backend_need_delete_policy`, where the policy has a method for that. No record waits for another one.
 */
export const leasePoliciesFunction = `
  create or replace function lease_due_policies(wants jsonb, due_at bigint, owner text)
  returns setof public.record
  language plpgsql as $$
  #variable_conflict use_column
  begin
    return query
    with due as materialized (
      select r.root, r.id, r.operation, r.marks, p.operations
      from jsonb_to_recordset(wants) want(model text, "limit" int)
        join policy p on p.model = want.model
        cross join lateral (
          select c.root, c.id,
                 case when c.deleted then 'policy_delete' when c.policed is null then 'policy_create'
                   else 'policy_update' end as operation,
                 not (c.backend_need_delete_policy or c.deleted) and p.operations ? 'policy_delete' as marks
          from record c
          where c.leaf = want.model and c.policy_pending and c.lease_owner is null
            and c.policy_run <= due_at
          order by c.policy_run
          limit want."limit"
          for update skip locked
        ) r
    ),
    token as (select nextval('revision') as value)
    update record r
    set lease_owner = owner, lease_token = token.value, policy_leased = true,
        backend_need_delete_policy = r.backend_need_delete_policy or d.marks,
        -- What it has no method for counts as if it had been called.
        need_policy_delete_by_lease = d.marks and d.operations ? d.operation,
        policy_attempts = r.policy_attempts + 1, policy_calls = r.policy_calls + 1
    from due d, token
    where r.root = d.root and r.id = d.id
    returning r.*;
  end $$`

type Candidate = LeasedRow & { readonly operations: readonly PolicyOperation[] }

const operationOf = ({ deleted, policed }: Candidate): PolicyOperation => {
  if (deleted) return 'policy_delete'
  return policed === null ? 'policy_create' : 'policy_update'
}

const callOf = (row: Candidate): DueCall => ({
  operation: operationOf(row),
  stamp: policyStampOf(row),
  attempt: row.policy_attempts,
  call: row.policy_calls,
  failures: row.policy_failures,
  due: row.policy_run,
  previous: { code: row.policy_code ?? 0, text: row.policy_status ?? '' },
})

/** Counts as done what policies have no method for. */
const passOver = async (context: LeaseContext, rows: readonly Candidate[]): Promise<void> => {
  await reportPolicies(
    context,
    rows.map((row) => ({
      key: { model: row.leaf, id: row.id },
      operation: operationOf(row),
      token: Number(row.lease_token),
      stamp: policyStampOf(row),
      outcome: { kind: 'skipped' },
      durationMs: 0,
    })),
  )
}

/** Leases what is due for policies. Answers whether it marked records, which is to be on disk before any call. */
export const leasePolicies = async (
  context: LeaseContext,
  dispatcher: string,
  wants: readonly Want[],
): Promise<{ readonly work: readonly Work[]; readonly marked: boolean }> => {
  if (wants.length === 0) return { work: [], marked: false }
  const rows = await context.sql.query<Candidate>(
    `select d.*, p.include, p.operations
     from lease_due_policies($1::jsonb, $2, $3) d join policy p on p.model = d.leaf`,
    [JSON.stringify(wants), context.now, dispatcher],
  )
  const isCalled = (row: Candidate): boolean => row.operations.includes(operationOf(row))
  await passOver(
    context,
    rows.filter((row) => !isCalled(row)),
  )
  const called = rows.filter(isCalled)
  return {
    work: await workOf(context, called, callOf),
    marked: called.some((row) => row.need_policy_delete_by_lease),
  }
}

/** SQL of when the first record of one of the models is due for its policy; `models` is an array of their names. */
export const nextPolicySql = (models: string): string => `
  (select min(first.policy_run)
   from unnest(${models}) model
     cross join lateral (
       select r.policy_run from record r
       where r.leaf = model and r.policy_pending and r.lease_owner is null
         and r.policy_run is not null and exists (select from policy p where p.model = model)
       order by r.policy_run limit 1
     ) first)`

import { nowSetting } from '../changes/triggers.ts'

/**
 * A version of a record that its policy has to see makes the policy due, and its attempts are counted from the start. One
 * that waits for its turn already keeps its place. Records of models without a policy are left alone, so that
 * they stay out of the index of what is due.
 */
const planFunction = `
  create or replace function plan_policy() returns trigger
  language plpgsql as $$
  begin
    if exists (select from policy p where p.model = new.leaf) then
      new.policy_run := coalesce(
        least(case when old.policy_pending then old.policy_run end, new.next_run,
          nullif(current_setting('${nowSetting}', true), '')::bigint), 0);
      new.policy_attempts := 0;
      new.policy_failures := 0;
    end if;
    return new;
  end $$`

/** Triggers that say when policies are due; made anew at each start. A lease, or a report without feedback, fires none. */
export const policyTriggers: readonly string[] = [
  planFunction,
  `create or replace trigger plan_policy_of_new before insert on record
   for each row when (not new.no_policy) execute function plan_policy()`,
  `create or replace trigger plan_policy before update on record
   for each row when (
     new.updated <> old.updated
     or new.changed_by_step is distinct from old.changed_by_step
     or new.deleted <> old.deleted
     or new.no_policy <> old.no_policy
     or (new.policed is null and old.policed is not null))
   execute function plan_policy()`,
]

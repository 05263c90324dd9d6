/** Policies: who has one, and when it is called for which record. */
export const policies = `
create table policy (
  model text primary key,
  step text not null,
  synchronizer text not null,
  include jsonb not null,
  -- What it has a method for.
  operations jsonb not null
);

alter table step
  -- It waits until the policy of the model has dealt with a version.
  add column after_policy boolean not null default false,
  -- Wire names of what it reads; none: everything.
  add column fields jsonb not null default '[]';

alter table record
  -- A status write touches none of these.
  add column policy_pending boolean not null generated always as (
    case when deleted
      then backend_need_delete_policy
      else not no_policy
        and (policed is null or policed < updated
          or (changed_by_step is not null and policed < changed_by_step))
    end
  ) stored,
  -- As next_run, for the policy of its model; null as well where there is none.
  add column policy_run bigint,
  add column policy_attempts integer not null default 0,
  add column policy_failures integer not null default 0,
  add column policy_calls integer not null default 0,
  -- The last lease was for its policy, not for its step.
  add column policy_leased boolean not null default false,
  -- Nobody but the lease has asked for policy_delete so far.
  add column need_policy_delete_by_lease boolean not null default false;
create index record_policy_ready on record (leaf, policy_run)
  where policy_pending and policy_run is not null and lease_owner is null;

-- A step and a policy may wait for something each.
alter table watch add column is_policy boolean not null default false;
alter table watch drop constraint watch_pkey;
alter table watch add primary key (root, id, is_policy)
`

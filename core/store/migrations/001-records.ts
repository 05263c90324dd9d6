/** Records, links, keys, waits and whom for, attempts, services, steps, dispatchers and sessions. */
export const records = `
-- Of leases, too: what was written since a lease has a revision beyond its token.
create sequence revision;

-- Ids count per root model, as people expect pk=1.
create table counter (
  root text primary key,
  last integer not null
);

create table record (
  root text not null,
  id integer not null,
  leaf text not null,
  -- Fields that are not columns, by wire name: scalars as JSON, links to one as owner_id.
  fields jsonb not null,
  revision bigint not null default nextval('revision'),

  created bigint not null,
  updated bigint not null,
  enacted bigint,
  policed bigint,
  changed_by_step bigint,
  changed_by_policy bigint,
  backend_register text not null default '{}',
  backend_need_delete boolean not null default false,
  backend_need_reap boolean not null default false,
  backend_need_delete_policy boolean not null default false,
  backend_status text not null,
  backend_code integer not null,
  backend_handle text,
  deleted boolean not null default false,
  write_protect boolean not null default false,
  lazy_blocked boolean not null default false,
  no_sync boolean not null default false,
  no_policy boolean not null default false,
  policy_status text,
  policy_code integer,
  xos_managed boolean not null default true,

  -- A status write touches none of these, so it can never make a record pending.
  pending boolean not null generated always as (
    case when deleted
      then backend_need_delete and not backend_need_reap
      else not no_sync and not lazy_blocked
        and (enacted is null or enacted < updated
          or (changed_by_policy is not null and enacted < changed_by_policy))
    end
  ) stored,

  -- When a pending record may run; null: only a change or a person brings it back.
  next_run bigint,
  -- Deleted, and kept so long at most for policies of synchronizers that poll; see hold.ts.
  policy_until bigint,
  -- It waits for other records: see the table wait.
  parked boolean not null default false,
  -- Calls for this version of the record, and failures in a row among them.
  attempts integer not null default 0,
  failures integer not null default 0,
  -- Calls ever made, which is the place of the next attempt in its history.
  calls integer not null default 0,
  lease_owner text,
  lease_token bigint,
  -- Nobody but the lease has asked for the delete step so far; given back before its call, it asks no more.
  need_delete_by_lease boolean not null default false,

  primary key (root, id)
);
create index record_ready on record (leaf, next_run)
  where pending and not parked and lease_owner is null;
create index record_leased on record (lease_owner) where lease_owner is not null;

create table link (
  source_root text not null,
  source_id integer not null,
  field text not null,
  target_root text not null,
  target_id integer not null,
  -- A link to many does not pull its source into a delete.
  many boolean not null,
  primary key (source_root, source_id, field, target_root, target_id),
  foreign key (source_root, source_id) references record on delete cascade,
  foreign key (target_root, target_id) references record on delete cascade
);
create index link_target on link (target_root, target_id, field);

-- Values by which records are found, or which only one live record may have; see keys.ts.
create table key (
  rule text not null,
  value text not null,
  root text not null,
  id integer not null,
  is_unique boolean not null,
  primary key (root, id, rule),
  foreign key (root, id) references record on delete cascade
);
create index key_value on key (rule, value);
create unique index key_unique on key (rule, value) where is_unique;

create table key_rule (
  rule text primary key,
  is_unique boolean not null
);

-- root/id is parked until on_root/on_id is no longer pending.
create table wait (
  root text not null,
  id integer not null,
  on_root text not null,
  on_id integer not null,
  primary key (root, id, on_root, on_id),
  foreign key (root, id) references record on delete cascade
);
create index wait_on on wait (on_root, on_id, root, id);

-- Links that records wait along beside their own, by path; see dependencies.ts. Position 0 is where a path begins.
create table hop (
  path text not null,
  position integer not null,
  field text not null,
  backwards boolean not null,
  leaves text[] not null,
  is_last boolean not null,
  place integer not null,
  primary key (path, position, field, backwards)
);

-- root/id waits for on_root/on_id as if it linked to it; via: the records in between.
create table edge (
  root text not null,
  id integer not null,
  on_root text not null,
  on_id integer not null,
  via text not null,
  primary key (root, id, on_root, on_id, via),
  foreign key (root, id) references record on delete cascade,
  foreign key (on_root, on_id) references record on delete cascade
);
create index edge_on on edge (on_root, on_id);

-- Without a foreign key: to check it would cost as much as the row. Who removes a record forgets its attempts.
create table attempt (
  root text not null,
  id integer not null,
  slot integer not null,
  number integer not null,
  at bigint not null,
  operation text not null,
  outcome text not null,
  status text not null,
  duration_ms integer not null,
  event_id text not null,
  primary key (root, id, slot)
);

create table service (
  name text primary key,
  version text not null,
  models jsonb not null
);

create table step (
  model text primary key,
  step text not null,
  synchronizer text not null,
  include jsonb not null
);

-- Models whose records are synced again and again, and how far they have come; see resync.ts.
create table round (
  model text primary key,
  every bigint not null,
  from_id integer not null default 0,
  to_id integer not null default 0,
  given bigint not null,
  next bigint not null
);

-- The dependency_graph of each synchronizer.
create table dependency (
  synchronizer text not null,
  model text not null,
  target text not null,
  path text not null,
  primary key (synchronizer, model, target, path)
);

create table dispatcher (
  name text primary key,
  expires bigint not null
);

create table session (
  id_hash text primary key,
  user_id integer not null,
  expires_at bigint not null
);
`

/** The log of what happened to records, and how far it goes back. */
export const changes = `
-- What became of a record: the row as a write left it, written by a trigger, so that no write is without.
create table change (
  revision bigint primary key,
  -- created, updated, deleted (softly), purged.
  kind text not null,
  at bigint not null,
  -- Wire names of the fields that differ from before; none for the kinds that all fields belong to.
  changed text[] not null,

  root text not null,
  id integer not null,
  leaf text not null,
  -- Without passwords.
  fields jsonb not null,
  created bigint not null,
  updated bigint not null,
  enacted bigint,
  policed bigint,
  changed_by_step bigint,
  changed_by_policy bigint,
  backend_register text not null,
  backend_need_delete boolean not null,
  backend_need_reap boolean not null,
  backend_need_delete_policy boolean not null,
  backend_status text not null,
  backend_code integer not null,
  backend_handle text,
  deleted boolean not null,
  write_protect boolean not null,
  lazy_blocked boolean not null,
  no_sync boolean not null,
  no_policy boolean not null,
  policy_status text,
  policy_code integer,
  xos_managed boolean not null
);

-- One row.
create table change_log (
  one boolean primary key default true check (one),
  -- Moves when the log is begun anew: positions of the old one mean nothing in the new.
  epoch bigint not null,
  -- Changes up to here are no longer kept.
  pruned bigint not null
);

-- Who publishes changes to the outside, and how far.
create table publisher (
  name text primary key,
  position text not null,
  owner text,
  expires bigint not null
);
`

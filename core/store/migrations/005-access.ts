/** Who wrote what, and the tokens of steps. */
export const access = `
create table audit (
  -- That of the change, where it is one of a record.
  revision bigint primary key default nextval('revision'),
  at bigint not null,
  user_id integer not null,
  email text not null,
  -- The step whose token was shown.
  step text,
  face text,
  -- created, updated, deleted, purged, or what else was done.
  operation text not null,
  model text not null,
  record_id bigint not null,
  changed text[] not null,
  -- Why it was done, where that is asked.
  reason text
);
create index audit_record on audit (model, record_id);

create table token (
  id integer generated always as identity primary key,
  hash text not null unique,
  synchronizer text not null,
  step text not null,
  user_id integer not null,
  created bigint not null,
  expires bigint
);
`

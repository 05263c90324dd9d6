/** Events that came for steps, and what is to be looked at again and again. */
export const deliveries = `
create table event_step (
  synchronizer text not null,
  step text not null,
  -- Which events it is sent: types, sources, topics.
  filter jsonb not null,
  max_attempts integer not null,
  primary key (synchronizer, step)
);

create table pull_step (
  synchronizer text not null,
  step text not null,
  every bigint not null,
  primary key (synchronizer, step)
);

-- One event for one step, or a pull step, which has one row for ever.
create table delivery (
  -- In the order of arrival.
  place bigint primary key generated always as identity,
  synchronizer text not null,
  step text not null,
  -- event or pull.
  kind text not null,
  -- Digest of what the event is known by: the same again for the same step does nothing.
  identity text not null,
  source text not null,
  event_id text not null,
  type text not null,
  -- In the JSON format of CloudEvents; as text, because jsonb does not take every string. Null of pulls, whose events are
  -- made for their calls, and once it is dealt with.
  event text,
  -- Digest of the step and the partition key: those of one line are dealt with one after the other.
  line text,
  -- ready, done or dead.
  state text not null default 'ready',
  next_run bigint not null,
  -- Another one of its line comes first.
  parked boolean not null default false,
  -- As of records.
  attempts integer not null default 0,
  failures integer not null default 0,
  calls integer not null default 0,
  code integer not null,
  status text not null,
  lease_owner text,
  lease_token bigint,
  -- Of a pull: when it was due, whatever is tried again since.
  received bigint not null,
  ended bigint,
  unique (synchronizer, step, identity)
);
create index delivery_ready on delivery (synchronizer, step, next_run, place)
  where state = 'ready' and not parked and lease_owner is null;
create index delivery_leased on delivery (lease_owner) where lease_owner is not null;
create index delivery_line on delivery (line, parked, place) where state = 'ready' and line is not null;
create index delivery_state on delivery (state, place);
`

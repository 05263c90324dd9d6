/** Requests that must not be carried out twice, and what they were answered. */
export const idempotency = `
create table idempotency (
  -- Who sent it: keys of different callers have nothing to do with each other.
  caller text not null,
  key text not null,
  -- Digest of what was asked for.
  fingerprint text not null,
  answer text not null,
  at bigint not null,
  place bigint generated always as identity,
  primary key (caller, key)
);
create index idempotency_at on idempotency (at);
create index idempotency_place on idempotency (caller, place);
`

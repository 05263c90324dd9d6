/** Which models are in force. */
export const schemaState = `
-- One row: which models are in force. Each change of them moves the revision.
create table schema_state (
  one boolean primary key default true check (one),
  revision bigint not null,
  -- Digest of the core models; cores with others must not write.
  core text not null
);
`

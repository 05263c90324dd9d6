/** What a service brought beside its models, and how it was loaded. */
export const services = `
alter table service
  -- SHA-1 of what was loaded; the same again changes nothing. See manifest.ts.
  add column hash text not null default '',
  -- load, or unload: then it has no files.
  add column state text not null default 'load',
  -- How much is forgiven in its models: strict or compat.
  add column mode text not null default 'strict',
  -- Files that are no models, by kind.
  add column files jsonb not null default '{}';

-- Texts of the core models, so that those of the next version can be held against them.
alter table schema_state add column core_models jsonb not null default '[]'
`

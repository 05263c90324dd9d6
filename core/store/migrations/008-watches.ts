/** What functions wait for before they can do their work. */
export const watches = `
-- The function of root/id is called for it at once when on_root/on_id comes to the state.
create table watch (
  root text not null,
  id integer not null,
  -- The call that said so: what a later one said, or did not say, counts more.
  call integer not null,
  on_root text not null,
  on_id integer not null,
  state text not null,
  primary key (root, id),
  foreign key (root, id) references record on delete cascade
);
create index watch_on on watch (on_root, on_id, root, id);
`

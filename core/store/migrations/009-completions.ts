/** What signs the addresses at which functions complete calls. */
export const completions = `
-- The newest signs; the others are kept as long as what they signed may be good.
create table signing_key (
  id integer primary key generated always as identity,
  secret text not null,
  created bigint not null
);
`

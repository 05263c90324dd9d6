/** Models of others that the steps of a synchronizer may read and write. */
export const requiredModels = `
create table required_model (
  synchronizer text not null,
  model text not null,
  primary key (synchronizer, model)
);
`

import type { Sql } from './database.ts'

/** Keeps which models a synchronizer requires, in place of those before. */
export const replaceRequiredModels = async (
  sql: Sql,
  synchronizer: string,
  models: readonly string[],
): Promise<void> => {
  await sql.query(
    `delete from required_model where synchronizer = $1 and not model = any($2::text[])`,
    [synchronizer, models],
  )
  await sql.query(
    `insert into required_model (synchronizer, model) select $1, unnest($2::text[]) on conflict do nothing`,
    [synchronizer, models],
  )
}

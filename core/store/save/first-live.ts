import type { Model, Schema } from '#xproto'
import type { Sql } from '../database.ts'

/** The id of the first live record of the model or of one that derives from it. */
export const firstLive = async (
  sql: Sql,
  schema: Schema,
  model: Model,
): Promise<number | undefined> => {
  const [first] = await sql.query<{ id: number }>(
    `select id from record where root = $1 and leaf = any($2) and not deleted order by id limit 1`,
    [model.root, schema.descendants(model.name).map(({ name }) => name)],
  )
  return first?.id
}

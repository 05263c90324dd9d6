import type { Database } from '#core'
import type { Lane } from './contender.ts'

/** `above[n]` is what record n + 1 links to; undefined for roots. */
export type Forest = readonly (number | undefined)[]

/** Records that may link to others of their model. */
export const linkedLane = (url: string): Lane => ({
  model: 'Item',
  url,
  fields: 'optional manytoone on->Item:above = 3:1001;',
})

/** Links the records of a linked lane, which are there already. */
export const linkAll = async (database: Database, forest: Forest): Promise<void> => {
  const links = JSON.stringify(
    forest.flatMap((on, index) => (on === undefined ? [] : [{ id: index + 1, on }])),
  )
  await database.query(
    `insert into link (source_root, source_id, field, target_root, target_id, many)
     select 'Item', id, 'on', 'Item', "on", false from jsonb_to_recordset($1::jsonb) k(id int, "on" int)`,
    [links],
  )
  await database.query(
    `update record r set fields = r.fields || jsonb_build_object('on_id', k."on")
     from jsonb_to_recordset($1::jsonb) k(id int, "on" int) where r.root = 'Item' and r.id = k.id`,
    [links],
  )
  // As the server does by itself within a minute.
  await database.query('analyze record')
  if (forest.some((on) => on !== undefined)) await database.query('analyze link')
}

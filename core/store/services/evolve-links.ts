import type { LinkField, Schema } from '#xproto'
import type { Sql } from '../database.ts'
import { isToMany, type Evolution } from './evolution.ts'
import { listed, type Obstacle } from './obstacles.ts'

type Context = { readonly sql: Sql; readonly schema: Schema }

const holders = async (
  { sql }: Context,
  leaf: string,
  condition: string,
  parameters: readonly unknown[],
): Promise<readonly number[]> => {
  const rows = await sql.query<{ id: number }>(
    `select r.id from record r where r.leaf = $1 and ${condition} order by r.id`,
    [leaf, ...parameters],
  )
  return rows.map(({ id }) => id)
}

const familyOf = ({ schema }: Context, { target }: LinkField): readonly string[] =>
  schema.descendants(target).map(({ name }) => name)

/** Values are not turned from one kind into another: nobody knows what was meant. */
export const replacedObstacles = async (
  context: Context,
  { model, replaced }: Evolution,
): Promise<readonly Obstacle[]> => {
  const obstacles: Obstacle[] = []
  for (const { before, after } of replaced) {
    const ids = await holders(
      context,
      model.name,
      `(r.fields ->> $2 is not null or exists (
         select from link l where l.source_root = r.root and l.source_id = r.id and l.field = $3))`,
      [before.wireName, before.name],
    )
    if (ids.length === 0) continue
    const place = `${model.name}.${before.name}`
    obstacles.push({
      place,
      sentence: `${place} was ${before.wireName} on the wire and is ${after.wireName} now. Records that hold a value: ${listed(ids)}. Clear the values or delete the records first, or give the new field another name.`,
    })
  }
  return obstacles
}

export const narrowedObstacles = async (
  context: Context,
  { model, narrowedLinks }: Evolution,
): Promise<readonly Obstacle[]> => {
  const obstacles: Obstacle[] = []
  for (const link of narrowedLinks) {
    const ids = await holders(
      context,
      model.name,
      `exists (
         select from link l join record t on t.root = l.target_root and t.id = l.target_id
         where l.source_root = r.root and l.source_id = r.id and l.field = $2 and not t.leaf = any($3))`,
      [link.name, familyOf(context, link)],
    )
    if (ids.length > 0) obstacles.push(elsewhere(model.name, link, ids))
  }
  return obstacles
}

const elsewhere = (leaf: string, link: LinkField, ids: readonly number[]): Obstacle => {
  const place = `${leaf}.${link.wireName}`
  return {
    place,
    sentence: `${place} links to ${link.target} now. Records that link to something else: ${listed(ids)}. Change those links or delete the records first.`,
  }
}

/** Puts away what links hold that are gone: the ids stay in the fields, where nothing looks for them. */
export const hideLinks = async (
  { sql }: Context,
  { model, hiddenLinks }: Evolution,
): Promise<void> => {
  for (const link of hiddenLinks) {
    if (isToMany(link)) {
      await sql.query(
        `update record r set fields = r.fields || jsonb_build_object($3::text, held.ids)
         from (
           select source_root, source_id, jsonb_agg(target_id order by target_id) as ids
           from link where field = $2 group by source_root, source_id
         ) held
         where r.root = held.source_root and r.id = held.source_id and r.leaf = $1`,
        [model.name, link.name, link.wireName],
      )
    }
    await sql.query(
      `delete from link l using record r
       where r.root = l.source_root and r.id = l.source_id and r.leaf = $1 and l.field = $2`,
      [model.name, link.name],
    )
  }
}

/** Brings links back whose targets are still there; what leads nowhere is forgotten. */
export const showLinks = async (
  context: Context,
  { model, shownLinks }: Evolution,
): Promise<readonly Obstacle[]> => {
  const obstacles: Obstacle[] = []
  for (const { link, wasSeen } of shownLinks) {
    await insertLinks(context, model.name, link)
    if (wasSeen) {
      const ids = await holders(context, model.name, unlinked(link), [link.wireName, link.name])
      if (ids.length > 0) obstacles.push(elsewhere(model.name, link, ids))
    } else {
      await context.sql.query(
        `update record r set fields = r.fields - $2::text where r.leaf = $1 and ${unlinked(link)}`,
        [model.name, link.wireName, link.name],
      )
    }
  }
  return obstacles
}

/** A link to many keeps nothing in the fields once it has its rows. */
const unlinked = (link: LinkField): string =>
  `r.fields ->> $2::text is not null and (${isToMany(link)} or not exists (
     select from link l where l.source_root = r.root and l.source_id = r.id and l.field = $3::text))`

const insertLinks = async (context: Context, leaf: string, link: LinkField): Promise<void> => {
  const root = context.schema.model(link.target)?.root ?? link.target
  await context.sql.query(
    `insert into link (source_root, source_id, field, target_root, target_id, many)
     select r.root, r.id, $2, t.root, t.id, $6::boolean
     from record r
       cross join lateral jsonb_array_elements_text(
         case when jsonb_typeof(r.fields -> $3::text) = 'array' then r.fields -> $3::text
           else jsonb_build_array(r.fields -> $3::text) end) held(id)
       join record t on t.root = $4 and t.id::text = held.id and t.leaf = any($5)
     where r.leaf = $1 and (r.deleted or not t.deleted)
     on conflict do nothing`,
    [leaf, link.name, link.wireName, root, familyOf(context, link), isToMany(link)],
  )
}

import type { Field, LinkField, Schema } from '#xproto'
import { CoreError } from '../../errors.ts'
import type { Sql } from '../database.ts'
import { addEdges, renewEdges, startsThrough } from '../edges.ts'
import { modelNamed } from '../read.ts'
import type { RowKey } from '../row.ts'
import type { WriteContext } from './draft.ts'
import { isMany } from './given.ts'

export type Target = { readonly field: LinkField; readonly root: string; readonly id: number }

/** Where the links among the values point. */
export const targetsOf = (schema: Schema, values: ReadonlyMap<Field, unknown>): Target[] => {
  const targets: Target[] = []
  for (const [field, value] of values) {
    if (field.kind !== 'link' || value === null) continue
    const root = modelNamed(schema, field.target).root
    const ids = Array.isArray(value) ? (value as number[]) : [value as number]
    for (const id of new Set(ids)) targets.push({ field, root, id })
  }
  return targets
}

/**
 * XOS's live-key check: each link points at a live record of its target model, which stays while we write. A record
 * that is itself being deleted may point at others that are.
 */
export const checkTargets = async (
  { sql, schema }: WriteContext,
  targets: readonly Target[],
  deleted = false,
): Promise<void> => {
  if (targets.length === 0) return
  const keys = targets.map(({ root, id }) => ({ root, id }))
  const found = await sql.query<{ root: string; id: number; leaf: string }>(
    `select r.root, r.id, r.leaf
     from record r join (select distinct root, id from jsonb_to_recordset($1::jsonb) k(root text, id int)) k
       on r.root = k.root and r.id = k.id
     where not r.deleted or $2
     order by r.root, r.id
     for share of r`,
    [JSON.stringify(keys), deleted],
  )
  const findings: Record<string, string> = {}
  for (const { field, root, id } of targets) {
    const target = found.find((row) => row.root === root && row.id === id)
    if (target !== undefined && schema.model(target.leaf)?.ancestry.includes(field.target)) continue
    findings[field.wireName] = `there is no ${field.target} with id ${id}`
  }
  const sentences = Object.entries(findings).map(([name, text]) => `${name}: ${text}`)
  if (sentences.length > 0) throw new CoreError('INVALID_FIELD', sentences.join('; '), findings)
}

/** Answers whether somebody may wait along such links. */
const insertLinks = async (
  sql: Sql,
  { root, id }: RowKey,
  targets: readonly Target[],
): Promise<boolean> => {
  if (targets.length === 0) return false
  const links = targets.map(({ field, ...target }) => ({
    field: field.name,
    target_root: target.root,
    target_id: target.id,
    many: isMany(field),
  }))
  const paths = await sql.query(
    `with made as (
       insert into link (source_root, source_id, field, target_root, target_id, many)
       select $1, $2, field, target_root, target_id, many
       from jsonb_to_recordset($3::jsonb) l(field text, target_root text, target_id int, many boolean)
       returning field
     )
     select h.path from made m join hop h on h.field = m.field limit 1`,
    [root, id, JSON.stringify(links)],
  )
  return paths.length > 0
}

/** Writes the links of a new record. */
export const writeLinks = async (
  { sql }: WriteContext,
  key: RowKey,
  targets: readonly Target[],
): Promise<void> => {
  const isOnPath = await insertLinks(sql, key, targets)
  if (isOnPath) await addEdges(sql, key)
}

/** Writes the links of some fields in place of those that are there. */
export const replaceLinks = async (
  { sql }: WriteContext,
  { root, id }: RowKey,
  fields: readonly Field[],
  targets: readonly Target[],
): Promise<void> => {
  if (fields.length === 0) return
  const key = { root, id }
  const before = await startsThrough(sql, [key])
  await sql.query(
    `delete from link where source_root = $1 and source_id = $2 and field = any($3)`,
    [root, id, fields.map(({ name }) => name)],
  )
  await insertLinks(sql, key, targets)
  await renewEdges(sql, [...before, ...(await startsThrough(sql, [key]))])
}

const sameIds = (one: readonly number[], other: readonly number[]): boolean => {
  const ids = new Set(one)
  return ids.size === new Set(other).size && other.every((id) => ids.has(id))
}

/** The links to many among the values that are kept like that already, as clients see them: to live records only. */
export const sameSets = async (
  sql: Sql,
  { root, id }: RowKey,
  values: ReadonlyMap<Field, unknown>,
): Promise<readonly Field[]> => {
  const sets = [...values].filter(([field]) => isMany(field))
  if (sets.length === 0) return []
  const kept = await sql.query<{ field: string; id: number }>(
    `select l.field, l.target_id as id
     from link l join record t on t.root = l.target_root and t.id = l.target_id
     where l.source_root = $1 and l.source_id = $2 and l.many and not t.deleted`,
    [root, id],
  )
  const keptIn = ({ name }: Field): number[] =>
    kept.filter((link) => link.field === name).map((link) => link.id)
  return sets.flatMap(([field, ids]) => (sameIds(keptIn(field), ids as number[]) ? [field] : []))
}

import type { Field, Schema } from '#xproto'
import type { Sql } from '../database.ts'
import { forgetKeys } from '../keys.ts'
import { findingOf } from '../validate.ts'
import { serviceOf } from './compile-services.ts'
import { evolutionOf, type Evolution } from './evolution.ts'
import { hideLinks, narrowedObstacles, replacedObstacles, showLinks } from './evolve-links.ts'
import { listed, records, refuseFor, type Obstacle } from './obstacles.ts'

type Schemas = { readonly before: Schema; readonly after: Schema }

type Leaf = { readonly root: string; readonly leaf: string; readonly count: number }

const recordsAtOnce = 1000

/**
 * Brings all records from one schema to the next, in the transaction that changes it. New fields get their defaults;
 * values of fields that are gone stay in the records, where nothing shows them, and come back with the field.
 * Throws VALIDATION when records, soft-deleted ones included, cannot be what the new models say.
 *
 * @param now microseconds since 1970
 */
export const evolve = async (sql: Sql, schemas: Schemas, now: number): Promise<void> => {
  const leaves = await sql.query<Leaf>(
    `select root, leaf, count(*)::int as count from record group by root, leaf order by leaf`,
  )
  refuseFor(leaves.flatMap((leaf) => lostObstacles(schemas, leaf)))
  const obstacles: Obstacle[] = []
  for (const { leaf } of leaves) {
    const before = schemas.before.model(leaf)
    const after = schemas.after.model(leaf)
    if (before === undefined || after === undefined) continue
    const evolution = evolutionOf(schemas, before, after, now)
    obstacles.push(...(await evolveLeaf({ sql, schema: schemas.after }, evolution)))
  }
  refuseFor(obstacles)
}

const lostObstacles = (
  { before, after }: Schemas,
  { root, leaf, count }: Leaf,
): readonly Obstacle[] => {
  const model = after.model(leaf)
  const remedy = 'Delete those records first.'
  if (model === undefined || model.abstract) {
    const service = serviceOf(before.model(leaf)?.span.file ?? '') ?? 'the core'
    const sentence = `The models of ${service} no longer define ${leaf} (${count}), of which there are records. ${remedy}`
    return [{ place: leaf, sentence }]
  }
  if (model.root === root) return []
  const sentence = `${leaf} (${count}), of which there are records, does not derive from ${root} any more. ${remedy}`
  return [{ place: leaf, sentence }]
}

const evolveLeaf = async (
  context: { readonly sql: Sql; readonly schema: Schema },
  evolution: Evolution,
): Promise<readonly Obstacle[]> => {
  const replaced = await replacedObstacles(context, evolution)
  const narrowed = await narrowedObstacles(context, evolution)
  await hideLinks(context, evolution)
  const shown = await showLinks(context, evolution)
  const misfits = await fitRecords(context.sql, evolution)
  const filled = Object.keys(evolution.fills)
  if (filled.length > 0) await forgetKeys(context.sql, context.schema, evolution.model, filled)
  return [...replaced, ...narrowed, ...shown, ...misfits]
}

/** Records that do not fit a field: how many, and the first of them. */
type Misfits = { readonly ids: number[]; readonly findings: string[]; total: number }

/** Gives every record the values it lacks, and looks whether all of them fit. */
const fitRecords = async (sql: Sql, evolution: Evolution): Promise<readonly Obstacle[]> => {
  const { model, fills, altered } = evolution
  if (altered.length === 0) return []
  const misfits = new Map<Field, Misfits>()
  let last = 0
  for (;;) {
    const rows = await sql.query<{ id: number; fields: Record<string, unknown> }>(
      `select id, fields from record where root = $1 and leaf = $2 and id > $3 order by id limit $4`,
      [model.root, model.name, last, recordsAtOnce],
    )
    if (rows.length === 0) break
    for (const { id, fields } of rows) {
      last = id
      for (const field of altered) {
        note(misfits, field, id, fields[field.wireName] ?? fills[field.wireName] ?? null)
      }
    }
    await fill(sql, evolution, rows)
  }
  return [...misfits].map(([field, found]) => misfitObstacle(model.name, field, found))
}

const note = (misfits: Map<Field, Misfits>, field: Field, id: number, value: unknown): void => {
  const finding = findingOf(field, value)
  if (finding === undefined) return
  const found = misfits.get(field) ?? { ids: [], findings: [], total: 0 }
  misfits.set(field, found)
  found.total += 1
  if (found.ids.length >= 10) return
  found.ids.push(id)
  found.findings.push(value === null ? 'it has none' : finding)
}

const misfitObstacle = (leaf: string, field: Field, misfits: Misfits): Obstacle => {
  const { ids, findings, total } = misfits
  const place = `${leaf}.${field.wireName}`
  const each = ids.map((id, index) => `${id} (${findings[index] ?? ''})`)
  const remedy = findings.includes('it has none')
    ? 'Give the field a default, or make it required when every record has a value.'
    : 'Change those values or delete the records first.'
  return {
    place,
    sentence: `${place} cannot take the values of ${records(total)} of ${leaf}: ${listed(each, total)}. ${remedy}`,
  }
}

const fill = async (
  sql: Sql,
  { model, fills }: Evolution,
  rows: readonly { readonly id: number }[],
): Promise<void> => {
  const names = Object.keys(fills)
  if (names.length === 0) return
  await sql.query(
    `update record set fields = $1::jsonb || fields, revision = nextval('revision')
     where root = $2 and leaf = $3 and id = any($4) and not jsonb_exists_all(fields, $5)`,
    [JSON.stringify(fills), model.root, model.name, rows.map(({ id }) => id), names],
  )
}

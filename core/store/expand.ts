import { maxIncludeDepth, type Expanded, type ExpandedRecord } from '#contract'
import type { Model, Schema } from '#xproto'
import type { Sql } from './database.ts'
import { modelNamed, wireWithLinksToMany } from './read.ts'
import { rowKeyText, type RecordRow, type RowKey } from './row.ts'

/** Declared paths as a tree: `['owner.site', 'owner.slices']` is owner with site and slices below. */
export type IncludeTree = ReadonlyMap<string, IncludeTree>

type MutableTree = Map<string, MutableTree>

export const includeTree = (paths: readonly string[]): IncludeTree => {
  const tree: MutableTree = new Map()
  for (const path of paths) {
    let level = tree
    for (const name of path.split('.')) {
      const below: MutableTree = level.get(name) ?? new Map<string, MutableTree>()
      level.set(name, below)
      level = below
    }
  }
  return tree
}

/**
 * What is wrong with a declared path, as a sentence; undefined when nothing is. A name may belong to any model
 * that derives from the one reached so far, because the related record travels as its leaf.
 */
export const includeFinding = (schema: Schema, model: Model, path: string): string | undefined => {
  const names = path.split('.')
  if (names.length > maxIncludeDepth) {
    return `include ${path}: expected at most ${maxIncludeDepth} links in a row, got ${names.length}`
  }
  let reached: readonly Model[] = [model]
  let set: string | undefined
  for (const name of names) {
    const next = reached.flatMap((candidate) => {
      const target = linkOf(candidate, name)
      return target === undefined ? [] : [target]
    })
    const [first] = next
    if (first === undefined) {
      return `include ${path}: ${reached[0]?.name ?? model.name} has no link named ${name}`
    }
    if (first.isSet && set !== undefined) {
      return `include ${path}: expected one set of records on the way, got ${set} and ${name}`
    }
    if (first.isSet) set = name
    reached = next.flatMap(({ model: to }) => schema.descendants(to))
  }
  return undefined
}

/** Where a name leads from a model: over a link to one record, or to a set, of a link to many or of those that link here. */
export const linkOf = (
  model: Model,
  name: string,
): { readonly model: string; readonly isSet: boolean } | undefined => {
  const forward = model.fields.find((field) => field.name === name)
  if (forward?.kind === 'link') {
    return { model: forward.target, isSet: forward.multiplicity === 'manytomany' }
  }
  const reverse = model.reverseLinks.find((link) => link.name === name)
  return reverse === undefined ? undefined : { model: reverse.source, isSet: true }
}

/** A record that wants its expansions. */
export type ToExpand = { readonly row: RecordRow; readonly tree: IncludeTree }

/** A set of related rows that a record asks for: a link to many, or the other side of a link. */
type AskedSet = {
  readonly item: number
  readonly name: string
  readonly field: string
  readonly source: string
  readonly many: boolean
}

/** One related row for one record: the end of a link. */
type Related = { readonly item: number; readonly name: string; readonly key: RowKey }

/**
 * The declared related records of many rows, with two queries a level however many rows there are.
 * Relatives that are soft-deleted travel too: a delete step needs to see what it cleans up after; in the reverse
 * sets of a live record they are left out.
 */
export const expand = async (
  sql: Sql,
  schema: Schema,
  items: readonly ToExpand[],
): Promise<Expanded[]> => {
  const results: Record<string, ExpandedRecord | ExpandedRecord[] | null>[] = items.map(() => ({}))
  const forward: Related[] = []
  const sets: AskedSet[] = []

  for (const [item, { row, tree }] of items.entries()) {
    const model = modelNamed(schema, row.leaf)
    const result = results[item] ?? {}
    for (const name of tree.keys()) {
      const field = model.fields.find((candidate) => candidate.name === name)
      if (field?.kind === 'link' && field.multiplicity !== 'manytomany') {
        result[name] = null
        const id = row.fields[field.wireName]
        const { root } = modelNamed(schema, field.target)
        if (typeof id === 'number') forward.push({ item, name, key: { root, id } })
      } else if (field?.kind === 'link') {
        result[name] = []
        sets.push({ item, name, field: field.name, source: model.name, many: true })
      } else {
        const reverse = model.reverseLinks.find((link) => link.name === name)
        if (reverse === undefined) continue
        result[name] = []
        const { field: linkField, source } = reverse
        sets.push({ item, name, field: linkField, source, many: false })
      }
    }
  }

  const related = [...forward, ...(await endsOfSets(sql, schema, items, sets))]
  const rows = await rowsByKey(sql, related)
  const ends = related.flatMap((end) => {
    const row = rows.get(rowKeyText(end.key))
    return row === undefined ? [] : [{ ...end, row }]
  })
  if (ends.length === 0) return results

  const below = await expand(
    sql,
    schema,
    ends.map(({ item, name, row }) => ({ row, tree: items[item]?.tree.get(name) ?? new Map() })),
  )
  const wires = await wireWithLinksToMany(
    sql,
    schema,
    ends.map(({ row }) => row),
  )
  for (const [index, { item, name, row }] of ends.entries()) {
    const record = { model: row.leaf, record: wires[index] ?? {}, expanded: below[index] ?? {} }
    const place = results[item]?.[name]
    if (Array.isArray(place)) place.push(record)
    else if (results[item] !== undefined) results[item][name] = record
  }
  return results
}

const endsOfSets = async (
  sql: Sql,
  schema: Schema,
  items: readonly ToExpand[],
  asked: readonly AskedSet[],
): Promise<Related[]> => {
  if (asked.length === 0) return []
  const wanted = asked.map(({ item, field, source, many }, index) => ({
    index,
    root: items[item]?.row.root,
    id: items[item]?.row.id,
    with_deleted: items[item]?.row.deleted,
    field,
    source,
    source_root: modelNamed(schema, source).root,
    leaves: schema.descendants(source).map(({ name }) => name),
    many,
  }))
  const found = await sql.query<{ index: number; root: string; id: number }>(
    `with k as (
       select * from jsonb_to_recordset($1::jsonb) k(
         index int, root text, id int, with_deleted boolean,
         field text, source_root text, leaves jsonb, many boolean)
     )
     select k.index, o.root, o.id
     from k join link l on l.target_root = k.root and l.target_id = k.id and l.field = k.field
         and l.source_root = k.source_root
       join record o on o.root = l.source_root and o.id = l.source_id
     where not k.many and k.leaves ? o.leaf and (k.with_deleted or not o.deleted)
     union all
     select k.index, o.root, o.id
     from k join link l on l.source_root = k.root and l.source_id = k.id and l.field = k.field
       join record o on o.root = l.target_root and o.id = l.target_id
     where k.many and (k.with_deleted or not o.deleted)
     order by 1, 3`,
    [JSON.stringify(wanted)],
  )
  return found.flatMap(({ index, root, id }) => {
    const place = asked[index]
    return place === undefined ? [] : [{ item: place.item, name: place.name, key: { root, id } }]
  })
}

const rowsByKey = async (
  sql: Sql,
  related: readonly Related[],
): Promise<ReadonlyMap<string, RecordRow>> => {
  if (related.length === 0) return new Map()
  const rows = await sql.query<RecordRow>(
    `select r.* from record r
       join (select distinct root, id from jsonb_to_recordset($1::jsonb) k(root text, id int)) k
         on r.root = k.root and r.id = k.id`,
    [JSON.stringify(related.map(({ key }) => key))],
  )
  return new Map(rows.map((row) => [rowKeyText(row), row]))
}

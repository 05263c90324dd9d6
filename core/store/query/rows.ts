import type { Model, Schema } from '#xproto'
import type { Access, ReadRule } from '../access-port.ts'
import type { Sql } from '../database.ts'
import { createParameters } from '../parameters.ts'
import type { Query, QueryKind } from '../port.ts'
import type { RecordRow } from '../row.ts'
import { elementsOf } from './elements.ts'
import { behindSql, orderBySql, placeOf, readOrder, type Order, type Place } from './order.ts'
import { matchingIds } from './regex.ts'
import { whereSql, type Element } from './where.ts'

/** What reading needs. */
export type Reading = {
  readonly sql: Sql
  readonly schema: Schema
  readonly access: Pick<Access, 'readRule' | 'readRuleInSql'>
}

const kindSql: Readonly<Record<QueryKind, string>> = {
  DEFAULT: 'not r.deleted',
  ALL: 'not r.deleted',
  // What a dispatcher calls pending.
  SYNCHRONIZER_DIRTY_OBJECTS: 'not r.deleted and r.pending',
  SYNCHRONIZER_DELETED_OBJECTS: 'r.deleted',
  SYNCHRONIZER_DIRTY_POLICIES: `not r.deleted and not r.no_policy
    and (r.policed is null or r.policed < r.updated or r.policed < r.changed_by_step)`,
  SYNCHRONIZER_DELETED_POLICIES: 'r.deleted and (r.policed is null or r.policed < r.updated)',
}

const withMatches = async ({ sql, schema }: Reading, element: Element): Promise<Element> => {
  const { test, invert } = element
  if (test.lookup !== 'regex' && test.lookup !== 'iregex') return element
  return { invert, test: { ...test, ids: await matchingIds(sql, schema, test) } }
}

const rulesBehindLinks = async (
  { access }: Reading,
  elements: readonly Element[],
): Promise<ReadonlyMap<string, ReadRule>> => {
  const rules = new Map<string, ReadRule>()
  for (const { model } of elements.flatMap(({ test }) => test.path.hops)) {
    if (!rules.has(model.name)) rules.set(model.name, await access.readRuleInSql(model))
  }
  return rules
}

/** A query that is ready to be asked for one batch after the other. */
export type Prepared = {
  readonly order: Order
  /** At most so many rows behind a place, in order. Fewer than asked for only at the end. */
  batch(after: Place | undefined, size: number): Promise<readonly RecordRow[]>
  /** Those among them that may be read. */
  readable(rows: readonly RecordRow[]): Promise<readonly RecordRow[]>
}

/** Understands a query; throws INVALID_FIELD for one that cannot be asked. */
export const prepare = async (reading: Reading, model: Model, query: Query): Promise<Prepared> => {
  const { sql, schema } = reading
  const order = readOrder(model, query.order ?? [])
  const asked = query.kind === 'ALL' ? [] : elementsOf(schema, model, query.elements)
  const rule = await reading.access.readRule(model)
  const behindLinks = await rulesBehindLinks(reading, asked)
  const elements: Element[] = []
  for (const element of asked) elements.push(await withMatches(reading, element))
  const leavesOf = ({ name }: Model): readonly string[] =>
    schema.descendants(name).map((leaf) => leaf.name)

  return {
    order,
    batch(after, size) {
      const parameters = createParameters()
      const context = {
        schema,
        parameters,
        live: !kindSql[query.kind].startsWith('r.deleted'),
        readable: (linked: Model, alias: string) =>
          behindLinks.get(linked.name)?.sql(alias, parameters) ?? 'false',
        leavesOf,
      }
      const conditions = [
        `r.root = ${parameters.bind(model.root)}`,
        `r.leaf = any(${parameters.bind(leavesOf(model))}::text[])`,
        kindSql[query.kind],
        whereSql(context, model, elements),
        rule.sql('r', parameters),
        ...(after === undefined ? [] : [behindSql(order, after, parameters)]),
      ]
      return sql.query<RecordRow>(
        `select r.* from record r
         where ${conditions.map((condition) => `(${condition})`).join('\n  and ')}
         order by ${orderBySql(order)} limit ${size}`,
        parameters.values,
      )
    },
    async readable(rows) {
      if (rule.check === undefined) return rows
      const kept: RecordRow[] = []
      for (const row of rows) if (await rule.check(row)) kept.push(row)
      return kept
    },
  }
}

const rowsAtOnce = 500

/** All rows of a query in batches; only so many are in memory at a time. */
export async function* rowBatches(
  reading: Reading,
  model: Model,
  query: Query,
): AsyncGenerator<readonly RecordRow[]> {
  const prepared = await prepare(reading, model, query)
  let after: Place | undefined
  for (;;) {
    const rows = await prepared.batch(after, rowsAtOnce)
    const last = rows.at(-1)
    if (last === undefined) return
    const readable = await prepared.readable(rows)
    if (readable.length > 0) yield readable
    if (rows.length < rowsAtOnce) return
    after = placeOf(prepared.order, last)
  }
}

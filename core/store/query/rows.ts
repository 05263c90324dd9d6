import type { Model } from '#xproto'
import { createParameters } from '../parameters.ts'
import type { Query, QueryKind } from '../port.ts'
import type { RecordRow } from '../row.ts'
import { allSql, candidatesOf, narrowed, type Condition } from './candidates.ts'
import { elementsOf } from './elements.ts'
import { behindSql, orderBySql, placeOf, readOrder, type Order, type Place } from './order.ts'
import { createEffort } from './regex.ts'
import { conditionsOf, type Reading } from './where.ts'

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
  const { sql, schema, access } = reading
  const order = readOrder(model, query.order ?? [])
  const elements = query.kind === 'ALL' ? [] : elementsOf(schema, model, query.elements)
  const rule = await access.readRule(model)
  const live = !kindSql[query.kind].startsWith('r.deleted')
  const candidates = candidatesOf(schema, model, [() => kindSql[query.kind]], rule)
  const context = { ...reading, live, effort: createEffort() }
  const asked = narrowed(candidates, await conditionsOf(context, candidates, elements))

  return {
    order,
    batch(after, size) {
      const parameters = createParameters()
      const conditions: readonly Condition[] = [
        ...asked.conditions,
        ...(after === undefined ? [] : [() => behindSql(order, after, parameters)]),
      ]
      return sql.query<RecordRow>(
        `select r.* from record r where ${allSql(conditions, 'r', parameters)}
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

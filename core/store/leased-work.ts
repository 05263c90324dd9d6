import type { Change, Expanded, Operation, Previous, Work } from '#contract'
import type { Schema } from '#xproto'
import type { CompletionOf } from './completions.ts'
import type { Sql } from './database.ts'
import { expand, includeTree, type IncludeTree } from './expand.ts'
import { wireWithLinksToMany } from './read.ts'
import type { RecordRow } from './row.ts'
import { tracesIn } from './traces.ts'

export type LeaseContext = {
  readonly sql: Sql
  readonly schema: Schema
  /** Microseconds since 1970. */
  readonly now: number
  /** Where functions may complete their calls; undefined: nowhere. */
  readonly completionOf?: CompletionOf | undefined
}

/** A leased record, and what its function is sent along with it. */
export type LeasedRow = RecordRow & { readonly include: readonly string[] }

/** A call that a record was leased for. */
export type DueCall = {
  readonly operation: Operation
  readonly stamp: number
  readonly attempt: number
  /** Its place among the calls of the function for the record. */
  readonly call: number
  readonly failures: number
  /** Since when it is due, in microseconds since 1970. */
  readonly due: number | null
  readonly previous: Previous
}

const changeOf = (
  row: LeasedRow,
  { operation, stamp, attempt, call, previous }: DueCall,
  record: Change['record'],
  expanded: Expanded,
): Change => ({
  operation,
  model: row.leaf,
  record,
  expanded,
  stamp,
  attempt,
  ...(call > 1 ? { previous } : {}),
})

/** What dispatchers get of leased records. */
export const workOf = async <Row extends LeasedRow>(
  { sql, schema, completionOf }: LeaseContext,
  rows: readonly Row[],
  callOf: (row: Row) => DueCall,
): Promise<Work[]> => {
  const trees = new Map<string, IncludeTree>()
  const treeOf = (row: Row): IncludeTree => {
    const tree = trees.get(row.leaf) ?? includeTree(row.include)
    trees.set(row.leaf, tree)
    return tree
  }
  const items = rows.map((row) => ({ row, tree: treeOf(row) }))
  const wires = await wireWithLinksToMany(sql, schema, rows)
  const expanded = await expand(sql, schema, items)
  return rows.map((row, index) => {
    const due = callOf(row)
    const { operation, stamp, call, failures } = due
    const change = changeOf(row, due, wires[index] ?? {}, expanded[index] ?? {})
    const key = { model: row.leaf, id: row.id }
    const token = Number(row.lease_token)
    const since = due.due === null ? {} : { due: due.due }
    const plain = { key, operation, token, failures, change, ...since }
    const work = row.traces === null ? plain : { ...plain, traces: tracesIn(row.traces) }
    const completion = completionOf?.({ key, operation, stamp, call, token })
    return completion === undefined ? work : { ...work, completion }
  })
}

import type { Schema } from '#xproto'
import { CoreError } from '../../errors.ts'
import type { Sql } from '../database.ts'
import { modelNamed } from '../read.ts'
import type { RecordRow } from '../row.ts'
import { changedFieldsOf, objectOf, readLinksToMany } from './object.ts'
import { positionFrom, positionText } from './position.ts'
import type { ChangeKind, ChangeLog, ChangesAfter, RecordChange } from './port.ts'
import type { Settled } from './settle.ts'

/** A row of the table `change`, which has the columns that a record had. */
export type ChangeRow = RecordRow & {
  readonly kind: ChangeKind
  readonly at: number
  readonly changed: readonly string[]
}

export type LogContext = {
  readonly sql: Sql
  /** In force now: of an older one, records of models would be passed over that another core was given. */
  readonly schema: () => Promise<Schema>
  readonly settle: () => Promise<Settled>
  /** Leaves out what the caller may not read. */
  readonly readable: (schema: Schema, rows: readonly ChangeRow[]) => Promise<readonly ChangeRow[]>
}

const mostChanges = 1000
/** Rows beyond this many bytes, compressed, wait for the next question. */
const mostBytes = 4_194_304

type State = { readonly epoch: number; readonly pruned: number }
type Found = State & ChangeRow & { readonly found: number }

const leavesOf = (schema: Schema, models: readonly string[] | undefined): string[] | null => {
  if (models === undefined) return null
  const leaves = models.flatMap((name) => schema.descendants(modelNamed(schema, name).name))
  return [...new Set(leaves.map(({ name }) => name))]
}

// The state comes with the rows, so that none can be pruned between them; it comes alone when there are none.
const rowsBetween = (
  sql: Sql,
  after: number,
  until: number,
  leaves: readonly string[] | null,
  limit: number,
): Promise<(State & Partial<Found>)[]> =>
  sql.query(
    `select l.epoch, l.pruned, c.*
     from change_log l left join (
       select c.*, count(*) over () as found, row_number() over (order by revision) as place,
              sum(pg_column_size(fields)) over (order by revision) as bytes
       from (
         select * from change
         where revision > $1 and revision <= $2 and ($3::text[] is null or leaf = any($3))
         order by revision
         limit $4) c) c on c.place = 1 or c.bytes <= ${mostBytes}
     order by c.revision`,
    [after, until, leaves, limit],
  )

const gone = (message: string): CoreError =>
  new CoreError('GONE', `${message}. List the records anew, and watch from where the log is now`)

const checkLimit = (limit: number): void => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= mostChanges) return
  throw new CoreError('INVALID_FIELD', `Expected a limit of 1 to ${mostChanges}, got ${limit}`, {
    limit: 'out of range',
  })
}

const changesOf = async (
  sql: Sql,
  schema: Schema,
  rows: readonly ChangeRow[],
  epoch: number,
): Promise<RecordChange[]> => {
  const many = await readLinksToMany(sql, schema, rows)
  return rows.map((row) => {
    const { kind, leaf, id, revision, at } = row
    const model = schema.model(leaf)
    return {
      position: positionText(epoch, revision),
      kind,
      model: leaf,
      id,
      revision,
      at,
      changedFields: changedFieldsOf(model, kind, row.changed),
      object: objectOf(model, row, many),
    }
  })
}

export const createLog = (context: LogContext): ChangeLog => ({
  async changes({ after, models, limit }: ChangesAfter) {
    checkLimit(limit)
    const { sql, settle, readable } = context
    const from = after === undefined ? undefined : positionFrom(after)
    const { revision: settled, last } = await settle()
    const schema = await context.schema()
    const leaves = leavesOf(schema, models)
    const answer = await rowsBetween(sql, from?.revision ?? 0, settled, leaves, limit)
    const [state] = answer
    if (state === undefined) throw new Error('The log of changes has no state')
    if (from?.epoch !== undefined && from.epoch !== state.epoch) {
      throw gone('The position is of a log that was begun anew since')
    }
    if (from !== undefined && from.revision < state.pruned) {
      throw gone('The changes after this position are no longer kept')
    }
    if (from !== undefined && last !== undefined && from.revision > last) {
      throw gone('The position is not one of this log')
    }
    const rows = answer.filter((row): row is Found => row.revision != null)
    const found = rows[0]?.found ?? 0
    const more = found === limit || rows.length < found
    const reached = more ? rows.at(-1)?.revision : settled
    return {
      changes: await changesOf(sql, schema, await readable(schema, rows), state.epoch),
      position: positionText(state.epoch, Math.max(reached ?? 0, from?.revision ?? 0)),
      more,
      unsettled: last === undefined || last > settled,
    }
  },

  async position() {
    const { revision } = await context.settle()
    const [state] = await context.sql.query<State>(`select epoch, pruned from change_log`)
    return positionText(state?.epoch ?? 0, Math.max(revision, state?.pruned ?? 0))
  },
})

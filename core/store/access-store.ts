import type { Fields } from '#contract'
import type { Model, PolicyPort, PolicyRecord, Schema } from '#xproto'
import { filterSql } from './access-sql.ts'
import type { Sql } from './database.ts'
import { createParameters } from './parameters.ts'
import { isHidden, wireFields, type RecordRow } from './row.ts'

/** What policies ask, and where they ask it. */
export type PolicyContext = { readonly sql: Sql; readonly schema: Schema }

/**
 * A record as policies see it, from its values by wire name. Links to one are there by wire name as well, for the port
 * alone: no policy has such names.
 */
export const policyRecord = (model: Model, id: number | null, values: Fields): PolicyRecord => {
  const fields: Record<string, unknown> = {}
  for (const { name, wireName } of model.fields) {
    if (!isHidden(name)) fields[wireName] = values[wireName] ?? null
  }
  return { model: model.name, id, fields }
}

export const policyRecordOf = (model: Model, row: RecordRow): PolicyRecord =>
  policyRecord(model, row.id, wireFields(model, row))

/** A record by root and id, read as the model; one that is being deleted, too. Null when there is none. */
export const loadPolicyRecord = async (
  { sql }: PolicyContext,
  model: Model,
  id: number,
): Promise<PolicyRecord | null> => {
  const [row] = await sql.query<RecordRow>(`select * from record where root = $1 and id = $2`, [
    model.root,
    id,
  ])
  return row === undefined ? null : policyRecordOf(model, row)
}

/** The store as policies ask it. */
export const createPolicyPort = (context: PolicyContext): PolicyPort => {
  const { sql, schema } = context
  return {
    async link(record, name) {
      const field = schema.model(record.model)?.fields.find((link) => link.name === name)
      if (field?.kind !== 'link') return null
      const id = record.fields[field.wireName]
      const target = schema.model(field.target)
      if (target === undefined || typeof id !== 'number') return null
      return loadPolicyRecord(context, target, id)
    },
    async holds(filter) {
      const parameters = createParameters()
      const condition = filterSql({ schema, parameters, rows: new Map() }, filter)
      const [row] = await sql.query<{ holds: boolean }>(
        `select coalesce(${condition}, false) as holds`,
        parameters.values,
      )
      return row?.holds === true
    },
  }
}

import type { Fields } from '#contract'
import type { Model } from '#xproto'
import { everything } from './access.ts'
import type { LockingRecords, Query, StoredRecord } from './port.ts'
import { pageOfRows } from './query/page.ts'
import { rowBatches, type Reading } from './query/rows.ts'
import { liveRows, lockValues, modelNamed, notFound, rowOf, wireRecords } from './read.ts'
import { softDelete } from './remove.ts'
import type { RecordRow } from './row.ts'
import { createRecord, updateRecord, type WriteContext } from './write.ts'

export type RecordsContext = Omit<WriteContext, 'now'> & {
  /** Microseconds since 1970. */
  readonly now: () => number
}

const allLive: Query = { kind: 'DEFAULT', elements: [] }

/** The records as one caller reads and writes them, on a connection or within a transaction. */
export const createRecords = (context: RecordsContext): LockingRecords => {
  const { sql, schema } = context
  const writing = (): WriteContext => ({ ...context, now: context.now() })
  const reading: Reading = {
    sql,
    schema,
    readRule: () => Promise.resolve(everything),
    readRuleInSql: () => Promise.resolve(everything),
  }
  const wired = (model: Model, rows: readonly RecordRow[]): Promise<Fields[]> =>
    wireRecords(sql, schema, model, rows)

  const one = async (modelName: string, row: RecordRow): Promise<StoredRecord> => {
    const [fields] = await wired(modelNamed(schema, modelName), [row])
    if (fields === undefined) throw notFound(modelName, row.id)
    return { fields, revision: row.revision }
  }

  async function* query(modelName: string, asked: Query): AsyncGenerator<Fields[]> {
    const model = modelNamed(schema, modelName)
    for await (const rows of rowBatches(reading, model, asked)) yield await wired(model, rows)
  }

  return {
    async list(modelName) {
      const records: Fields[] = []
      for await (const batch of query(modelName, allLive)) records.push(...batch)
      return records
    },
    async find(modelName, equal) {
      const model = modelNamed(schema, modelName)
      return wired(model, await liveRows(sql, schema, model, equal))
    },
    query,
    async page(modelName, asked, limit, after) {
      const model = modelNamed(schema, modelName)
      const { rows, next } = await pageOfRows(reading, model, asked, limit, after)
      return { records: await wired(model, rows), next }
    },
    async findAndLock(modelName, equal) {
      const model = modelNamed(schema, modelName)
      await lockValues(sql, model, equal)
      return wired(model, await liveRows(sql, schema, model, equal, 'for update'))
    },
    async get(modelName, id) {
      return one(modelName, await rowOf(sql, schema, modelNamed(schema, modelName), id))
    },
    async create(modelName, values) {
      return one(modelName, await createRecord(writing(), modelName, values))
    },
    async update(modelName, id, values, options) {
      return one(modelName, await updateRecord(writing(), modelName, id, values, options))
    },
    async remove(modelName, id) {
      const row = await rowOf(sql, schema, modelNamed(schema, modelName), id, 'for update')
      if (row.deleted) throw notFound(modelName, id)
      // XOS answers a delete of a protected record with success, and keeps it.
      if (!row.write_protect) await softDelete(sql, row, context.now())
    },
  }
}

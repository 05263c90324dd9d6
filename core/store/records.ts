import type { Fields } from '#contract'
import type { Model } from '#xproto'
import { createAccess } from './access.ts'
import type { LockingRecords, Query, StoredRecord } from './port.ts'
import { pageOfRows } from './query/page.ts'
import { rowBatches } from './query/rows.ts'
import { liveRows, lockRows, lockValues, modelNamed, notFound, rowOf, wireRecords } from './read.ts'
import { softDelete } from './remove.ts'
import { rowKeyText, type RecordRow } from './row.ts'
import { createRecord, updateRecord, type WriteContext } from './write.ts'

export type RecordsContext = Omit<WriteContext, 'now' | 'access'> & {
  /** Microseconds since 1970. */
  readonly now: () => number
}

const allLive: Query = { kind: 'DEFAULT', elements: [] }

/** The records as one caller reads and writes them, on a connection or within a transaction. */
export const createRecords = (context: RecordsContext): LockingRecords => {
  const { sql, schema } = context
  const access = createAccess(context)
  const reading = { sql, schema, access }
  const writing = (): WriteContext => ({ ...context, access, now: context.now() })
  const wired = (model: Model, rows: readonly RecordRow[]): Promise<Fields[]> =>
    wireRecords(sql, schema, model, rows)

  const one = async (model: Model, row: RecordRow): Promise<StoredRecord> => {
    await access.requireRead(model, row)
    const [fields] = await wired(model, [row])
    if (fields === undefined) throw notFound(model.name, row.id)
    return { fields, revision: row.revision }
  }

  const equalRows = async (model: Model, equal: Fields): Promise<readonly RecordRow[]> => {
    const rows = await liveRows(sql, schema, model, equal)
    const readable: RecordRow[] = []
    for (const row of rows) if (await access.mayRead(model, row)) readable.push(row)
    return readable
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
      return wired(model, await equalRows(model, equal))
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
      const found = await equalRows(model, equal)
      if (found.length === 0) return []
      // Only what the caller may read; and only now it is known not to change.
      await lockRows(sql, found)
      const locked = new Set(found.map(rowKeyText))
      const unchanged = await equalRows(model, equal)
      return wired(
        model,
        unchanged.filter((row) => locked.has(rowKeyText(row))),
      )
    },
    async get(modelName, id) {
      const model = modelNamed(schema, modelName)
      return one(model, await rowOf(sql, schema, model, id))
    },
    async create(modelName, values) {
      const model = modelNamed(schema, modelName)
      return one(model, await createRecord(writing(), modelName, values))
    },
    async update(modelName, id, values, options = {}) {
      const model = modelNamed(schema, modelName)
      const saving = await access.saving(model, values, options)
      return one(model, await updateRecord(writing(), modelName, id, values, saving))
    },
    async remove(modelName, id) {
      const model = modelNamed(schema, modelName)
      const row = await rowOf(sql, schema, model, id, 'for update')
      await access.requireRemove(model, row)
      if (row.deleted) throw notFound(modelName, id)
      // XOS answers a delete of a protected record with success, and keeps it.
      if (!row.write_protect) await softDelete(context, row, context.now())
    },
  }
}

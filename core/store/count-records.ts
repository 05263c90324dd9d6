import type { Database } from './database.ts'

/** Records of one model, by what came of their steps. */
export type RecordCount = {
  readonly model: string
  /** `backend_code` 0: nothing came of them yet, or they were put off. */
  readonly waiting: number
  /** `backend_code` 1. */
  readonly synced: number
  /** `backend_code` 2. */
  readonly failed: number
  /** Of all of them, those whose step has not dealt with them as they are. */
  readonly pending: number
}

/** Looks at every record of the models. A model without records is left out. */
export const countRecords = (
  database: Database,
  models: readonly string[],
): Promise<readonly RecordCount[]> =>
  database.query<RecordCount>(
    `select leaf as model,
            count(*) filter (where backend_code = 0)::int as waiting,
            count(*) filter (where backend_code = 1)::int as synced,
            count(*) filter (where backend_code = 2)::int as failed,
            count(*) filter (where pending)::int as pending
     from record where leaf = any($1::text[]) group by leaf order by leaf`,
    [models],
  )

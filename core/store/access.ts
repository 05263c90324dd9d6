import type { Parameters } from './parameters.ts'
import type { RecordRow } from './row.ts'

/** Which records of a model a caller may read. */
export type ReadRule = {
  /** A condition on a row, null counting as false. It lets through at least what may be read. */
  sql(alias: string, parameters: Parameters): string
  /** What SQL cannot say; undefined when it says everything. */
  readonly check: ((row: RecordRow) => Promise<boolean>) | undefined
}

export const everything: ReadRule = { sql: () => 'true', check: undefined }

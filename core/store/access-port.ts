import type { Fields } from '#contract'
import type { Model } from '#xproto'
import type { Parameters } from './parameters.ts'
import type { SaveOptions } from './port.ts'
import type { RecordRow } from './row.ts'

/** Which records of a model a caller may read. */
export type ReadRule = {
  /** A condition on a row, null counting as false. It lets through at least what may be read. */
  readonly sql: (alias: string, parameters: Parameters) => string
  /** What SQL cannot say; undefined when it says everything. */
  readonly check: ((row: RecordRow) => Promise<boolean>) | undefined
}

/** What the policies let one caller do. All that throws, throws PERMISSION_DENIED. */
export type Access = {
  /** Which records may be read as this model: as a parent, too. */
  readRule(asked: Model): Promise<ReadRule>
  /** The same for a model whose records are only looked at on the way; throws where SQL cannot say it. */
  readRuleInSql(asked: Model): Promise<ReadRule>
  /** Whether the record may be read, as a model and as what it is; the row need not be in the store any more. */
  mayRead(asked: Model, row: RecordRow): Promise<boolean>
  requireRead(asked: Model, row: RecordRow): Promise<void>
  /**
   * Throws unless a record with these values, by wire name, may be written. Without an id it is new, and to be asked
   * about before it is stored: a policy that looks at other records must not see it among them.
   */
  requireWrite(asked: Model, leaf: Model, id: number | null, values: Fields): Promise<void>
  requireRemove(asked: Model, row: RecordRow): Promise<void>
  /** How the values are to be saved; throws when the caller may not name one of their fields. */
  saving(asked: Model, values: Fields, options: SaveOptions): Promise<SaveOptions>
}

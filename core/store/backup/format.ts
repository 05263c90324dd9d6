import type { Source } from '#xproto'
import { CoreError } from '../../errors.ts'

/**
 * A backup is gzip of lines. The first is the header. A line that begins with `[` says what follows: the rows of a
 * table with these columns, the sequences, or the end; every other line is one row as a JSON object. The end has the
 * SHA-256 of all lines before it.
 */
export const backupFormat = 'syncstep-backup'

/** Moves whenever an older version could not read what is written. */
export const backupVersion = 1

export type BackupHeader = {
  readonly format: typeof backupFormat
  readonly version: number
  /** When it was made, ISO 8601. */
  readonly madeAt: string
  /** The newest step of the tables. */
  readonly migration: number
  /** The core models that the records were brought to. */
  readonly coreModels: readonly Source[]
}

export type ControlLine =
  | readonly ['table', string, readonly string[]]
  | readonly ['sequences', Readonly<Record<string, number>>]
  | readonly ['end', { readonly rows: number; readonly sha256: string }]

/** What the backup is not, in a sentence that begins with the reason. */
export const unfit = (reason: string): CoreError =>
  new CoreError('VALIDATION', `${reason}. Nothing was changed`)

export const lineOf = (value: BackupHeader | ControlLine): string => `${JSON.stringify(value)}\n`

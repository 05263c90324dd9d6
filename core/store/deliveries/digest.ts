import { createHash } from 'node:crypto'

/** Stands for texts of any length in an index. */
export const digestOf = (...texts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(texts)).digest('base64url')

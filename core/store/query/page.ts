import type { Model } from '#xproto'
import { CoreError } from '../../errors.ts'
import type { Query } from '../port.ts'
import type { RecordRow } from '../row.ts'
import { cursorOf, placeOf, readCursor } from './order.ts'
import { prepare } from './rows.ts'
import type { Reading } from './where.ts'

/** The most records of one page. */
const largestPage = 1000

const checkedLimit = (limit: number): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= largestPage) return limit
  const expected = `expected a whole number from 1 to ${largestPage}`
  throw new CoreError('INVALID_FIELD', `limit: ${expected}, got ${limit}`, { limit: expected })
}

/**
 * At most `limit` rows behind the place that a cursor names, and the cursor for what comes after them. Reads on as
 * long as rows are left out because they may not be read.
 */
export const pageOfRows = async (
  reading: Reading,
  model: Model,
  query: Query,
  limit: number,
  cursor: string | undefined,
): Promise<{ readonly rows: readonly RecordRow[]; readonly next: string | undefined }> => {
  const size = checkedLimit(limit) + 1
  const prepared = await prepare(reading, model, query)
  const { order } = prepared
  let after = cursor === undefined ? undefined : readCursor(model, order, cursor)
  const rows: RecordRow[] = []
  for (;;) {
    const batch = await prepared.batch(after, size)
    rows.push(...(await prepared.readable(batch)))
    const last = batch.at(-1)
    if (rows.length > limit || batch.length < size || last === undefined) break
    after = placeOf(order, last)
  }
  const page = rows.slice(0, limit)
  const end = page.at(-1)
  const isLast = rows.length <= limit || end === undefined
  return { rows: page, next: isLast ? undefined : cursorOf(model, order, placeOf(order, end)) }
}

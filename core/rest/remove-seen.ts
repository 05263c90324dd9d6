import { CoreError } from '../errors.ts'
import type { LockingRecords } from '../store/port.ts'

/** Removes the record; where a revision was seen, only if it is still at that one: throws CONFLICT else. */
export const removeSeen = async (
  records: LockingRecords,
  model: string,
  id: number,
  seen: number | undefined,
): Promise<void> => {
  if (seen !== undefined) {
    await records.findAndLock(model, { id })
    const { revision } = await records.get(model, id)
    if (revision !== seen) {
      throw new CoreError(
        'CONFLICT',
        `${model} ${id} has changed since revision ${seen}: it is at ${revision}. Read it again, then decide`,
      )
    }
  }
  await records.remove(model, id)
}

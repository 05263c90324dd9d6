import { readableText, type Fields } from '#contract'
import { CoreError } from '../errors.ts'
import type { Records } from '../store/port.ts'

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Writes as a synchronizer does: nothing but these fields, and `updated` stays. */
export const write = async (
  records: Pick<Records, 'update'>,
  model: string,
  id: number,
  values: Fields,
  ifRevision?: number,
): Promise<void> => {
  await records.update(model, id, values, {
    callerKind: 'synchronizer',
    updateFields: Object.keys(values),
    ...(ifRevision === undefined ? {} : { ifRevision }),
  })
}

/** What an operation says once it is over; XOS clients wait for `enacted`. */
export const ended = (operation: Fields, status: string | undefined, now: number): Fields => ({
  ...(status === undefined ? {} : { status }),
  effective_date: now / 1000,
  enacted: Math.max(Number(operation['updated']), Number(operation['changed_by_policy'] ?? 0)),
  backend_code: 1,
  backend_status: 'enacted',
})

export const failed = (operation: Fields, message: string, now: number): Fields => {
  const text = readableText(message)
  const status = { backend_code: 2, backend_status: text }
  return { ...ended(operation, 'failed', now), error_msg: text, ...status }
}

/** Takes the operation for this core. False when another one was quicker. */
export const claim = async (records: Records, id: number, now: number): Promise<boolean> => {
  const { fields, revision } = await records.get('BackupOperation', id)
  if (textOf(fields['status']) !== '') return false
  const values = { status: 'inprogress', effective_date: now / 1000 }
  try {
    await write(records, 'BackupOperation', id, values, revision)
    return true
  } catch (error) {
    if (error instanceof CoreError && error.code === 'CONFLICT') return false
    throw error
  }
}

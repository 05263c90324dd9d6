import type { Metadata } from '@grpc/grpc-js'
import { CoreError } from '../errors.ts'
import type { SaveOptions } from '../store/port.ts'

const revisionOf = (text: string): number => {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new CoreError(
    'VALIDATION',
    `Expected if-revision to be a revision, the number that came as syncstep-revision, got ${JSON.stringify(text.slice(0, 40))}`,
  )
}

/** How to save an update (reference core-api.md 1.8). `if-revision` is ours: the version that the writer has seen. */
export const saveOptionsOf = (metadata: Metadata): SaveOptions => {
  const texts = (key: string): readonly string[] => metadata.get(key).map(String)
  const isThere = (key: string): boolean => metadata.get(key).length > 0
  const [callerKind] = texts('caller_kind')
  const [ifRevision] = texts('if-revision')
  // A field name has no space; HTTP puts some where a key came several times.
  const updateFields = texts('update_fields')
    .flatMap((list) => list.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return {
    ...(isThere('update_fields') ? { updateFields } : {}),
    ...(callerKind === undefined ? {} : { callerKind }),
    ...(ifRevision === undefined ? {} : { ifRevision: revisionOf(ifRevision) }),
    alwaysUpdateTimestamp: isThere('always_update_timestamp'),
    isSyncSave: isThere('is_sync_save'),
    isPolicySave: isThere('is_policy_save'),
  }
}

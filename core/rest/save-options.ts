import type { IncomingHttpHeaders } from 'node:http'
import type { SaveOptions } from '../store/port.ts'
import { seenRevision } from './etag.ts'

const textOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.join()

/**
 * What the headers of an update say about how it is saved: `update_fields`, `caller_kind`, `is_sync_save`,
 * `is_policy_save` and `always_update_timestamp` as XOS has them on gRPC, where the last three only have to be there;
 * and If-Match.
 */
export const saveOptionsOf = (headers: IncomingHttpHeaders): SaveOptions => {
  const updateFields = textOf(headers['update_fields'])
  const callerKind = textOf(headers['caller_kind'])
  const ifRevision = seenRevision(headers['if-match'])
  return {
    ...(updateFields === undefined ? {} : { updateFields: updateFields.split(/ *, */) }),
    ...(callerKind === undefined ? {} : { callerKind }),
    ...(headers['always_update_timestamp'] === undefined ? {} : { alwaysUpdateTimestamp: true }),
    ...(headers['is_sync_save'] === undefined ? {} : { isSyncSave: true }),
    ...(headers['is_policy_save'] === undefined ? {} : { isPolicySave: true }),
    ...(ifRevision === undefined ? {} : { ifRevision }),
  }
}

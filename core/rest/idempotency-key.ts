import { createHash, createHmac } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { CoreError } from '../errors.ts'
import type { OnceRequest } from '../store/port.ts'

/** A bare text, or the quoted one of the draft standard. */
const keyText = /^"?([\x21\x23-\x7e]{1,255})"?$/

/** Headers that decide how a record is saved: with another value it is another request. */
const saving = [
  'update_fields',
  'caller_kind',
  'always_update_timestamp',
  'is_sync_save',
  'is_policy_save',
  'if-match',
] as const

// A body may hold a password. Only who has the key, which is not kept either, can try what fits the fingerprint.
const fingerprintOf = ({ method, url, headers, body }: FastifyRequest, key: string): string => {
  const options = saving.map((name) => headers[name] ?? null)
  const asked = JSON.stringify([method, url, options, body ?? null])
  return createHmac('sha256', key).update(asked).digest('base64url')
}

const digestOf = (key: string): string => createHash('sha256').update(key).digest('base64url')

/** What makes the request known again when it is sent once more; undefined without Idempotency-Key. Throws VALIDATION. */
export const onceRequestOf = (request: FastifyRequest): OnceRequest | undefined => {
  const header = request.headers['idempotency-key']
  if (header === undefined) return undefined
  const [, key] = typeof header === 'string' ? (keyText.exec(header) ?? []) : []
  if (key !== undefined) return { key: digestOf(key), fingerprint: fingerprintOf(request, key) }
  throw new CoreError(
    'VALIDATION',
    'Expected Idempotency-Key to be 1 to 255 visible ASCII characters, such as a new UUID',
  )
}

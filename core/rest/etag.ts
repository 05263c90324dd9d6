import { createHash } from 'node:crypto'
import { CoreError } from '../errors.ts'

/**
 * The ETag of a record in JSON: `"REVISION.DIGEST"`. The digest tells apart what the revision does not: the ids of
 * records that link here, and what the reader may see of them.
 */
export const etagOf = (revision: number, body: string): string =>
  `"${revision}.${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`

const tag = /^(?:W\/)?"(\d{1,16})(?:\.[\w-]{1,64})?"$/

/** One ETag, whoever made it (RFC 9110 8.8.3). */
const anyTag = /^(?:W\/)?"[!#-~\x80-\xff]*"$/

/** Of no record. */
const foreignRevision = -1

/**
 * The revision that a writer has seen, from If-Match: an ETag or `"REVISION"`. A proxy that packs answers makes
 * ETags weak, which says nothing about the revision. Undefined when any will do; one that no record has for an ETag
 * that is none of ours. Throws VALIDATION.
 */
export const seenRevision = (header: string | undefined): number | undefined => {
  if (header === undefined || header.trim() === '*') return undefined
  const given = header.trim()
  const [, revision] = tag.exec(given) ?? []
  if (revision !== undefined) return Number(revision)
  if (anyTag.test(given)) return foreignRevision
  throw new CoreError(
    'VALIDATION',
    `Expected If-Match to hold one ETag of this record, as in an earlier answer, got ${header.slice(0, 100)}`,
  )
}

/** Whether If-None-Match names the ETag, so that the client has the answer already. */
export const isKnown = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  header.split(',').some((each) => {
    const known = each.trim()
    return known === '*' || known.replace(/^W\//, '') === etag
  })

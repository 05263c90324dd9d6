import { createHash } from 'node:crypto'
import type { Clock } from '#contract'
import { CoreError } from '../errors.ts'
import type { Caller, Store, Token } from '../store/port.ts'

export type TokenOptions = {
  readonly store: Pick<Store, 'tokens' | 'callTokens'>
  readonly clock: Pick<Clock, 'now'>
  /** That many bytes from a cryptographically strong source. */
  readonly randomBytes: (size: number) => Uint8Array
}

/** A new token: its text, which is told this once, and what is known of it. */
export type IssuedToken = Token & { readonly token: string }

const prefix = 'sst_'
const secretBytes = 32

const minute = 60_000
const longestMs = 3650 * 24 * 60 * minute

const isBearer = /^bearer +(sst_[A-Za-z0-9_-]{43})\s*$/i
const isCallBearer = /^bearer +(ssc_[A-Za-z0-9_.-]{1,600})\s*$/i

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

const checkLifetime = (ttlMs: number | undefined): void => {
  if (ttlMs === undefined || (ttlMs >= minute && ttlMs <= longestMs)) return
  throw new CoreError('INVALID_FIELD', 'Expected a lifetime of one minute to ten years, or none', {
    ttl: 'out of range',
  })
}

/**
 * Makes a token for a step: 256 random bits, of which the store gets the SHA-256 only.
 *
 * @param step `STEP`, or `SYNCHRONIZER/STEP` where several have one of that name
 * @param ttlMs how long it is good for; undefined for as long as who made it is an active user
 * @throws CoreError PERMISSION_DENIED unless the caller is an administrator, NOT_FOUND, VALIDATION, INVALID_FIELD
 */
export const issueToken = async (
  { store, clock, randomBytes }: TokenOptions,
  caller: Caller,
  step: string,
  ttlMs?: number,
): Promise<IssuedToken> => {
  checkLifetime(ttlMs)
  const token = `${prefix}${Buffer.from(randomBytes(secretBytes)).toString('base64url')}`
  const expiresAt = ttlMs === undefined ? undefined : clock.now() + ttlMs
  return { ...(await store.tokens.add(caller, hashOf(token), step, expiresAt)), token }
}

/**
 * Whose token an `Authorization: Bearer` header shows; undefined when it shows none that is good. Throws
 * PERMISSION_DENIED for the token of a call that was good once.
 */
export const callerOfBearer = async (
  { store }: Pick<TokenOptions, 'store'>,
  header: string,
): Promise<Caller | undefined> => {
  const [, callToken] = isCallBearer.exec(header) ?? []
  if (callToken !== undefined) return store.callTokens.caller(callToken)
  const [, token] = isBearer.exec(header) ?? []
  return token === undefined ? undefined : store.tokens.caller(hashOf(token))
}

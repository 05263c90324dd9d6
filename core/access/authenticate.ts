import { createHash, createHmac } from 'node:crypto'
import type { Clock } from '#contract'
import { CoreError } from '../errors.ts'
import { textOf } from '../http/text.ts'
import type { Caller, Credentials, Store } from '../store/port.ts'
import { setBounded } from './bounded.ts'
import { createFailureLimit } from './failure-limit.ts'
import { createGate } from './gate.ts'
import { hashOfNobody, maxPasswordLength, verifyPassword } from './password.ts'
import { callerOfBearer, issueToken, type IssuedToken } from './tokens.ts'

/** What the client showed was not right; nothing tells which part of it. */
const refused = (): CoreError =>
  new CoreError(
    'PERMISSION_DENIED',
    'Failed to authenticate: unknown user, wrong password, or inactive user',
  )

/** Too many failed logins lately, or too many logins at this moment. */
export class TooManyLogins extends CoreError {
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super('TOO_MANY_REQUESTS', `Too many logins; try again in ${retryAfterSeconds} s`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export type AuthenticatorOptions = {
  readonly store: Pick<
    Store,
    'credentials' | 'addSession' | 'sessionCaller' | 'endSession' | 'tokens' | 'callTokens'
  >
  readonly clock: Pick<Clock, 'now'>
  /** That many bytes from a cryptographically strong source. */
  readonly randomBytes: (size: number) => Uint8Array
}

/**
 * Says who a client is (reference core-api.md 1.9). `address` is where the client comes from; failures are
 * limited by address and by account. Passwords that were right lately pass the limit of an address, so that one
 * client's failures do not lock out all others behind the same address; one that was not waits like a wrong one.
 *
 * Wrong credentials reject with PERMISSION_DENIED, as XOS has it on gRPC; too many of them with
 * {@link TooManyLogins}. Neither tells whether the user exists, in words or in time.
 */
export type Authenticator = {
  /** An `Authorization` header: `Basic base64(email:password)`. The password may contain colons. */
  readonly basic: (header: string, address: string) => Promise<Caller>
  readonly password: (email: string, password: string, address: string) => Promise<Caller>
  /** An `Authorization` header: `Bearer sst_...`, with the token of a step, or `Bearer ssc_...`, with that of a call. */
  readonly bearer: (header: string, address: string) => Promise<Caller>
  /** See {@link issueToken}. */
  readonly issueToken: (caller: Caller, step: string, ttlMs?: number) => Promise<IssuedToken>
  /** A session id from `login`. */
  readonly session: (id: string) => Promise<Caller>
  /** A new session id: 32 characters a-z0-9, good for two weeks. Rejects with NOT_AUTHENTICATED. */
  readonly login: (email: string, password: string, address: string) => Promise<string>
  /** Ends a session. An unknown id is fine: it is over already. */
  readonly logout: (id: string) => Promise<void>
}

const minute = 60_000
const unhashedMs = 10_000
const sessionMs = 14 * 24 * 60 * minute
const maxEmailLength = 254

const sessionAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'
const sessionLength = 32
// The largest multiple of 36 a byte can hold: bytes from there on would favour the first letters.
const fairBytes = 252

const isBasic = /^basic +([A-Za-z0-9+/_-]+={0,2})\s*$/i
const isSessionId = /^[a-z0-9]{32}$/

/** Under what name failures of an account are counted: names that no account can have share one. */
const accountOf = (email: string): string => (email.length > maxEmailLength ? '' : email)

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const newSessionId = (randomBytes: AuthenticatorOptions['randomBytes']): string => {
  let id = ''
  while (id.length < sessionLength) {
    for (const byte of randomBytes(sessionLength)) {
      if (byte < fairBytes) id += sessionAlphabet.charAt(byte % sessionAlphabet.length)
    }
  }
  return id.slice(0, sessionLength)
}

const pairOf = (header: string): { email: string; password: string } | undefined => {
  const [, encoded] = isBasic.exec(header) ?? []
  if (encoded === undefined) return undefined
  const text = textOf(Buffer.from(encoded, 'base64'))
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  return { email: text.slice(0, colon), password: text.slice(colon + 1) }
}

export const createAuthenticator = (options: AuthenticatorOptions): Authenticator => {
  const { store, clock, randomBytes } = options
  // Keys of the maps below are digests of (email, password) and of (email, address) under a key that
  // exists in this process only, so that no memory dump holds something a password can be guessed from.
  const digestKey = randomBytes(32)
  const digest = (...parts: readonly string[]): string =>
    createHmac('sha256', digestKey).update(JSON.stringify(parts)).digest('base64')

  // The hash that a pair fitted. Until then it is not hashed again; whose hash it still is, is asked each time.
  const fitted = new Map<string, { readonly passwordHash: string; readonly until: number }>()
  // Addresses an account has logged in from. A stranger's failures must not lock them out.
  const proven = new Map<string, true>()
  // Logins under way: the same pair is hashed once, however many requests bring it.
  const underWay = new Map<string, Promise<Credentials>>()

  const limits = { clock, failures: 10, windowMs: minute, keys: 10_000 }
  const byAccount = createFailureLimit(limits)
  const byAddress = createFailureLimit(limits)
  const tokensByAddress = createFailureLimit(limits)
  // Each login takes 32 MiB and a thread for a while.
  const gate = createGate({ inside: 2, waiting: 200, full: () => new TooManyLogins(1) })

  const requireTries = (pair: string, email: string, address: string): void => {
    const accountMs = proven.has(digest(email, address)) ? 0 : byAccount.waitMs(accountOf(email))
    const addressMs = fitted.has(pair) ? 0 : byAddress.waitMs(address)
    const waitMs = Math.max(accountMs, addressMs)
    if (waitMs > 0) throw new TooManyLogins(Math.ceil(waitMs / 1000))
  }

  const credentialsOf = async (email: string): Promise<Credentials | undefined> =>
    email.length > maxEmailLength || email.includes('\0') ? undefined : store.credentials(email)

  /** The account as it is now; undefined when its password is another one by now, or nobody may use it. */
  const whileItFits = async (email: string, hash: string): Promise<Credentials | undefined> => {
    const credentials = await credentialsOf(email)
    return credentials?.isActive === true && credentials.passwordHash === hash
      ? credentials
      : undefined
  }

  const check = async (pair: string, email: string, plain: string, address: string) => {
    // Asked inside the gate, where at most one other login is between its question and its failure.
    requireTries(pair, email, address)
    const hash = (await credentialsOf(email))?.passwordHash ?? hashOfNobody
    const fits = await verifyPassword(plain.slice(0, maxPasswordLength), hash)
    const credentials =
      fits && plain.length <= maxPasswordLength ? await whileItFits(email, hash) : undefined
    if (credentials !== undefined) return credentials
    fitted.delete(pair)
    byAccount.failed(accountOf(email))
    byAddress.failed(address)
    throw refused()
  }

  const startLogin = (pair: string, email: string, plain: string, address: string) => {
    const login = gate(() => check(pair, email, plain, address))
      .then((credentials) => {
        const { passwordHash } = credentials
        setBounded(fitted, pair, { passwordHash, until: clock.now() + unhashedMs }, 1000)
        setBounded(proven, digest(email, address), true, 1000)
        return credentials
      })
      .finally(() => underWay.delete(pair))
    underWay.set(pair, login)
    return login
  }

  const prove = async (email: string, plain: string, address: string): Promise<Credentials> => {
    const pair = digest(email, plain)
    const { passwordHash, until } = fitted.get(pair) ?? { passwordHash: '', until: 0 }
    const known = until > clock.now() ? await whileItFits(email, passwordHash) : undefined
    return known ?? underWay.get(pair) ?? startLogin(pair, email, plain, address)
  }

  const password: Authenticator['password'] = async (email, plain, address) =>
    (await prove(email, plain, address)).caller

  return {
    password,

    async basic(header, address) {
      const pair = pairOf(header)
      if (pair === undefined) throw refused()
      return password(pair.email, pair.password, address)
    },

    async bearer(header, address) {
      const waitMs = tokensByAddress.waitMs(address)
      if (waitMs > 0) throw new TooManyLogins(Math.ceil(waitMs / 1000))
      const caller = await callerOfBearer(options, header)
      if (caller !== undefined) return caller
      tokensByAddress.failed(address)
      throw new CoreError(
        'PERMISSION_DENIED',
        'The token is unknown, has expired or was revoked, or who made it is no active user',
      )
    },

    issueToken: (caller, step, ttlMs) => issueToken(options, caller, step, ttlMs),

    async session(id) {
      const caller = isSessionId.test(id)
        ? await store.sessionCaller(sha256(id), clock.now())
        : undefined
      if (caller !== undefined) return caller
      throw new CoreError('PERMISSION_DENIED', 'The session is unknown or has ended; log in again')
    },

    async login(email, plain, address) {
      const credentials = await prove(email, plain, address).catch((error: unknown) => {
        if (!(error instanceof CoreError) || error.code !== 'PERMISSION_DENIED') throw error
        throw new CoreError('NOT_AUTHENTICATED', error.message)
      })
      const id = newSessionId(randomBytes)
      const isKept = await store.addSession(sha256(id), credentials, clock.now() + sessionMs)
      if (isKept) return id
      throw new CoreError('NOT_AUTHENTICATED', refused().message)
    },

    async logout(id) {
      if (isSessionId.test(id)) await store.endSession(sha256(id))
    },
  }
}

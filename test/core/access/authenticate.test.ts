import { beforeAll, expect, test } from 'vitest'
import { createAuthenticator } from '#core'
import { TooManyLogins } from '../../../core/access/authenticate.ts'
import { hashPassword } from '../../../core/access/password.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const email = 'admin@opencord.org'
const caller = { userId: 1, email, isAdmin: true }

let passwordHash: string
let otherHash: string
beforeAll(async () => {
  passwordHash = await hashPassword('right')
  otherHash = await hashPassword('changed')
})

const unused = () => Promise.reject(new Error('not asked for here'))
const tokens = { add: unused, list: unused, revoke: unused, caller: unused }
const callTokens = { caller: unused }

/** An authenticator over one account, which may change, and a table of sessions. */
const start = (options: { readonly isActive?: boolean } = {}) => {
  const clock = createManualClock(1_000_000)
  const sessions = new Map<string, number>()
  const account = { caller, passwordHash, isActive: options.isActive ?? true }
  let lastByte = 0
  const authenticator = createAuthenticator({
    clock,
    randomBytes: (size) => Uint8Array.from({ length: size }, () => (lastByte += 7) % 256),
    store: {
      async credentials(asked) {
        return asked === email ? { ...account } : undefined
      },
      async addSession(idHash, credentials, expiresAt) {
        if (credentials.passwordHash !== account.passwordHash) return false
        sessions.set(idHash, expiresAt)
        return true
      },
      async sessionCaller(idHash, now) {
        return (sessions.get(idHash) ?? 0) > now ? caller : undefined
      },
      async endSession(idHash) {
        sessions.delete(idHash)
      },
      tokens,
      callTokens,
    },
  })
  return { ...authenticator, clock, sessions, account }
}

const failTimes = async (
  { password }: ReturnType<typeof start>,
  times: number,
  [who, where]: readonly [string, string],
): Promise<void> => {
  for (let i = 0; i < times; i += 1) {
    await expect(password(who, `wrong ${i}`, where)).rejects.toThrow('Failed to authenticate')
  }
}

test.each([
  ['the right password', email, 'right', true],
  ['a wrong password', email, 'wrong', false],
  ['no password', email, '', false],
  ['an unknown user', 'nobody', 'right', false],
  ['a user that is a member of every object', 'constructor', 'right', false],
  ['a user with a NUL character', 'a\0', 'right', false],
  ['a password that is too long', email, 'right'.padEnd(2000), false],
])('%s', async (_what, who, password, fits) => {
  const login = start().password(who, password, 'home')

  if (fits) expect(await login).toEqual(caller)
  else await expect(login).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
})

test('an inactive user is refused in the words of a wrong password', async () => {
  const inactive = start({ isActive: false }).password(email, 'right', 'home')
  const unknown = start().password('nobody', 'right', 'home')

  const messages = await Promise.all([inactive, unknown].map((login) => login.catch(String)))
  expect(messages[0]).toBe(messages[1])
})

test('a hundred requests at once are one login', async () => {
  const { password, account } = start()
  // More than may wait for a login of their own.
  const logins = Array.from({ length: 300 }, () => password(email, 'right', 'home'))

  expect(new Set(await Promise.all(logins))).toEqual(new Set([account.caller]))
})

test.each([9_999, 10_000])(
  'an account that changes %i ms after a login is known as it is',
  async (ms) => {
    const { password, account, clock } = start()
    await password(email, 'right', 'home')
    await clock.advance(ms)

    account.caller = { ...caller, isAdmin: false }
    expect(await password(email, 'right', 'home')).toMatchObject({ isAdmin: false })
    account.isActive = false
    await expect(password(email, 'right', 'home')).rejects.toThrow('Failed to authenticate')
  },
)

test('the old password lets nobody in from the moment it changes', async () => {
  const { password, login, account } = start()
  await password(email, 'right', 'home')
  account.passwordHash = otherHash

  await expect(password(email, 'right', 'home')).rejects.toThrow('Failed to authenticate')
  await expect(login(email, 'right', 'home')).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' })
  expect(await password(email, 'changed', 'home')).toEqual(caller)
})

test('a password that changes while it is checked makes no session', async () => {
  const { login, sessions, account } = start()
  const late = login(email, 'right', 'home')
  account.passwordHash = otherHash

  await expect(late).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' })
  expect(sessions.size).toBe(0)
})

test('ten failures of an address within a minute, and it has to wait for the end of the minute', async () => {
  const attacked = start()
  for (let i = 0; i < 10; i += 1) await failTimes(attacked, 1, [`user${i}`, 'cellar'])
  const eleventh = await attacked
    .password(email, 'right', 'cellar')
    .catch((error: unknown) => error)

  expect(eleventh).toBeInstanceOf(TooManyLogins)
  expect(eleventh).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 60 })
  expect(await attacked.password(email, 'right', 'home')).toEqual(caller)
  await attacked.clock.advance(60_000)
  expect(await attacked.password(email, 'right', 'cellar')).toEqual(caller)
})

test('failures of an address lock out no password that was right before and still is', async () => {
  const attacked = start()
  await attacked.password(email, 'right', 'proxy')
  await attacked.clock.advance(600_000)
  for (let i = 0; i < 10; i += 1) await failTimes(attacked, 1, [`user${i}`, 'proxy'])

  expect(await attacked.password(email, 'right', 'proxy')).toEqual(caller)
  await expect(attacked.password(email, 'wrong', 'proxy')).rejects.toBeInstanceOf(TooManyLogins)
  attacked.account.passwordHash = otherHash
  await expect(attacked.password(email, 'right', 'proxy')).rejects.toThrow('Failed to authenticate')
  await expect(attacked.password(email, 'right', 'proxy')).rejects.toBeInstanceOf(TooManyLogins)
})

test('ten failures of an account from anywhere, and strangers have to wait, but not its owner', async () => {
  const attacked = start()
  await attacked.password(email, 'right', 'home')
  await attacked.clock.advance(20_000)
  for (let i = 0; i < 10; i += 1) await failTimes(attacked, 1, [email, `cellar ${i}`])

  await expect(attacked.password(email, 'right', 'attic')).rejects.toBeInstanceOf(TooManyLogins)
  expect(await attacked.password(email, 'right', 'home')).toEqual(caller)
})

test('many different passwords at once do not get past the limit', async () => {
  const attacked = start()
  const logins = Array.from({ length: 30 }, (_, i) => attacked.password(email, String(i), 'cellar'))
  const refused = await Promise.all(logins.map((login) => login.catch((error: unknown) => error)))

  const tried = refused.filter((error) => !(error instanceof TooManyLogins))
  expect(tried.length).toBeLessThanOrEqual(11)
})

test('a session is kept by its hash for two weeks, or until its end', async () => {
  const { login, session, logout, sessions, clock } = start()
  const id = await login(email, 'right', 'home')
  const other = await login(email, 'right', 'home')

  expect(id).toMatch(/^[a-z0-9]{32}$/)
  expect(other).not.toBe(id)
  expect([...sessions.keys()].join()).not.toContain(id)
  expect(await session(id)).toEqual(caller)
  await logout(other)
  await expect(session(other)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  await clock.advance(14 * 24 * 60 * 60_000)
  await expect(session(id)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
})

test('a failed login is not authenticated; the log-out of nobody is fine', async () => {
  const { login, logout } = start()

  await expect(login(email, 'wrong', 'home')).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' })
  await logout('')
})

const encoded = (text: string, encoding: BufferEncoding = 'utf8'): string =>
  Buffer.from(text, encoding).toString('base64')

test.each([
  ['the scheme in any case', `bAsIc ${encoded(`${email}:right`)}`, true],
  ['another password with colons', `Basic ${encoded(`${email}:right:er`)}`, false],
  ['no colon', `Basic ${encoded(email)}`, false],
  ['no base64', 'Basic {}', false],
  ['another scheme', `Bearer ${encoded(`${email}:right`)}`, false],
])('a header with %s', async (_what, header, fits) => {
  const login = start().basic(header, 'home')

  if (fits) expect(await login).toEqual(caller)
  else await expect(login).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
})

test('when the store fails, so does the login, and the next one tries again', async () => {
  let broken = true
  const { clock } = start()
  const { password } = createAuthenticator({
    clock,
    randomBytes: (size) => new Uint8Array(size),
    store: {
      async credentials() {
        if (broken) throw new Error('no connection')
        return { caller, passwordHash, isActive: true }
      },
      addSession: async () => true,
      sessionCaller: async () => undefined,
      endSession: async () => undefined,
      tokens,
      callTokens,
    },
  })

  await expect(password(email, 'right', 'home')).rejects.toThrow('no connection')
  broken = false
  expect(await password(email, 'right', 'home')).toEqual(caller)
})

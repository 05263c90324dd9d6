import { CoreError } from '../errors.ts'
import { requireAdministrator } from '../access/require-administrator.ts'
import { note } from './audit.ts'
import type { Database, Sql } from './database.ts'
import type { StepKind } from '#contract'
import type { Caller } from './caller.ts'
import { knownSteps } from './known-steps.ts'

/** What is known of a token; not the token itself, which nobody keeps. */
export type Token = {
  readonly id: number
  /** `synchronizer/step`. */
  readonly step: string
  /** Id of the user who made it, and whom it needs to stay an active user. */
  readonly userId: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly expiresAt?: number
}

/** Tokens of steps, kept by their SHA-256. All but `caller` throw PERMISSION_DENIED unless an administrator asks. */
export type Tokens = {
  /** Throws NOT_FOUND for an unknown step, VALIDATION when several synchronizers have one of that name. */
  add(caller: Caller, hash: string, step: string, expiresAt: number | undefined): Promise<Token>
  list(caller: Caller): Promise<readonly Token[]>
  /** Throws NOT_FOUND. */
  revoke(caller: Caller, id: number): Promise<void>
  /** Undefined when unknown or expired, or when who made it is inactive or deleted. */
  caller(hash: string): Promise<Caller | undefined>
}

type TokenRow = {
  readonly id: number
  readonly step: string
  readonly user_id: number
  readonly created: number
  readonly expires: number | null
}

const columns = `id, synchronizer || '/' || step as step, user_id, created, expires`

const tokenOf = ({ id, step, user_id, created, expires }: TokenRow): Token => ({
  id,
  step,
  userId: user_id,
  createdAt: created / 1000,
  ...(expires === null ? {} : { expiresAt: expires / 1000 }),
})

const stepNamed = async (sql: Sql, name: string) => {
  const known = await sql.query<{ synchronizer: string; step: string }>(
    `select distinct synchronizer, step from ${knownSteps} k order by synchronizer, step`,
  )
  const fits = known.filter(
    ({ synchronizer, step }) => name === step || name === `${synchronizer}/${step}`,
  )
  const listOf = (steps: typeof known): string =>
    steps.map(({ synchronizer, step }) => `${synchronizer}/${step}`).join(', ')
  const [step, other] = fits
  if (step === undefined) {
    throw new CoreError(
      'NOT_FOUND',
      `There is no step ${name}. Known are: ${known.length === 0 ? 'none' : listOf(known)}`,
    )
  }
  if (other !== undefined) {
    throw new CoreError(
      'VALIDATION',
      `Several steps are named ${name}: say which of ${listOf(fits)}`,
    )
  }
  return step
}

/** @param now microseconds since 1970 */
export const createTokens = (database: Database, now: () => number): Tokens => ({
  async add(caller, hash, name, expiresAt) {
    requireAdministrator(caller, 'make tokens')
    return database.transaction(async (sql) => {
      const { synchronizer, step } = await stepNamed(sql, name)
      const [row] = await sql.query<TokenRow>(
        `insert into token (hash, synchronizer, step, user_id, created, expires)
         values ($1, $2, $3, $4, $5, $6) returning ${columns}`,
        [
          hash,
          synchronizer,
          step,
          caller.userId,
          now(),
          expiresAt === undefined ? null : expiresAt * 1000,
        ],
      )
      if (row === undefined) throw new Error('The token was not written')
      const model = `token of ${row.step}`
      await note(sql, caller, { at: now(), operation: 'token-created', model, id: row.id })
      return tokenOf(row)
    })
  },

  async list(caller) {
    requireAdministrator(caller, 'list tokens')
    const rows = await database.query<TokenRow>(`select ${columns} from token order by id`)
    return rows.map(tokenOf)
  },

  async revoke(caller, id) {
    requireAdministrator(caller, 'revoke tokens')
    await database.transaction(async (sql) => {
      const [row] = await sql.query<TokenRow>(
        `delete from token where id = $1::bigint returning ${columns}`,
        [id],
      )
      if (row === undefined) throw new CoreError('NOT_FOUND', `There is no token with id ${id}`)
      const model = `token of ${row.step}`
      await note(sql, caller, { at: now(), operation: 'token-revoked', model, id: row.id })
    })
  },

  async caller(hash) {
    const [row] = await database.query<TokenRow & { email: string; kind: StepKind }>(
      `select t.id, t.synchronizer || '/' || t.step as step, t.user_id, t.created, t.expires,
              r.fields ->> 'email' as email,
              coalesce((select k.kind from ${knownSteps} k
                        where k.synchronizer = t.synchronizer and k.step = t.step
                        order by k.kind limit 1), 'sync') as kind
       from token t join record r on r.root = 'User' and r.id = t.user_id
       where t.hash = $1 and (t.expires is null or t.expires > $2)
         and not r.deleted and r.fields -> 'is_active' = 'true'
         and r.fields -> 'is_admin' = 'true'`,
      [hash, now()],
    )
    if (row === undefined) return undefined
    const { user_id: userId, email, step, kind } = row
    return { userId, email, isAdmin: false, step, stepKind: kind }
  },
})

import type { CoreAccess, StepKind } from '#contract'
import { CoreError } from '../errors.ts'
import type { Caller } from './caller.ts'
import type { Sql } from './database.ts'
import { knownSteps } from './known-steps.ts'
import type { Signed } from './signed.ts'

/** What the function of one step may do during a call, and where. */
export type AccessOf = (kind: StepKind, about: string) => CoreAccess

export type CallTokens = {
  /**
   * For which step the token was made; undefined when no core of this database made it. Throws PERMISSION_DENIED when it
   * is good no more.
   */
  caller(token: string): Promise<Caller | undefined>
}

/** Begins the token of a call, as `sst_` begins those that people make for steps. */
const callTokenPrefix = 'ssc_'

/** Work may wait for its turn in a dispatcher before it is called, and the call may take long. */
const goodForMicros = 60 * 60 * 1_000_000

/** Kind, model or `SYNCHRONIZER/STEP`, and until when it is good, in microseconds. */
type Payload = readonly [StepKind, string, number]

const over = (why: string): CoreError =>
  new CoreError('PERMISSION_DENIED', `The token of the call is good no more: ${why}`)

type CallerRow = { readonly step: string; readonly userId: number; readonly email: string }

export type CallTokensContext = {
  readonly sql: Sql
  /** Microseconds since 1970. */
  readonly now: () => number
  readonly signed: Signed
  /** Where functions reach the REST face; undefined: nowhere. */
  readonly address: () => string | undefined
}

/**
 * Tokens of calls: signed, so that nothing is written for them, and the same for all calls of a step in one lease. Their
 * users are the first administrator that is active, as nobody in particular leases.
 */
export const createCallTokens = ({ sql, now, signed, address }: CallTokensContext) =>
  ({
    /** Undefined where functions cannot reach this core. */
    async issuer(): Promise<AccessOf | undefined> {
      const url = address()
      if (url === undefined) return undefined
      const sign = await signed.signer()
      const expires = now() + goodForMicros
      const made = new Map<string, CoreAccess>()
      return (kind, about) => {
        const name = `${kind} ${about}`
        const payload: Payload = [kind, about, expires]
        const access = made.get(name) ?? { url, token: `${callTokenPrefix}${sign(payload)}` }
        made.set(name, access)
        return access
      }
    },

    async caller(token: string): Promise<Caller | undefined> {
      const payload = await signed.read(token.slice(callTokenPrefix.length))
      if (payload === undefined) return undefined
      const [kind, about, expires] = payload as Payload
      if (expires <= now()) throw over('its time is over')
      const [row] = await sql.query<CallerRow>(
        `select k.synchronizer || '/' || k.step as step, u.id as "userId", u.email
       from ${knownSteps} k, (
         select id, fields ->> 'email' as email from record
         where root = 'User' and not deleted and fields -> 'is_active' = 'true'
           and fields -> 'is_admin' = 'true'
         order by id limit 1
       ) u
       where k.kind = $1 and k.about = $2`,
        [kind, about],
      )
      if (row === undefined) throw over(`there is no such ${kind} step any more`)
      return { ...row, isAdmin: false, stepKind: kind }
    },
  }) satisfies CallTokens & { issuer(): Promise<AccessOf | undefined> }

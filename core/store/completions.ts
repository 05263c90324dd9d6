import { stepKindOf, type Completion, type Operation, type Outcome } from '#contract'
import type { Schema } from '#xproto'
import { CoreError } from '../errors.ts'
import type { CompletionOptions, CompletionRight, Completions } from './completions-port.ts'
import type { Sql } from './database.ts'
import { lastOutcome } from './history.ts'
import { report } from './report.ts'
import type { RecordRow } from './row.ts'
import type { Signed } from './signed.ts'

/** A call that is about to be made. */
type LeasedCall = Omit<CompletionRight, 'leasedAt' | 'expiresAt'>

/** Makes the completions of one lease. */
export type CompletionOf = (call: LeasedCall) => Completion

type Fields = readonly [string, number, Operation, number, number, number, number, number]

const fieldsOf = (right: CompletionRight): Fields => {
  const { key, operation, stamp, call, token, leasedAt, expiresAt } = right
  return [key.model, key.id, operation, stamp, call, token, leasedAt, expiresAt]
}

const rightOf = (fields: Fields): CompletionRight => {
  const [model, id, operation, stamp, call, token, leasedAt, expiresAt] = fields
  return { key: { model, id }, operation, stamp, call, token, leasedAt, expiresAt }
}

const unknown = (): CoreError =>
  new CoreError('PERMISSION_DENIED', 'This is no address that a call was given to be completed at')

const gone = (why: string): CoreError =>
  new CoreError('GONE', `${why}: what came of this call counts no more`)

type CalledRow = Pick<RecordRow, 'root' | 'id' | 'lease_token' | 'policy_leased'> & {
  readonly lease_owner: string | null
  /** Of the step, or of the policy: whichever was called. */
  readonly calls: number
  readonly failures: number
  /** What the function answered to the last call; null when nobody was told. */
  readonly outcome: string | null
}

/** Which of the functions of a record has the right. */
const kindOf = ({ operation }: CompletionRight): 'sync' | 'policy' => stepKindOf(operation)

const countsOf = {
  sync: 'r.calls, r.failures',
  policy: 'r.policy_calls as calls, r.policy_failures as failures',
} as const

/** Whether the record is leased for the other one of its functions. */
const isElsewhere = (right: CompletionRight, row: CalledRow): boolean =>
  row.lease_token !== null && row.policy_leased !== (kindOf(right) === 'policy')

/** The record of a right, locked. Throws unless the call of the right is its last one, and was answered 202 at most. */
const calledRow = async (sql: Sql, schema: Schema, right: CompletionRight): Promise<CalledRow> => {
  const { key, call, token } = right
  const kind = kindOf(right)
  // First the lock, so that the next statement sees what was reported until now.
  const locked = `from record r where r.root = $1 and r.id = $2 and r.leaf = $3`
  const parameters = [schema.model(key.model)?.root ?? '', key.id, key.model]
  await sql.query(`select ${locked} for update`, parameters)
  const [row] = await sql.query<CalledRow>(
    `select r.root, r.id, ${countsOf[kind]}, r.lease_owner, r.lease_token, r.policy_leased,
            ${lastOutcome(kind, 'r')} as outcome
     ${locked}`,
    parameters,
  )
  if (row === undefined) throw gone(`${key.model} ${key.id} is gone`)
  const isItsLease = isElsewhere(right, row) || (row.lease_token ?? token) === token
  const isLast = row.calls === call && isItsLease
  if (!isLast) throw gone(`${key.model} ${key.id} has been called for again`)
  if (row.outcome === null || row.outcome === 'in-progress') return row
  throw new CoreError(
    'ALREADY_COMPLETED',
    `The last call for ${key.model} ${key.id} was completed before, or answered with something else than 202`,
  )
}

/** Without a word of the function: as late as a dispatcher would, by its defaults. */
const retryInMs = (outcome: Outcome, failures: number): number | undefined => {
  if (outcome.kind === 'deferred') return outcome.retryAfterMs ?? 5_000
  const isTriedAgain = outcome.kind === 'failed' && outcome.retry
  return isTriedAgain ? Math.min(600_000, 1_000 * 2 ** Math.min(failures, 10)) : undefined
}

/** The largest number that a duration is kept as. */
const longestMs = 2_147_483_647

export type CompletionsContext = {
  readonly transaction: <T>(work: (sql: Sql, schema: Schema) => Promise<T>) => Promise<T>
  /** Microseconds since 1970. */
  readonly now: () => number
  readonly signed: Signed
  readonly options: CompletionOptions | undefined
}

/** Signs rights without a word to the database, and takes each back once: the history of its record says if it was. */
export const createCompletions = (context: CompletionsContext) => {
  const { transaction, now, signed, options } = context

  return {
    /** Undefined where functions cannot reach this core. */
    async issuer(): Promise<CompletionOf | undefined> {
      const address = options?.address()
      if (options === undefined || address === undefined) return undefined
      const { timeoutMs } = options
      const sign = await signed.signer()
      const leasedAt = Math.floor(now() / 1000)
      const expiresAt = leasedAt + timeoutMs
      return (call) => {
        const right = sign(fieldsOf({ ...call, leasedAt, expiresAt }))
        return { url: `${address}${right}`, timeoutMs }
      }
    },

    async read(text: string): Promise<CompletionRight> {
      const fields = await signed.read(text)
      if (fields === undefined) throw unknown()
      const right = rightOf(fields as Fields)
      if (right.expiresAt * 1000 <= now()) throw gone('The time to complete it is over')
      return right
    },

    complete: (right: CompletionRight, outcome: Outcome): Promise<void> =>
      transaction(async (sql, schema) => {
        const { key, operation, token, stamp, leasedAt } = right
        const row = await calledRow(sql, schema, right)
        const lend = (owner: string | null, lent: number | null, isPolicy: boolean) =>
          sql.query(
            `update record set lease_owner = $3, lease_token = $4, policy_leased = $5
             where root = $1 and id = $2`,
            [row.root, row.id, owner, lent, isPolicy],
          )
        if (row.lease_token !== token) await lend(null, token, kindOf(right) === 'policy')
        const delay = retryInMs(outcome, row.failures)
        const durationMs = Math.min(longestMs, Math.max(0, now() / 1000 - leasedAt))
        const one = { key, operation, token, stamp, outcome, durationMs }
        await report({ sql, schema, now: now() }, [
          delay === undefined ? one : { ...one, retryInMs: delay },
        ])
        // The other function of the record goes on.
        if (isElsewhere(right, row)) await lend(row.lease_owner, row.lease_token, row.policy_leased)
      }),
  } satisfies Completions & { issuer(): Promise<CompletionOf | undefined> }
}

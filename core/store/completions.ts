import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Completion, Operation, Outcome } from '#contract'
import type { Schema } from '#xproto'
import { CoreError } from '../errors.ts'
import type { CompletionOptions, CompletionRight, Completions } from './completions-port.ts'
import type { Database, Sql } from './database.ts'
import { report } from './report.ts'
import type { RecordRow } from './row.ts'

/** A call that is about to be made. */
type LeasedCall = Omit<CompletionRight, 'leasedAt' | 'expiresAt'>

/** Makes the completions of one lease. */
export type CompletionOf = (call: LeasedCall) => Completion

type SigningKey = { readonly id: number; readonly secret: string; readonly created: number }

const dayMicros = 24 * 60 * 60 * 1_000_000
/** A key signs for so long, and what it signed is good for as long again at most. */
const signsMicros = 30 * dayMicros

const macOf = (secret: string, text: string): Buffer =>
  createHmac('sha256', secret).update(text).digest()

const signed = ({ id, secret }: SigningKey, right: CompletionRight): string => {
  const { key, operation, stamp, call, token, leasedAt, expiresAt } = right
  const fields = [key.model, key.id, operation, stamp, call, token, leasedAt, expiresAt]
  const text = `${id}.${Buffer.from(JSON.stringify(fields)).toString('base64url')}`
  return `${text}.${macOf(secret, text).toString('base64url')}`
}

type Fields = readonly [string, number, Operation, number, number, number, number, number]

/** Only what was signed here is parsed. */
const rightIn = (payload: string): CompletionRight => {
  const text = Buffer.from(payload, 'base64url').toString()
  const [model, id, operation, stamp, call, token, leasedAt, expiresAt] = JSON.parse(text) as Fields
  return { key: { model, id }, operation, stamp, call, token, leasedAt, expiresAt }
}

const unknown = (): CoreError =>
  new CoreError('PERMISSION_DENIED', 'This is no address that a call was given to be completed at')

const gone = (why: string): CoreError =>
  new CoreError('GONE', `${why}: what came of this call counts no more`)

/** The keys as this core knows them. All cores of a database share them. */
const createKeys = (
  database: Database,
  now: () => number,
  randomBytes: (size: number) => Uint8Array,
) => {
  let known: readonly SigningKey[] = []

  const look = async (sql: Sql): Promise<void> => {
    known = await sql.query<SigningKey>(`select id, secret, created from signing_key order by id`)
  }

  const isFresh = (key: SigningKey): boolean => key.created > now() - signsMicros

  const renew = (): Promise<void> =>
    database.transaction(async (sql) => {
      await sql.query(`delete from signing_key where created <= $1`, [now() - 2 * signsMicros])
      await sql.query(
        `insert into signing_key (secret, created)
         select $1, $2 where not exists (select from signing_key where created > $3)`,
        [Buffer.from(randomBytes(32)).toString('base64url'), now(), now() - signsMicros],
      )
      await look(sql)
    })

  return {
    async newest(): Promise<SigningKey> {
      const held = known.at(-1)
      if (held !== undefined && isFresh(held)) return held
      await renew()
      const made = known.at(-1)
      if (made === undefined) throw new Error('No key was made')
      return made
    },

    async find(id: number): Promise<SigningKey | undefined> {
      const held = known.find((key) => key.id === id)
      if (held !== undefined) return held
      await look(database)
      return known.find((key) => key.id === id)
    },
  }
}

type CalledRow = Pick<RecordRow, 'root' | 'id' | 'calls' | 'lease_token' | 'failures'> & {
  /** What the function answered to the last call; null when nobody was told. */
  readonly outcome: string | null
}

/** The record of a right, locked. Throws unless the call of the right is its last one, and was answered 202 at most. */
const calledRow = async (
  sql: Sql,
  schema: Schema,
  { key, call, token }: CompletionRight,
): Promise<CalledRow> => {
  // First the lock, so that the next statement sees what was reported until now.
  const locked = `from record r where r.root = $1 and r.id = $2 and r.leaf = $3`
  const parameters = [schema.model(key.model)?.root ?? '', key.id, key.model]
  await sql.query(`select ${locked} for update`, parameters)
  const [row] = await sql.query<CalledRow>(
    `select r.root, r.id, r.calls, r.lease_token, r.failures,
            (select a.outcome from attempt a where a.root = r.root and a.id = r.id and a.number = r.calls) as outcome
     ${locked}`,
    parameters,
  )
  if (row === undefined) throw gone(`${key.model} ${key.id} is gone`)
  const isLast = row.calls === call && (row.lease_token ?? token) === token
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
  readonly database: Database
  readonly transaction: <T>(work: (sql: Sql, schema: Schema) => Promise<T>) => Promise<T>
  /** Microseconds since 1970. */
  readonly now: () => number
  readonly randomBytes: (size: number) => Uint8Array
  readonly options: CompletionOptions | undefined
}

/** Signs rights without a word to the database, and takes each back once: the history of its record says if it was. */
export const createCompletions = (context: CompletionsContext) => {
  const { database, transaction, now, randomBytes, options } = context
  const keys = createKeys(database, now, randomBytes)

  return {
    /** Undefined where functions cannot reach this core. */
    async issuer(): Promise<CompletionOf | undefined> {
      const address = options?.address()
      if (options === undefined || address === undefined) return undefined
      const { timeoutMs } = options
      const key = await keys.newest()
      const leasedAt = Math.floor(now() / 1000)
      const expiresAt = leasedAt + timeoutMs
      return (call) => {
        const right = signed(key, { ...call, leasedAt, expiresAt })
        return { url: `${address}${right}`, timeoutMs }
      }
    },

    async read(text: string): Promise<CompletionRight> {
      const [, id = '', payload = '', mac = ''] =
        /^(\d{1,9})\.([\w-]{1,500})\.([\w-]{43})$/.exec(text) ?? []
      const key = id === '' ? undefined : await keys.find(Number(id))
      if (key === undefined) throw unknown()
      const expected = macOf(key.secret, `${id}.${payload}`)
      if (!timingSafeEqual(expected, Buffer.from(mac, 'base64url'))) throw unknown()
      const right = rightIn(payload)
      if (right.expiresAt * 1000 <= now()) throw gone('The time to complete it is over')
      return right
    },

    complete: (right: CompletionRight, outcome: Outcome): Promise<void> =>
      transaction(async (sql, schema) => {
        const { key, operation, token, stamp, leasedAt } = right
        const row = await calledRow(sql, schema, right)
        if (row.lease_token === null) {
          await sql.query(`update record set lease_token = $3 where root = $1 and id = $2`, [
            row.root,
            row.id,
            token,
          ])
        }
        const delay = retryInMs(outcome, row.failures)
        const durationMs = Math.min(longestMs, Math.max(0, now() / 1000 - leasedAt))
        const one = { key, operation, token, stamp, outcome, durationMs }
        await report({ sql, schema, now: now() }, [
          delay === undefined ? one : { ...one, retryInMs: delay },
        ])
      }),
  } satisfies Completions & { issuer(): Promise<CompletionOf | undefined> }
}

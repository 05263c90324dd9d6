import { CoreError } from '../errors.ts'
import type { Sql } from './database.ts'
import type { Caller, OnceAnswer, OnceRequest } from './port.ts'

const keptMicroseconds = 24 * 60 * 60 * 1_000_000
/** Answers kept of one caller; the oldest goes first. */
const mostKept = 10_000
// Cleaning up is shared among requests: each one removes more than it adds.
const removedAtOnce = 10

type KeptRow = { readonly fingerprint: string; readonly answer: string; readonly at: number }

const callerText = ({ userId, step }: Caller): string => JSON.stringify([userId, step ?? null])

/** Nobody else carries out the same request until the transaction ends; false when somebody does just now. */
const claim = async (sql: Sql, caller: string, key: string): Promise<boolean> => {
  const [lock] = await sql.query<{ claimed: boolean }>(
    `select pg_try_advisory_xact_lock(hashtextextended($1, 2)) as claimed`,
    [JSON.stringify([caller, key])],
  )
  return lock?.claimed === true
}

const keptOf = async (sql: Sql, caller: string, key: string): Promise<KeptRow | undefined> => {
  const [row] = await sql.query<KeptRow>(
    `select fingerprint, answer, at from idempotency where caller = $1 and key = $2`,
    [caller, key],
  )
  return row
}

const forget = async (sql: Sql, caller: string, now: number): Promise<void> => {
  await sql.query(
    `delete from idempotency where (caller, key) in (
       select caller, key from idempotency where at <= $1
       order by at limit ${removedAtOnce} for update skip locked
     )`,
    [now - keptMicroseconds],
  )
  await sql.query(
    `delete from idempotency where caller = $1 and place in (
       select place from idempotency where caller = $1
       order by place desc offset ${mostKept} limit ${removedAtOnce}
     )`,
    [caller],
  )
}

/**
 * Carries a request out once: the answer is kept in the same transaction as what it did, for 24 hours, and whoever
 * asks again with the same key gets it. What was refused is not kept, for nothing was done.
 *
 * Throws KEY_REUSED when the key came with another request before, IN_PROGRESS when the same one runs just now.
 */
export const answerOnce = async (
  sql: Sql,
  now: number,
  asker: Caller,
  { key, fingerprint }: OnceRequest,
  work: () => Promise<string>,
): Promise<OnceAnswer> => {
  const caller = callerText(asker)
  if (!(await claim(sql, caller, key))) {
    throw new CoreError(
      'IN_PROGRESS',
      'The same request is being carried out; try again in a moment',
    )
  }
  const kept = await keptOf(sql, caller, key)
  if (kept !== undefined && kept.at > now - keptMicroseconds) {
    if (kept.fingerprint === fingerprint) return { answer: kept.answer, isRepeated: true }
    throw new CoreError(
      'KEY_REUSED',
      'This Idempotency-Key was used for another request in the last 24 hours. Choose a new key for a new request',
    )
  }
  const answer = await work()
  await sql.query(
    `insert into idempotency (caller, key, fingerprint, answer, at) values ($1, $2, $3, $4, $5)
     on conflict (caller, key) do update
       set fingerprint = excluded.fingerprint, answer = excluded.answer, at = excluded.at`,
    [caller, key, fingerprint, answer, now],
  )
  await forget(sql, caller, now)
  return { answer, isRepeated: false }
}

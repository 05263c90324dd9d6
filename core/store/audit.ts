import { requireAdministrator } from '../access/require-administrator.ts'
import { CoreError } from '../errors.ts'
import type { Sql } from './database.ts'
import type { Caller } from './caller.ts'

/** One write that somebody asked for; a cascade has one for each record. */
export type AuditEntry = {
  /** Its place: grows with time. That of the change of the record. */
  readonly number: number
  /** Microseconds since 1970. */
  readonly at: number
  readonly userId: number
  readonly email: string
  /** The step whose token was shown. */
  readonly step?: string
  readonly face?: string
  /**
   * `created`, `updated`, `deleted`, `purged`; `released` without its delete step; `token-created`, `token-revoked`;
   * `restored`, all of the store.
   */
  readonly operation: string
  readonly model: string
  readonly id: number
  /** Names of the fields an update changed, links by wire name; never values. */
  readonly changedFields: readonly string[]
  /** Why a record was released, as who did it says. */
  readonly reason?: string
}

export type AuditQuestion = {
  readonly model?: string
  readonly id?: number
  /** At most so many, 1 to 1000; the youngest first. */
  readonly limit: number
  /** Only what is older than the entry with this number. */
  readonly after?: number
}

type AuditRow = Omit<AuditEntry, 'step' | 'face' | 'reason'> & {
  readonly step: string | null
  readonly face: string | null
  readonly reason: string | null
}

const mostEntries = 1000

/** Throws PERMISSION_DENIED unless the caller is an administrator. */
export const readAudit = async (
  sql: Sql,
  caller: Caller,
  { model, id, limit, after }: AuditQuestion,
): Promise<readonly AuditEntry[]> => {
  requireAdministrator(caller, 'read the audit')
  if (!Number.isInteger(limit) || limit < 1 || limit > mostEntries) {
    throw new CoreError('INVALID_FIELD', `Expected a limit of 1 to ${mostEntries}, got ${limit}`, {
      limit: 'out of range',
    })
  }
  const rows = await sql.query<AuditRow>(
    `select revision as number, at, user_id as "userId", email, step, face, operation, model,
            record_id as id, changed as "changedFields", reason
     from audit
     where ($1::text is null or model = $1) and ($2::bigint is null or record_id = $2)
       and ($3::bigint is null or revision < $3)
     order by revision desc limit $4`,
    [model ?? null, id ?? null, after ?? null, limit],
  )
  return rows.map(({ step, face, reason, ...entry }) => ({
    ...entry,
    ...(step === null ? {} : { step }),
    ...(face === null ? {} : { face }),
    ...(reason === null ? {} : { reason }),
  }))
}

/** Notes what is no write of a record, in the transaction that does it. */
export const note = async (
  sql: Sql,
  { userId, email, step, face }: Caller,
  entry: Pick<AuditEntry, 'at' | 'operation' | 'model' | 'id' | 'reason'>,
): Promise<void> => {
  const { at, operation, model, id, reason } = entry
  await sql.query(
    `insert into audit (at, user_id, email, step, face, operation, model, record_id, changed, reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8, '{}', $9)`,
    [at, userId, email, step ?? null, face ?? null, operation, model, id, reason ?? null],
  )
}

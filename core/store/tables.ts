import { CoreError } from '../errors.ts'
import type { Database } from './database.ts'
import { changeTriggers } from './changes/triggers.ts'
import { leaseFunction } from './lease.ts'
import { lockSchema, schemaFunction } from './schema-state.ts'
import { migrations } from './migrations/index.ts'
import { leasePoliciesFunction } from './policies/lease.ts'
import { policyTriggers } from './policies/triggers.ts'

/** A version that does not know the tables would write what the newer one does not expect. */
const refuseNewer = (done: ReadonlySet<number>): void => {
  const newest = Math.max(0, ...done)
  if (newest <= migrations.length) return
  throw new CoreError(
    'UNAVAILABLE',
    `A newer version of Syncstep has made this database: its tables are at step ${newest}, this version knows ` +
      `${migrations.length}. Start that version, or name another database.`,
  )
}

/**
 * Brings the tables to the newest step, and the functions to this version; one core after the other. Throws UNAVAILABLE
 * and writes nothing when a newer version has been here.
 */
export const migrate = (database: Database): Promise<void> =>
  database.transaction(async (sql) => {
    await lockSchema(sql)
    await sql.query(`create table if not exists migration (step integer primary key)`)
    const done = await sql.query<{ step: number }>(`select step from migration`)
    const known = new Set(done.map(({ step }) => step))
    refuseNewer(known)
    for (const [index, text] of migrations.entries()) {
      const step = index + 1
      if (known.has(step)) continue
      for (const statement of statementsOf(text)) await sql.query(statement)
      await sql.query(`insert into migration (step) values ($1)`, [step])
    }
    // A function holds no data: it is always as this version of the code wants it.
    await sql.query(leaseFunction)
    await sql.query(leasePoliciesFunction)
    await sql.query(schemaFunction)
    for (const statement of [...changeTriggers, ...policyTriggers]) await sql.query(statement)
  })

// One statement a call: the extended protocol, which binds parameters, takes no more.
const statementsOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')

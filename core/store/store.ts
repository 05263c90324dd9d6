import { randomBytes, randomUUID } from 'node:crypto'
import { stepKindOf, type Clock, type Work, type WorkSource } from '#contract'
import type { Schema, Source } from '#xproto'
import { hashPassword } from '../access/password.ts'
import { databaseInfo, xprotoText } from './about.ts'
import { createBackups, type Backups } from './backup/backups.ts'
import { readAudit } from './audit.ts'
import { keepWithin, startLog } from './changes/keep.ts'
import { createPublishing } from './changes/publishing.ts'
import { createWatching } from './changes/watching.ts'
import { describeWriter, writerTexts, type Writer } from './changes/writer.ts'
import { createCallTokens, type AccessOf } from './call-tokens.ts'
import { createCompletions } from './completions.ts'
import type { CompletionOptions } from './completions-port.ts'
import type { Database, Sql } from './database.ts'
import { createDeliveries } from './deliveries/deliveries.ts'
import { reportDeliveries } from './deliveries/report.ts'
import { endHolds } from './hold.ts'
import { answerOnce } from './idempotency.ts'
import { endLeases, lease, touchDispatcher } from './lease.ts'
import { createOperations, type Operations } from './operations/operations.ts'
import type { Caller, Credentials, LockingRecords, Records, Store } from './port.ts'
import { liveRows, modelNamed } from './read.ts'
import { createRecords } from './records.ts'
import { loadSchema, readSources } from './read-schema.ts'
import { report } from './report.ts'
import type { RecordRow } from './row.ts'
import { createCurrentSchema, lockSchema, schemaChannel, startSchema } from './schema-state.ts'
import { createModelChanges } from './services/services.ts'
import { createSigned, createSigningKeys } from './signed.ts'
import { seed, type Admin } from './seed.ts'
import { migrate } from './tables.ts'
import { createTokens } from './tokens.ts'
import { wakeChannel } from './wake.ts'

export type StoreOptions = {
  readonly database: Database
  /** The core models; services add theirs when they register. */
  readonly coreModels: readonly Source[]
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** The first user, made when there is none; undefined: left to whoever opens the database next. */
  readonly admin?: Admin
  /** Lets functions complete calls that they answered 202; undefined: they do not reach the core. */
  readonly completions?: CompletionOptions
  /** Where functions reach the REST face, for what their calls may do in the core; undefined: they do not. */
  readonly restAddress?: () => string | undefined
}

export type OpenStore = {
  readonly store: Store
  readonly work: WorkSource
  readonly operations: Operations
  readonly backups: Backups
  /** Closes the database, too. */
  close(): Promise<void>
}

/** When the models could not be read of which another core tells. */
const refreshAgainMs = 5_000

const withAccess = (work: readonly Work[], accessOf: AccessOf): readonly Work[] =>
  work.map((one) => ({ ...one, access: accessOf(stepKindOf(one.operation), one.key.model) }))

const callerOf = (row: RecordRow): Caller => ({
  userId: row.id,
  email: String(row.fields['email']),
  isAdmin: row.fields['is_admin'] === true,
})

/**
 * Opens the store on a database: makes the tables, loads the schema, and ends leases that nobody can hold any
 * more. Everything the core does with data goes through what this answers.
 */
export const openStore = async (options: StoreOptions): Promise<OpenStore> => {
  const { database, coreModels, clock, admin } = options
  const now = (): number => clock.now() * 1000
  const recordsOf = (sql: Sql, schema: Schema, caller: Caller): LockingRecords =>
    createRecords({ sql, schema, now, caller, hashPassword, randomUuid: randomUUID })
  await migrate(database)
  const loaded = await database.transaction(async (sql) => {
    await lockSchema(sql)
    const schema = await loadSchema(sql, coreModels, now())
    await startLog(sql, now(), database.exclusive)
    if (admin !== undefined) {
      await seed({ sql, schema, now: now(), hashPassword, randomUuid: randomUUID }, admin)
    }
    if (database.exclusive) {
      await sql.query(`delete from dispatcher`)
      await endLeases(sql)
    }
    return { schema, revision: await startSchema(sql, coreModels) }
  })
  const current = createCurrentSchema(coreModels, loaded)

  const transaction = <T>(
    work: (sql: Sql, schema: Schema) => Promise<T>,
    writer: Omit<Writer, 'now'> = {},
  ): Promise<T> =>
    database.transaction(async (sql, attempt) =>
      work(sql, await current.enter(sql, attempt, { ...writer, now: now() })),
    )
  /** Dispatchers must be heard of while models change, too. */
  const besideModels = (work: (sql: Sql) => Promise<void>): Promise<void> =>
    database.transaction(async (sql) => {
      await sql.query(`select ${describeWriter}`, writerTexts({ now: now() }))
      await work(sql)
    })
  const writing = <T>(
    caller: Caller,
    work: (records: LockingRecords, sql: Sql) => Promise<T>,
  ): Promise<T> =>
    transaction((sql, schema) => work(recordsOf(sql, schema, caller), sql), { caller })

  const as = (caller: Caller): Records => {
    const reading = (): Records => recordsOf(database, current.known(), caller)
    return {
      list: (model) => reading().list(model),
      find: (model, equal) => reading().find(model, equal),
      query: (model, query) => reading().query(model, query),
      page: (model, query, limit, after) => reading().page(model, query, limit, after),
      get: (model, id) => reading().get(model, id),
      create: (model, values) => writing(caller, (records) => records.create(model, values)),
      update: (model, id, values, options) =>
        writing(caller, (records) => records.update(model, id, values, options)),
      remove: (model, id) => writing(caller, (records) => records.remove(model, id)),
    }
  }

  const models = createModelChanges({
    database,
    coreModels,
    current,
    now,
    recordsOf,
  })

  const signingKeys = createSigningKeys(database, now, randomBytes)
  const completions = createCompletions({
    transaction,
    now,
    signed: createSigned(signingKeys, 'completion'),
    options: options.completions,
  })
  const callTokens = createCallTokens({
    sql: database,
    now,
    signed: createSigned(signingKeys, 'call'),
    address: options.restAddress ?? (() => undefined),
  })

  // Strangers may ask for the texts, so they are read once for each schema.
  const xprotoTexts = new WeakMap<Schema, string>()
  const watching = await createWatching(database, () => current.latest(database))
  const store: Store = {
    schema: () => current.known(),
    services: models.services,
    onSchemaChange: (listener) => current.onChange(listener),
    async xproto() {
      const schema = current.known()
      const text = xprotoTexts.get(schema) ?? xprotoText(await readSources(database, coreModels))
      xprotoTexts.set(schema, text)
      return text
    },
    databaseInfo: () => databaseInfo(database),
    as,
    transaction: writing,
    once: (caller, request, work) =>
      writing(caller, (records, sql) =>
        answerOnce(sql, now(), caller, request, () => work(records)),
      ),

    changes: (caller) => watching.as(caller),
    onChange: (listener) => watching.onChange(listener),
    publishing: createPublishing(database, now),
    audit: (caller, question) => readAudit(database, caller, question),
    tokens: createTokens(database, now),
    deliveries: createDeliveries(database, now),
    callTokens,
    completions,
    keepWithin: (retention) => keepWithin(database, retention, now()),
    endHolds: () => transaction((sql) => endHolds(sql, now())),

    async credentials(email): Promise<Credentials | undefined> {
      const [row] = await liveRows(database, current.known(), modelNamed(current.known(), 'User'), {
        email,
      })
      if (row === undefined) return undefined
      return {
        caller: callerOf(row),
        passwordHash: String(row.fields['password']),
        isActive: row.fields['is_active'] === true,
      }
    },
    async addSession(idHash, { caller, passwordHash }, expiresAt) {
      await database.query(`delete from session where expires_at <= $1`, [clock.now()])
      // Locked, so that who changes the password meanwhile ends this session too.
      const added = await database.query(
        `insert into session (id_hash, user_id, expires_at)
         select $1, u.id, $3 from (
           select id from record
           where root = 'User' and id = $2 and not deleted and fields ->> 'password' = $4
             and fields -> 'is_active' = 'true'
           for share
         ) u
         returning user_id`,
        [idHash, caller.userId, expiresAt, passwordHash],
      )
      return added.length > 0
    },
    async sessionCaller(idHash, at) {
      const [row] = await database.query<RecordRow>(
        `select r.* from session s join record r on r.root = 'User' and r.id = s.user_id
         where s.id_hash = $1 and s.expires_at > $2 and not r.deleted`,
        [idHash, at],
      )
      return row?.fields['is_active'] === true ? callerOf(row) : undefined
    },
    async endSession(idHash) {
      await database.query(`delete from session where id_hash = $1`, [idHash])
    },
  }

  const listeners = new Set<() => void>()
  await database.listen(wakeChannel, () => {
    for (const listener of listeners) listener()
  })
  let cancelRefresh = (): void => undefined
  let isClosed = false
  // Whoever writes or watches makes sure of the models himself; whoever only reads has to be told.
  const refresh = (): void => {
    cancelRefresh()
    current.latest(database).catch(() => {
      if (!isClosed) cancelRefresh = clock.after(refreshAgainMs, refresh)
    })
  }
  await database.listen(schemaChannel, refresh)

  const work: WorkSource = {
    register: (registration) => models.register(registration),
    async lease(dispatcher, wants, held) {
      const completionOf = await completions.issuer()
      const accessOf = await callTokens.issuer()
      const leased = await transaction((sql, schema) =>
        lease({ sql, schema, now: now(), completionOf }, dispatcher, wants, held),
      )
      return accessOf === undefined
        ? leased
        : { ...leased, work: withAccess(leased.work, accessOf) }
    },
    report: (_dispatcher, reports) =>
      transaction(async (sql, schema) => {
        const context = { sql, schema, now: now() }
        const refused = await report(context, reports)
        return [...refused, ...(await reportDeliveries(context, reports))]
      }),
    heartbeat: (dispatcher) =>
      besideModels((sql) => touchDispatcher({ sql, now: now() }, dispatcher)),
    leave: (dispatcher, tokens) =>
      besideModels(async (sql) => {
        // Who may hold other leases stays known, so that those end when he falls silent.
        if (tokens === undefined) {
          await sql.query(`delete from dispatcher where name = $1`, [dispatcher])
        }
        await endLeases(sql, [dispatcher], tokens)
      }),
    onWake(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const operations = createOperations({
    reading: () => ({ sql: database, schema: current.known(), now: now() }),
    writing: (caller, act) =>
      transaction((sql, schema) => act({ sql, schema, now: now() }), { caller }),
  })
  const backups = createBackups({
    database,
    coreModels,
    current,
    now,
    recordsOf,
  })
  return {
    store,
    work,
    operations,
    backups,
    async close() {
      isClosed = true
      cancelRefresh()
      await database.close()
    },
  }
}

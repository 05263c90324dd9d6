import { Client, Pool, TypeOverrides, types, type ClientConfig, type PoolClient } from 'pg'
import type { Clock, Random } from '#contract'
import { CoreError } from '../errors.ts'
import type { Database, Sql } from './database.ts'
import { createListener } from './postgres-listener.ts'
import {
  asCoreError,
  cannotConnect,
  isConnectionError,
  isStalePlan,
  mayTryAgain,
  placeOf,
} from './postgres-errors.ts'
import { createNames } from './statement-names.ts'

export type PostgresOptions = {
  /** `postgres://user:password@host:port/database`; `sslmode` and the like as libpq has them. */
  readonly url: string
  /** Connections for statements, at most; one more listens. */
  readonly connections?: number
  readonly connectTimeoutMs?: number
  /** For one statement, its waiting for locks included. */
  readonly statementTimeoutMs?: number
  /** Real time, for pauses before another try. */
  readonly clock: Clock
  readonly random: Random
}

const oldestVersion = 140_000
/** How often the same work is begun anew when others stand in its way. */
const tries = 6
const longestPauseMs = 500

/** True for an URL that names a PostgreSQL server. */
export const isPostgresUrl = (text: string): boolean => /^postgres(ql)?:\/\//.test(text)

const checkedUrl = (text: string): URL => {
  if (isPostgresUrl(text) && URL.canParse(text)) return new URL(text)
  throw new CoreError(
    'VALIDATION',
    'Expected the URL of a PostgreSQL server: postgres://USER:PASSWORD@HOST:PORT/DATABASE, ' +
      'with special characters of the password percent-encoded.',
  )
}

/**
 * The URL that asks the server not to compile statements: that takes it a second for a write with its triggers, which
 * runs in less than a millisecond. What the URL itself asks for stays.
 */
const withoutCompiling = (url: URL): string => {
  const asking = new URL(url)
  const options = ['-c jit=off', ...url.searchParams.getAll('options')]
  asking.searchParams.set('options', options.join(' '))
  return asking.href
}

// As PGlite has it: a number wherever a number is exact.
const integerFrom = (text: string): number | bigint => {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

const parsers = new TypeOverrides()
parsers.setTypeParser(types.builtins.INT8, integerFrom)

/** Where the server of an URL is, without user and password. */
export const postgresPlace = (url: string): string => placeOf(checkedUrl(url))

/**
 * PostgreSQL as a server of its own, which several cores may use at once.
 *
 * @throws CoreError UNAVAILABLE when it cannot be reached or is too old, VALIDATION for an URL that is none. No
 * message has the password.
 */
export const openPostgres = async (options: PostgresOptions): Promise<Database> => {
  const { clock, random, connections = 10 } = options
  const { connectTimeoutMs = 10_000, statementTimeoutMs = 30_000 } = options
  const url = checkedUrl(options.url)
  const place = placeOf(url)
  const nameOf = createNames()
  const config: ClientConfig = {
    connectionString: withoutCompiling(url),
    application_name: 'syncstep',
    types: parsers,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // For a server that is gone without a word; one that is there ends the statement itself.
    query_timeout: statementTimeoutMs + 5_000,
    // A core that hangs in a transaction must not hold its locks for ever.
    idle_in_transaction_session_timeout: statementTimeoutMs + 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  }
  const pool = new Pool({ ...config, max: connections })
  // One that breaks is replaced; whoever used it hears of it from the statement.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))

  const statement = async <Row>(
    client: PoolClient,
    text: string,
    parameters: readonly unknown[],
  ): Promise<Row[]> => {
    const name = nameOf(text)
    const query = { text, values: [...parameters] }
    const { rows } = await client.query(name === undefined ? query : { ...query, name })
    return rows as Row[]
  }

  const connected = async (): Promise<PoolClient> => {
    try {
      return await pool.connect()
    } catch (error) {
      throw cannotConnect(place, error)
    }
  }

  /** A connection is given back unless it broke, or remembers plans that no longer hold. */
  const isSpoilt = (error: unknown): boolean => isStalePlan(error) || isConnectionError(error)

  const pause = (attempt: number): Promise<void> => {
    const ms = Math.min(longestPauseMs, 2 ** attempt) * random()
    return new Promise((resolve) => void clock.after(ms, resolve))
  }

  const trying = async <T>(once: (attempt: number) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(attempt)
      } catch (error) {
        if (!mayTryAgain(error) || attempt === tries) throw asCoreError(place, error)
        await pause(attempt)
      }
    }
  }

  const begin = async (): Promise<PoolClient> => {
    for (let attempt = 1; ; attempt += 1) {
      const client = await connected()
      try {
        await client.query('begin')
        return client
      } catch (error) {
        client.release(true)
        // The server was restarted while the connection lay idle: nothing was done on it yet.
        if (!isConnectionError(error) || attempt > connections) throw error
      }
    }
  }

  const transactionOnce = async <T>(
    work: (sql: Sql, attempt: number) => Promise<T>,
    attempt: number,
  ): Promise<T> => {
    const client = await begin()
    let spoilt = false
    try {
      const sql: Sql = {
        query: <Row>(text: string, parameters: readonly unknown[] = []) =>
          statement<Row>(client, text, parameters),
      }
      const result = await work(sql, attempt)
      const { command } = await client.query('commit')
      // The server answers so when a statement failed and the work went on regardless.
      if (command !== 'COMMIT') throw new Error('The transaction was rolled back')
      return result
    } catch (error) {
      spoilt = isSpoilt(error)
      if (!spoilt) {
        await client.query('rollback').catch(() => {
          spoilt = true
        })
      }
      throw error
    } finally {
      client.release(spoilt)
    }
  }

  const queryOnce = async <Row>(text: string, parameters: readonly unknown[]): Promise<Row[]> => {
    const client = await connected()
    let spoilt = false
    try {
      return await statement<Row>(client, text, parameters)
    } catch (error) {
      spoilt = isSpoilt(error)
      throw error
    } finally {
      client.release(spoilt)
    }
  }

  const listener = createListener({ client: () => new Client(config), clock, random })
  const database: Database = {
    query: (text, parameters = []) => trying(() => queryOnce(text, parameters)),
    transaction: (work) => trying((attempt) => transactionOnce(work, attempt)),
    listen: (channel, heard) =>
      listener.listen(channel, heard).catch((error: unknown) => {
        throw cannotConnect(place, error)
      }),
    exclusive: false,
    connections: () => ({
      open: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    async close() {
      await listener.close()
      await pool.end()
    },
  }
  try {
    await checkVersion(database, place)
  } catch (error) {
    await database.close()
    throw error
  }
  return database
}

/** What is wrong with the version of a server, as a sentence; undefined when nothing is. */
export const versionFinding = (place: string, number: number, text: string): string | undefined =>
  number >= oldestVersion ? undefined : `Expected PostgreSQL 14 or newer at ${place}, got ${text}.`

const checkVersion = async (database: Database, place: string): Promise<void> => {
  const [row] = await database.query<{ number: number; text: string }>(
    `select current_setting('server_version_num')::int as number,
            current_setting('server_version') as text`,
  )
  const finding = versionFinding(place, row?.number ?? 0, row?.text ?? 'an unknown version')
  if (finding !== undefined) throw new CoreError('UNAVAILABLE', finding)
}

import { Client, type ClientConfig } from 'pg'
import { readCredentials, type Credentials } from './credentials.ts'
import { meaningOf } from './trouble.ts'

/** A server as its record says it. */
export type Place = {
  readonly host: string
  readonly port: number
  readonly credentials: string
}

export type Session = {
  /** Runs one statement with values; or, without, several at once: all of them are done, or none. */
  run(
    sql: string,
    values?: readonly unknown[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>
  end(): Promise<void>
}

/** Opens a session in a database of a server, as its administrator. */
export type Connect = (place: Place, database?: string) => Promise<Session>

/** Together shorter than the 30 seconds that a call has, so that none goes on when the next one begins. */
const patience = { connectionTimeoutMillis: 5_000, statement_timeout: 20_000 } as const

const configOf = (
  { host, port }: Place,
  database: string,
  { username, password, authority }: Credentials,
): ClientConfig => ({
  host,
  port,
  database,
  user: username,
  password,
  ssl: authority === undefined ? false : { ca: authority },
  application_name: 'tenant-databases',
  ...patience,
})

/** Rejects with DeferredException while the server is down. */
export const connectTo: Connect = async (place, database = 'postgres') => {
  const server = `${place.host}:${place.port}`
  const client = new Client(configOf(place, database, await readCredentials(place.credentials)))
  // Without a listener the end of a session that the server ends would be that of the process.
  client.on('error', () => undefined)
  const meant = (error: unknown): never => {
    throw meaningOf(error, server)
  }
  await client.connect().catch(meant)
  return {
    async run(sql, values) {
      const { rows } = await client
        .query<Record<string, unknown>>(sql, values?.slice())
        .catch(meant)
      return rows
    },
    end: () => client.end(),
  }
}

/** Ends the session when it is no more needed, whatever becomes of it. */
export const inSession = async <T>(
  opening: Promise<Session>,
  use: (session: Session) => Promise<T>,
): Promise<T> => {
  const session = await opening
  try {
    return await use(session)
  } finally {
    await session.end()
  }
}

/** Begins the address of a server: `postgres://db.example.com:5432`. */
export const addressOf = ({ host, port }: Place, user?: string): string =>
  `postgres://${user === undefined ? '' : `${user}@`}${host.includes(':') ? `[${host}]` : host}:${port}`

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client, type QueryResultRow } from 'pg'
import { startPostgres } from '../../../test/support/postgres-server.ts'

/** What the sample calls the credentials of its server. */
const credentials = 'local'

export type DatabaseHost = {
  readonly host: string
  readonly port: number
  readonly credentials: string
  /** What the steps are told by their environment. */
  readonly environment: Readonly<
    Record<'TENANT_DATABASES_CREDENTIALS' | 'TENANT_DATABASES_PASSWORDS', string>
  >
  pause(): Promise<void>
  goOn(): Promise<void>
  stop(): Promise<void>
  /** Makes a folder of credentials beside that of the server, for which the authority vouches. */
  trust(name: string, authority: string): Promise<void>
  /** Asks as the administrator, in the database of all. */
  ask<Row extends QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Asks as a user, with the password that is in the file below TENANT_DATABASES_PASSWORDS. */
  askAs<Row extends QueryResultRow>(
    passwordFile: string,
    database: string,
    sql: string,
  ): Promise<readonly Row[]>
}

/** Answers the client when it is connected; the server may end the connection. */
const connected = async (client: Client): Promise<Client> => {
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const rowsOf = async <Row extends QueryResultRow>(
  client: Client,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> => (await client.query<Row>(sql, [...values])).rows

const writeCredentials = async (folder: string, { username, password }: URL): Promise<void> => {
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'username'), `${username}\n`)
  await writeFile(path.join(folder, 'password'), `${decodeURIComponent(password)}\n`, {
    mode: 0o600,
  })
}

/** What is written need not survive a power cut. */
const settings = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'autovacuum=off']

/** A PostgreSQL server, and the folders of secrets that the steps need for it; all is gone when it stops. */
export const startDatabaseHost = async (port?: number): Promise<DatabaseHost> => {
  const server = await startPostgres(settings, port)
  const folder = await mkdtemp(path.join(tmpdir(), 'tenant-databases-'))
  const url = new URL(server.url)
  const environment = {
    TENANT_DATABASES_CREDENTIALS: path.join(folder, 'credentials'),
    TENANT_DATABASES_PASSWORDS: path.join(folder, 'passwords'),
  }
  const folderOf = (name: string): string =>
    path.join(environment.TENANT_DATABASES_CREDENTIALS, name)
  await writeCredentials(folderOf(credentials), url)
  const place = { host: url.hostname, port: Number(url.port) }
  const open = () => connected(new Client(server.url))
  let admin = await open()
  return {
    ...place,
    credentials,
    environment,
    async pause() {
      await admin.end()
      await server.pause()
    },
    async goOn() {
      await server.goOn()
      admin = await open()
    },
    async stop() {
      await admin.end()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
    async trust(name, authority) {
      await writeCredentials(folderOf(name), url)
      await writeFile(path.join(folderOf(name), 'ca.crt'), authority)
    },
    ask: (sql, values) => rowsOf(admin, sql, values),
    async askAs(passwordFile, database, sql) {
      const file = path.join(environment.TENANT_DATABASES_PASSWORDS, passwordFile)
      const password = (await readFile(file, 'utf8')).trim()
      const user = path.basename(passwordFile)
      const client = await connected(new Client({ ...place, user, password, database }))
      try {
        return await rowsOf(client, sql)
      } finally {
        await client.end()
      }
    },
  }
}

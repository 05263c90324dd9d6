import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { realClock } from '../../cli/real-clock.ts'
import { findBinaries } from '../support/postgres-binaries.ts'
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts'

/** Answers what the work answers; the folder is gone afterwards. */
export const withFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'syncstep-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** One connection, for what is asked of the server itself. */
export const withClient = async <T>(
  url: string,
  work: (client: Client) => Promise<T>,
): Promise<T> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

let databases = 0

/** A database of its own on the server. */
export const withDatabase = <T>(server: string, work: (url: string) => Promise<T>): Promise<T> =>
  withClient(server, async (client) => {
    const name = `bench_${realClock.now()}_${(databases += 1)}`
    await client.query(`create database ${name}`)
    try {
      const address = new URL(server)
      address.pathname = `/${name}`
      return await work(address.href)
    } finally {
      await client.query(`drop database ${name} with (force)`)
    }
  })

/** `PostgreSQL 18.4` */
const versionOf = (server: string): Promise<string> =>
  withClient(server, async (client) => {
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return `PostgreSQL ${rows[0]?.server_version ?? ''}`
  })

/** A server with its own settings as they are, fsync included; undefined, with the reason told, where none runs. */
export const withPostgresIfAny = async <T>(
  work: (server: PostgresServer | undefined) => Promise<T>,
): Promise<T> => {
  const binaries = findBinaries()
  if (typeof binaries === 'string') {
    console.log(`Without PostgreSQL, because it does not run here: ${binaries}`)
    return work(undefined)
  }
  binaries.remove()
  const server = await startPostgres()
  try {
    console.log(await versionOf(server.url))
    return await work(server)
  } finally {
    await server.stop()
  }
}

/** For what needs a server; where none runs, that is told and nothing done. */
export const withPostgres = (work: (server: PostgresServer) => Promise<void>): Promise<void> =>
  withPostgresIfAny(async (server) => {
    if (server !== undefined) await work(server)
  })

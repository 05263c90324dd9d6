import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'
import { openPglite, openPostgres, type Database, type PostgresOptions } from '#core'
import { realClock } from '../../cli/real-clock.ts'
import { madePglite } from './made-pglite.ts'

/** That of the worker that runs this file. */
const serverUrl = (): string => {
  const urls = inject('postgresUrls')
  return urls[(Number(process.env['VITEST_POOL_ID']) - 1) % urls.length] ?? ''
}

/** Makes an empty database on the server of this worker and answers its URL. */
export const newPostgresDatabase = async (): Promise<string> => {
  const url = new URL(serverUrl())
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const client = new Client({ connectionString: url.href })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  url.pathname = `/${name}`
  return url.href
}

export const openTestPostgres = (
  url: string,
  options: Partial<PostgresOptions> = {},
): Promise<Database> => openPostgres({ url, clock: realClock, random: Math.random, ...options })

export type TestDatabase = Database & {
  /** True while it owes somebody an answer. */
  readonly isAtWork?: () => boolean
}

const watched = (database: Database): TestDatabase => {
  let underWay = 0
  const counting = async <T>(work: () => Promise<T>): Promise<T> => {
    underWay += 1
    try {
      return await work()
    } finally {
      underWay -= 1
    }
  }
  return {
    ...database,
    query: (text, parameters) => counting(() => database.query(text, parameters)),
    transaction: (work) => counting(() => database.transaction(work)),
    isAtWork: () => underWay > 0,
  }
}

/** An empty database on the engine that the vitest project names: PGlite in memory, or the server of the run. */
export const openTestDatabase = async (): Promise<TestDatabase> =>
  watched(
    process.env['SYNCSTEP_TEST_ENGINE'] === 'postgres'
      ? await openTestPostgres(await newPostgresDatabase())
      : await openPglite(undefined, await madePglite()),
  )

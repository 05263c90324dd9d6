import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgres-server.ts'
import { workers } from './workers.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of a server for each worker. */
    postgresUrls: readonly string[]
  }
}

/** What tests write need not survive a power cut. */
const settings = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  // Deadlocks are wanted here, and soon.
  'deadlock_timeout=50ms',
]

/**
 * A server for each worker: the log of changes waits for transactions that began before, in whichever database of the
 * server, and those of other tests may take long.
 */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const servers = await Promise.all(Array.from({ length: workers }, () => startPostgres(settings)))
  project.provide(
    'postgresUrls',
    servers.map(({ url }) => url),
  )
  return async () => {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

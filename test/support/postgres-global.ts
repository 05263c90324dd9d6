import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgres-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the server that all files of the run share. */
    postgresUrl: string
  }
}

/** One server for the run. What tests write need not survive a power cut. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const server = await startPostgres([
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    // Deadlocks are wanted here, and soon.
    'deadlock_timeout=50ms',
  ])
  project.provide('postgresUrl', server.url)
  return () => server.stop()
}

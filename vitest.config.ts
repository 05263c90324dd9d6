import { defineConfig } from 'vitest/config'
import { findBinaries } from './test/support/postgres-binaries.ts'
import { workers } from './test/support/workers.ts'

const shared = {
  ssr: { resolve: { conditions: ['source'] } },
  resolve: { conditions: ['source'] },
}

/** What has to hold on both engines, and what only several connections can show. */
const postgres = {
  ...shared,
  test: {
    name: 'postgres',
    include: [
      'test/postgres/**/*.test.ts',
      'test/{core,cli,acceptance}/**/*.test.ts',
      'test/integration/**/*.test.ts',
      'test/faults/*.test.ts',
    ],
    exclude: ['test/core/store/pglite.test.ts'],
    env: { SYNCSTEP_TEST_ENGINE: 'postgres' },
    globalSetup: ['test/support/postgres-global.ts'],
    // Each file has a database of its own, and loading all modules anew for each takes longer than most tests.
    isolate: false,
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
}

const binaries = findBinaries()
if (typeof binaries === 'string') {
  console.warn(`The tests on PostgreSQL are skipped, because it does not run here: ${binaries}`)
} else binaries.remove()

export default defineConfig({
  test: {
    maxWorkers: workers,
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: [
            'test/{xproto,contract,conformance,core,dispatcher,functions,emulator,cli,manifests,acceptance}/**/*.test.ts',
            'functions/*/test/**/*.test.ts',
          ],
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/faults/kill.test.ts', 'test/hostile/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      ...(typeof binaries === 'string' ? [] : [postgres]),
    ],
  },
})

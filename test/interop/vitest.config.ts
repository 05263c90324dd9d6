import { defineConfig } from 'vitest/config'

/** Real clients of XOS against a real core: `npm run test:interop`. Not part of `npm test`, as it installs them. */
export default defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  resolve: { conditions: ['source'] },
  test: {
    name: 'interop',
    root: import.meta.dirname,
    include: ['*.test.ts'],
    globalSetup: ['support/global.ts'],
    testTimeout: 400_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
})

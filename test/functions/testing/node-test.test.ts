import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { root } from '../../support/syncstep-command.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const testing = path.join(root, 'functions/sdk/testing.ts')

/** The words for node before a file of TypeScript, as the npm scripts have them. */
const source = ['-C', 'source', '--import', path.join(root, 'typescript.register.js')]

test('the kit works under the test runner of Node.js', async () => {
  const folder = await temporaryFolder({
    'steps.test.mjs': `
import test from 'node:test'
import { expectDeferred, expectSynced, runStep } from ${JSON.stringify(testing)}

const step = { observes: 'Color', sync_record: () => undefined, delete_record: () => undefined }

test('good', async () => void expectSynced(await runStep(step, {})))
test('bad', async () => void expectDeferred(await runStep(step, {})))
`,
  })
  const words = [...source, '--test', '--test-reporter', 'tap', path.join(folder, 'steps.test.mjs')]
  const env = { PATH: process.env['PATH'] }
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root, env }).catch(
    (error: unknown) => error as { readonly stdout: string },
  )

  expect(stdout).toMatch(/^ *ok 1 - good$/m)
  expect(stdout).toMatch(/^ *not ok 2 - bad$/m)
  expect(stdout).toContain('Expected the step to defer, but it succeeded')
  expect(stdout).toContain("code: 'ERR_ASSERTION'")
})

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { addAdminService, buildGrpc, createAuthenticator } from '#core'
import { createLog } from '../core/grpc/support.ts'
import { said } from '../support/said.ts'
import {
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  reportOn,
  type TestStore,
} from '../support/store.ts'
import type { Report } from '#contract'

/** The real store behind the real gRPC face, and the command line that asks it. */
export const openCliCore = async (given?: TestStore) => {
  const opened = given ?? (await openTestStore())
  const { store, work, clock, core } = opened
  await opened.load(helloWorldModels, helloWorldSteps)
  const log = createLog()
  const files = await mkdtemp(path.join(os.tmpdir(), 'syncstep-files-'))
  const authenticator = createAuthenticator({ store, clock, randomBytes })
  const face = buildGrpc({
    work,
    clock,
    log,
    authenticate: () => Promise.resolve(),
    xos: { store, authenticator, log, files, schemaChange: { graceMs: 0, closedMs: 0 } },
    services: (server) => [addAdminService(server, { ...core, authenticator, log, files })],
  })
  const port = await face.listen(0, '127.0.0.1')
  const environment = { SYNCSTEP_SERVER: `127.0.0.1:${port}`, SYNCSTEP_TIMEOUT: '60s' }

  return {
    ...opened,
    files,
    environment,
    /** What `syncstep WORDS` answers. */
    run: (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      said(words, { environment: { ...environment, ...more } }),
    /** Lets the steps of a model end so. */
    async step(model: string, outcome: Report['outcome'], retryInMs?: number) {
      const leased = await opened.lease([model])
      await work.report(
        'tester',
        leased.map((one) => reportOn(one, outcome, retryInMs)),
      )
    },
    async close() {
      const closed = face.close(0)
      await clock.advance(1)
      await closed
      await core.close()
      await rm(files, { recursive: true })
    },
  }
}

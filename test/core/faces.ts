import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  buildRest,
  buildTosca,
  createAuthenticator,
  openCore,
  type RestOptions,
  type Store,
  type StoreOptions,
} from '#core'
import type { Clock } from '#contract'
import { openTestDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'

const admin = { email: 'admin@opencord.org', password: 'let:me in' }

export const basic = (email: string, password: string): string =>
  `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}`

export const asAdmin = { authorization: basic(admin.email, admin.password) }
export const toscaAsAdmin = { 'xos-username': admin.email, 'xos-password': admin.password }

const helloWorld = `
option name = "hello-world";
option app_label = "hello-world";

message HelloWorldService (Service) {
    required string hello_from = 1 [help_text = "The name of who is saying hello", db_index = False];
    optional int32 loudness = 2 [help_text = "How loud", min_value = 0, max_value = 11];
    optional int64 wide = 3 [help_text = "A number JavaScript may not hold"];
    required bool polite = 4 [default = True, help_text = "Says please"];
    optional float pitch = 5 [help_text = "How high"];
}

message HelloWorldServiceInstance (ServiceInstance) {
    option owner_class_name = "HelloWorldService";
    required string hello_to = 1 [help_text = "The name of who is being greeted", db_index = False];
}
`

/** Both faces over a store; nothing listens. */
const buildFaces = (store: Store, clock: Clock, more: Pick<RestOptions, 'inbox'> = {}) => {
  const faults: object[] = []
  const log = { error: (fields: object) => void faults.push(fields) }
  const authenticator = createAuthenticator({ store, clock, randomBytes })
  const options = { store, authenticator, log, clock }
  return {
    rest: buildRest({ ...options, ...more }),
    tosca: buildTosca(options),
    /** What the log was told; empty as long as the core itself did not fail. */
    faults,
  }
}

/** The real store with the models of hello-world, and its faces. */
export const openFaces = async (
  options: Pick<StoreOptions, 'completions' | 'restAddress'> = {},
) => {
  const database = await openTestDatabase()
  const clock = createManualClock(1_600_000_000_000, database.isAtWork)
  const file = new URL('../../xproto/models/core.xproto', import.meta.url)
  const core = await openCore({
    ...options,
    database,
    coreModels: [{ file: 'core.xproto', text: await readFile(file, 'utf8') }],
    clock,
    admin,
  })
  const models = [{ filename: 'hello-world.xproto', contents: helloWorld }]
  await core.work.register({
    name: 'hello-world',
    version: '1.0.0',
    models,
    steps: [],
    requiredModels: [],
  })
  const faces = buildFaces(core.store, clock)
  return {
    ...core,
    ...faces,
    clock,
    /** The models of the service that was loaded. */
    helloWorld: models,
    /** Faces over the same store, some of whose methods are replaced. */
    faulty: (methods: Partial<Store>, more?: Pick<RestOptions, 'inbox'>) =>
      buildFaces({ ...core.store, ...methods }, clock, more),
    async close() {
      await Promise.all([faces.rest.close(), faces.tosca.close()])
      await core.close()
    },
  }
}

export type Faces = Awaited<ReturnType<typeof openFaces>>

import { readFile } from 'node:fs/promises'
import type { Fields, RegisteredStep, Report, Want, Work, WorkSource } from '#contract'
import {
  openCore,
  type Caller,
  type Core,
  type Database,
  type SaveOptions,
  type Store,
  type StoreOptions,
} from '#core'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'

export const coreModels = [
  {
    file: 'core.xproto',
    text: await readFile(new URL('../../xproto/models/core.xproto', import.meta.url), 'utf8'),
  },
]

/** The tutorial's models. */
export const helloWorldModels = `
option name = "hello-world";
option app_label = "hello-world";

message HelloWorldService (Service) {
  required string hello_from = 1 [max_length = 254];
}

message HelloWorldServiceInstance (ServiceInstance) {
  option owner_class_name = "HelloWorldService";
  required string hello_to = 1 [max_length = 254];
}
`

export const helloWorldSteps: readonly RegisteredStep[] = [
  { step: 'service', model: 'HelloWorldService', include: [] },
  { step: 'instance', model: 'HelloWorldServiceInstance', include: ['owner'] },
]

export const administrator: Caller = { userId: 1, email: 'admin@opencord.org', isAdmin: true }

/** The records as the administrator reads and writes them, without their revisions. */
export const asAdministrator = (store: Store) => {
  const records = store.as(administrator)
  return {
    list: (model: string) => records.list(model),
    find: (model: string, equal: Fields) => records.find(model, equal),
    get: async (model: string, id: number) => (await records.get(model, id)).fields,
    create: async (model: string, values: Fields) => (await records.create(model, values)).fields,
    update: async (model: string, id: number, values: Fields, options?: SaveOptions) =>
      (await records.update(model, id, values, options)).fields,
    remove: (model: string, id: number) => records.remove(model, id),
  }
}

export type TestStore = {
  readonly database: Database
  readonly clock: ManualClock
  readonly core: Core
  readonly store: Store
  readonly work: WorkSource
  /** Brings models and steps of a service named `name`. */
  load(models: string, steps: readonly RegisteredStep[], name?: string): Promise<void>
  /** Leases whatever is due of the models, `limit` records each. */
  lease(models: readonly string[], limit?: number): Promise<readonly Work[]>
  /** Removes every record but the first user and its site, and forgets waits, leases and attempts. */
  clear(): Promise<void>
}

const startOfTests = Date.UTC(2026, 0, 1)

/** The real store on the engine of the vitest project, under a clock that stands still. One for each test file is plenty. */
export const openTestStore = async (
  given?: TestDatabase,
  options: Pick<StoreOptions, 'completions' | 'restAddress'> = {},
): Promise<TestStore> => {
  const database = given ?? (await openTestDatabase())
  const clock = createManualClock(startOfTests, database.isAtWork)
  const admin = { email: administrator.email, password: 'letmein' }
  const core = await openCore({ ...options, database, coreModels, clock, admin })
  const { store, work } = core
  return {
    database,
    clock,
    core,
    store,
    work,
    async load(models, steps, name = 'test') {
      await work.register({
        name,
        version: '1',
        models: [{ filename: `${name}.xproto`, contents: models }],
        steps,
        requiredModels: [],
      })
    },
    async lease(models, limit = 100) {
      const wants: Want[] = models.map((model) => ({ model, limit }))
      return (await work.lease('tester', wants)).work
    },
    async clear() {
      await database.query(`delete from record where root not in ('User', 'Site')`)
      await database.query(`delete from attempt`)
      await database.query(`delete from wait`)
      await database.query(`delete from dispatcher`)
      await database.query(`delete from counter where root not in ('User', 'Site')`)
    },
  }
}

/** A report on leased work that took no time. */
export const reportOn = (
  { key, operation, token, change }: Work,
  outcome: Report['outcome'],
  retryInMs?: number,
): Report => ({
  key,
  operation,
  token,
  stamp: change.stamp,
  outcome,
  durationMs: 0,
  ...(retryInMs === undefined ? {} : { retryInMs }),
})

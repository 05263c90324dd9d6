import type { Fields, RegisteredStep, Registration, Report, Work } from '#contract'
import { connectXosSource } from '#dispatcher'
import { openXosCore, type XosCore } from '../../core/grpc/xos-core.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { asAdministrator, helloWorldModels, helloWorldSteps } from '../../support/store.ts'
import { createTestLog } from '../../support/started-dispatcher.ts'

export const service = 'HelloWorldService'
export const instance = 'HelloWorldServiceInstance'

const lampModel = `
message Lamp (XOSBase) {
  required string color = 1 [max_length = 20];
  optional int32 lumen = 2 [feedback_state = True, max_value = 900];
  optional manytoone next->Lamp:previous = 3:1001;
}
`

const models = helloWorldModels + lampModel
export const steps: readonly RegisteredStep[] = [
  ...helloWorldSteps,
  { step: 'lamp', model: 'Lamp', include: [] },
]

export const registrationOf = (observed: readonly RegisteredStep[]): Registration => ({
  name: 'hello-world',
  version: '1',
  models: [{ filename: 'hello-world.xproto', contents: models }],
  steps: observed,
  requiredModels: [],
})

type Source = ReturnType<typeof connectXosSource>

/** One process that works for the core, until it is closed. */
const openSource = async (core: XosCore, observed = steps) => {
  const clock = createManualClock(core.clock.now())
  const { log, lines } = createTestLog()
  const source: Source = connectXosSource({
    endpoint: `localhost:${core.port}`,
    username: 'admin@opencord.org',
    password: 'letmein',
    log,
    clock,
    random: () => 0.5,
  })
  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      const stop = source.onWake(() => {
        stop()
        resolve()
      })
    })
  /** Waits until it has looked once more, so many milliseconds from now. */
  const look = async (ms = 5_000): Promise<void> => {
    const looked = woken()
    await clock.advance(ms)
    await looked
  }
  const lease = async (limit = 100): Promise<readonly Work[]> =>
    (
      await source.lease(
        'd1',
        observed.map(({ model }) => ({ model, limit })),
      )
    ).work
  return {
    source,
    clock,
    lines,
    lease,
    register: () => source.register(registrationOf(observed)),
    look,
    report: (...reports: readonly Report[]) => source.report('d1', reports),
  }
}

export type OpenSource = Awaited<ReturnType<typeof openSource>>

export const openBench = async () => {
  const core = await openXosCore()
  const records = asAdministrator(core.store)
  const sources: Source[] = []
  const open = async (observed?: readonly RegisteredStep[]): Promise<OpenSource> => {
    const opened = await openSource(core, observed)
    sources.push(opened.source)
    return opened
  }
  return {
    core,
    records,
    open,
    start: async (observed?: readonly RegisteredStep[]): Promise<OpenSource> => {
      const opened = await open(observed)
      await opened.register()
      return opened
    },
    /** A service and an instance of it. */
    async greeting(): Promise<{ readonly service: Fields; readonly instance: Fields }> {
      const owner = await records.create(service, { name: 'hello', hello_from: 'Ann' })
      const greeted = { name: 'one', hello_to: 'Bob', owner_id: owner['id'] }
      return { service: owner, instance: await records.create(instance, greeted) }
    },
    async clear() {
      for (const source of sources.splice(0)) await source.close()
      await core.clear()
    },
    close: () => core.close(),
  }
}

export const names = (work: readonly Work[]): readonly string[] =>
  work.map(({ key, operation }) => `${operation} ${key.model}/${key.id}`)

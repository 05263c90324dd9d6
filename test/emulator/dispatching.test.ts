import { expect, onTestFinished, test } from 'vitest'
import type { Change, Delivery, Registration, SyncDescription } from '#contract'
import type { Target } from '#dispatcher'
import { createDispatcherMetrics } from '../../emulator/dispatcher-metrics.ts'
import { createDispatching } from '../../emulator/dispatching.ts'
import type { ProjectStep } from '../../emulator/project.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createMemorySource } from '../support/memory-source.ts'
import { createRecordedLog } from '../support/recorded-log.ts'
import { recordChange } from '../support/record-change.ts'

const stepOf = (step: string, said: Partial<ProjectStep> = {}): ProjectStep => ({
  step,
  kind: undefined,
  file: undefined,
  url: undefined,
  observes: undefined,
  include: undefined,
  resyncMs: undefined,
  everyMs: undefined,
  settings: {
    timeoutMs: 1_000,
    gatewayGraceMs: 0,
    concurrency: 1,
    deferredDelayMs: 1_000,
    retry: { firstMs: 1_000, capMs: 1_000 },
  },
  ...said,
})

const observing = (observes: string, include: readonly string[]): SyncDescription => ({
  kind: 'sync',
  observes,
  include,
  afterPolicy: false,
  fields: [],
})

const paint = stepOf('paint')
const mix = stepOf('mix')

const refusal = (message: string): Error =>
  Object.assign(new Error(message), { code: 'VALIDATION' })

const start = (steps: readonly ProjectStep[] = [paint, mix]) => {
  const clock = createManualClock()
  const source = createMemorySource(clock)
  const registrations: Registration[] = []
  const calls: { readonly url: string; readonly model: string }[] = []
  const state = {
    open: 0,
    opened: 0,
    refuse: undefined as Error | undefined,
    warnings: [] as string[],
  }
  const { log, entries } = createRecordedLog()
  const dispatching = createDispatching({
    project: {
      name: 'colours',
      version: '1',
      folder: '/project',
      models: [],
      requiredModels: [],
      dependencies: [],
      folders: new Map(),
      steps,
    },
    name: 'test',
    source: {
      ...source,
      register: async (registration) => {
        if (state.refuse) throw state.refuse
        registrations.push(registration)
        return state.warnings
      },
    },
    openCall: () => {
      state.open += 1
      state.opened += 1
      return {
        call: async ({ url }: Target, change: Change | Delivery) => {
          calls.push({ url, model: recordChange(change).model })
          return { kind: 'synced' }
        },
        close: async () => void (state.open -= 1),
      }
    },
    clock,
    random: () => 0.5,
    log,
    observer: createDispatcherMetrics({ ofProcess: false }).observer,
    graceMs: 0,
  })
  const stop = async (): Promise<void> => {
    const stopped = dispatching.stop()
    await clock.advance(2_000)
    await stopped
  }
  onTestFinished(stop)
  return { dispatching, clock, source, registrations, calls, state, entries, stop }
}

test('steps are registered together, in the order of the project, and called where they run', async () => {
  const { dispatching, clock, source, registrations, calls } = start()
  dispatching.found(mix, 'http://mix/', observing('Mixture', ['owner']))
  dispatching.found(paint, 'http://paint/', observing('Color', []))
  await dispatching.begin()
  source.write({ model: 'Color', id: 1 })
  await clock.advance(0)

  expect(registrations.map(({ steps }) => steps)).toMatchObject([
    [
      { step: 'paint', model: 'Color', include: [] },
      { step: 'mix', model: 'Mixture', include: ['owner'] },
    ],
  ])
  expect(calls).toEqual([{ url: 'http://paint/', model: 'Color' }])
})

test('a step that is found later is registered with the others, and served from then on', async () => {
  const { dispatching, clock, source, registrations, calls, state } = start()
  dispatching.found(paint, 'http://paint/', observing('Color', []))
  await dispatching.begin()
  source.write({ model: 'Mixture', id: 1 })
  await clock.advance(0)
  expect(calls).toEqual([])

  dispatching.found(mix, 'http://mix/', observing('Mixture', []))
  await clock.advance(0)
  expect(registrations.at(-1)?.steps.map(({ step }) => step)).toEqual(['paint', 'mix'])
  expect(calls).toEqual([{ url: 'http://mix/', model: 'Mixture' }])
  expect(state.open).toBe(1)
})

test('what a step says again changes nothing; what it says anew is registered', async () => {
  const { dispatching, clock, registrations, state } = start()
  dispatching.found(paint, 'http://paint/', observing('Color', []))
  await dispatching.begin()
  dispatching.found(paint, 'http://paint/', observing('Color', []))
  await clock.advance(0)
  expect(registrations).toHaveLength(1)

  dispatching.found(paint, 'http://paint/', observing('Color', ['owner']))
  await clock.advance(0)
  expect(registrations).toHaveLength(2)
  expect(state.opened).toBe(1)
})

test('what the core warns of is logged once', async () => {
  const { dispatching, clock, state, entries } = start()
  state.warnings = ['Models may wait for each other']
  dispatching.found(paint, 'http://paint/', observing('Color', []))
  await dispatching.begin()
  dispatching.found(mix, 'http://mix/', observing('Mixture', []))
  await clock.advance(0)

  expect(entries.filter(({ level }) => level === 'warn')).toMatchObject([
    { fields: { warning: 'Models may wait for each other' } },
  ])
})

test('how often records are synced again is registered', async () => {
  const hourly = stepOf('paint', { resyncMs: 3_600_000 })
  const { dispatching, registrations } = start([hourly])
  dispatching.found(hourly, 'http://paint/', observing('Color', []))
  await dispatching.begin()

  expect(registrations[0]?.steps).toMatchObject([{ step: 'paint', resyncMs: 3_600_000 }])
})

test('what the configuration says counts more than what a function says', async () => {
  const configured = stepOf('paint', { observes: 'Color', include: ['owner'] })
  const { dispatching, registrations } = start([configured])
  dispatching.found(configured, 'http://paint/', observing('Other', []))
  await dispatching.begin()

  expect(registrations[0]?.steps).toMatchObject([
    { step: 'paint', model: 'Color', include: ['owner'] },
  ])
})

test('what the core refuses ends the start, in its words', async () => {
  const { dispatching, state } = start()
  state.refuse = refusal('Step paint observes Colour, which is not a model')

  await expect(dispatching.begin()).rejects.toMatchObject({
    code: 'SETUP',
    message: 'Step paint observes Colour, which is not a model',
  })
})

test('what the core refuses later is told, and what ran goes on', async () => {
  const { dispatching, clock, source, calls, state, entries } = start()
  dispatching.found(paint, 'http://paint/', observing('Color', []))
  await dispatching.begin()
  state.refuse = refusal('no such model')
  dispatching.found(mix, 'http://mix/', observing('Nothing', []))
  source.write({ model: 'Color', id: 1 })
  await clock.advance(60_000)

  expect(entries.filter(({ level }) => level === 'error')).toMatchObject([
    { message: 'Cannot register what the steps say of themselves now' },
  ])
  expect(calls).toHaveLength(1)
})

test('a core that cannot be reached is asked until it answers', async () => {
  const { dispatching, clock, registrations, state } = start()
  state.refuse = Object.assign(new Error('no connection'), { code: 'UNAVAILABLE' })
  const begun = dispatching.begin()
  await clock.advance(10_000)
  expect(registrations).toEqual([])

  state.refuse = undefined
  await clock.advance(10_000)
  await begun
  expect(registrations).toHaveLength(1)
})

test('a stop ends the asking', async () => {
  const { dispatching, clock, state, stop } = start()
  state.refuse = Object.assign(new Error('no connection'), { code: 'UNAVAILABLE' })
  const begun = dispatching.begin()
  await clock.advance(1_000)
  await stop()

  await expect(begun).resolves.toBeUndefined()
})

test('policies, event steps and pull steps are registered beside sync steps, each as what it is', async () => {
  const allot = stepOf('allot', { kind: 'policy' })
  const listen = stepOf('listen', { kind: 'event' })
  const look = stepOf('look', { kind: 'pull', everyMs: 60_000 })
  const { dispatching, registrations } = start([paint, allot, listen, look])
  dispatching.found(paint, 'http://paint/', observing('Color', []))
  dispatching.found(allot, 'http://allot/', {
    kind: 'policy',
    observes: 'Color',
    include: ['page'],
    operations: ['policy_create'],
  })
  dispatching.found(listen, 'http://listen/', {
    kind: 'event',
    types: ['org.example.*'],
    sources: [],
    topics: ['colors'],
  })
  dispatching.found(look, 'http://look/', { kind: 'pull', everyMs: 5_000 })
  await dispatching.begin()

  expect(registrations).toMatchObject([
    {
      steps: [{ step: 'paint', model: 'Color' }],
      policies: [
        { step: 'allot', model: 'Color', include: ['page'], operations: ['policy_create'] },
      ],
      eventSteps: [{ step: 'listen', types: ['org.example.*'], sources: [], topics: ['colors'] }],
      pullSteps: [{ step: 'look', everyMs: 60_000 }],
      awaited: [],
    },
  ])
})

test('what was registered for a step that does not answer yet is not taken away', async () => {
  const { dispatching, registrations } = start()
  dispatching.found(mix, 'http://mix/', observing('Mixture', []))
  await dispatching.begin()

  expect(registrations).toMatchObject([{ steps: [{ step: 'mix' }], awaited: ['paint'] }])
})

test('a step that is of another kind than its folder is refused', async () => {
  const allot = stepOf('allot', { kind: 'policy' })
  const { dispatching } = start([allot])
  dispatching.found(allot, 'http://allot/', observing('Color', []))

  await expect(dispatching.begin()).rejects.toMatchObject({
    code: 'SETUP',
    message:
      'allot is in the folder of model policies, but it is a sync step. Move its file, or change what it is.',
  })
})

test('a pull step that nobody gave a schedule is refused', async () => {
  const look = stepOf('look', { kind: 'pull' })
  const { dispatching } = start([look])
  dispatching.found(look, 'http://look/', { kind: 'pull', everyMs: undefined })

  await expect(dispatching.begin()).rejects.toMatchObject({
    message:
      'How often is the pull step look called? Set every in the step, or functions.look.every in config.yaml.',
  })
})

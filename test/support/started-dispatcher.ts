import type { Change, Key, Outcome } from '#contract'
import { createDispatcher, type DispatcherOptions, type Target } from '#dispatcher'
import { createManualClock } from './manual-clock.ts'
import { createMemorySource } from './memory-source.ts'
import { recordChange } from './record-change.ts'

export type Line = {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

export const createTestLog = () => {
  const lines: Line[] = []
  const at =
    (level: Line['level']) =>
    (fields: Line['fields'], message: string): void => {
      lines.push({ level, fields, message })
    }
  return {
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    lines,
    messages: () => lines.map(({ message }) => message),
  }
}

export const targetFor = (model: string, changes: Partial<Target> = {}): Target => ({
  step: model.toLowerCase(),
  model,
  url: `http://${model.toLowerCase()}.test/`,
  timeoutMs: 30_000,
  concurrency: 2,
  deferredDelayMs: 5_000,
  retry: { firstMs: 1_000, capMs: 600_000 },
  ...changes,
})

export const key = (model: string, id: number): Key => ({ model, id })

/** A function that answers when the test says so. */
export type Pending = {
  readonly change: Change
  readonly signal: AbortSignal
  answer(outcome: Outcome): Promise<void>
}

export type StartOptions = Partial<Omit<DispatcherOptions, 'clock' | 'log' | 'source'>>

/**
 * A running dispatcher on a memory source under a manual clock, with every draw in the middle. Without a `call` of
 * its own, each call waits in `pending` until the test answers it, and ends as failed when it is cut off.
 */
export const startDispatcher = (options: StartOptions = {}) => {
  const clock = createManualClock()
  const source = createMemorySource(clock)
  const { log, lines, messages } = createTestLog()
  const controller = new AbortController()
  const pending: Pending[] = []

  const dispatcher = createDispatcher({
    name: 'dispatcher-1',
    synchronizer: 'paint',
    source,
    targets: [targetFor('Color'), targetFor('Page')],
    call: (_target, given, signal) =>
      new Promise((resolve) => {
        const end = (outcome: Outcome): void => {
          pending.splice(pending.indexOf(one), 1)
          resolve(outcome)
        }
        const one: Pending = {
          change: recordChange(given),
          signal,
          async answer(outcome) {
            end(outcome)
            await clock.advance(0)
          },
        }
        pending.push(one)
        signal.addEventListener('abort', () => {
          end({ kind: 'failed', text: (signal.reason as Error).message, retry: true })
        })
      }),
    clock,
    random: () => 0.5,
    log,
    ...options,
  })

  let stopped = false
  const run = dispatcher.run(controller.signal).then(() => {
    stopped = true
  })

  return {
    clock,
    source,
    lines,
    messages,
    pending,
    dispatcher,
    run,
    isStopped: () => stopped,
    beginStop: () => controller.abort(),
    /** Lets calls that still wait run out of their grace time. */
    stop: async (): Promise<void> => {
      controller.abort()
      await clock.advance(10_000)
      await run
    },
  }
}

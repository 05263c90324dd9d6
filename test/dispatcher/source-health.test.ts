import { expect, test } from 'vitest'
import { createSourceHealth } from '../../dispatcher/source-health.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createTestLog } from '../support/started-dispatcher.ts'

const start = () => {
  const clock = createManualClock(1_000)
  const { log, messages } = createTestLog()
  return { clock, messages, health: createSourceHealth(clock, () => 0.5, log) }
}

test('requests that fail together are one failure', () => {
  const { health } = start()

  health.failed(new Error('gone'))
  health.failed(new Error('gone'))

  expect(health.retryMs()).toBe(1_100)
})

test('each failure after a wait doubles the next wait, up to 5 s', async () => {
  const { clock, health } = start()
  const waits: number[] = []

  for (let failure = 1; failure <= 8; failure += 1) {
    health.failed(new Error('gone'))
    const waitMs = (health.retryMs() ?? 0) - clock.now()
    waits.push(waitMs)
    await clock.advance(waitMs)
    expect(health.retryMs()).toBeUndefined()
    expect(health.failing).toBe(true)
  }

  expect(waits).toEqual([100, 200, 400, 800, 1_600, 2_500, 2_500, 2_500])
})

test('a success ends the outage, which is told once at each end', () => {
  const { health, messages } = start()

  health.succeeded()
  health.failed('gone')
  health.succeeded()
  health.succeeded()

  expect(health.failing).toBe(false)
  expect(health.retryMs()).toBeUndefined()
  expect(messages()).toEqual(['core cannot be reached', 'core is back'])
})

import { expect, test } from 'vitest'
import { createAutoscaler, type ScalingSettings } from '../../../emulator/knative/autoscaler.ts'

const start = (settings: Partial<ScalingSettings> = {}) => {
  const autoscaler = createAutoscaler(
    {
      containerConcurrency: 10,
      minScale: 0,
      maxScale: 0,
      targetUtilizationPercentage: 70,
      windowMs: 60_000,
      retentionMs: 0,
      ...settings,
    },
    0,
  )
  let nowMs = 0
  let scale = 1
  /** What it wants after so much time of this load, looking every two seconds. */
  const after = (seconds: number, concurrency: number): number => {
    for (let passed = 0; passed < seconds; passed += 2) {
      nowMs += 2_000
      scale = autoscaler.desired({ nowMs, concurrency, scale })
    }
    return scale
  }
  return { autoscaler, after }
}

test.each([
  [7, 1],
  [8, 2],
  [14, 2],
  [70, 10],
])(
  'a load of %i needs %i processes that serve 10 at once and shall be 70 percent full',
  (load, scale) => {
    expect(start().after(120, load)).toBe(scale)
  },
)

test('without a limit for each process each shall serve 70 at once', () => {
  expect(start({ containerConcurrency: 0 }).after(120, 71)).toBe(2)
})

test('a sudden load of twice what there is brings processes at once', () => {
  const { after } = start()
  after(60, 1)

  expect(after(2, 40)).toBe(2)
})

test('after a sudden load the number does not fall for a window', () => {
  const { after } = start()
  after(60, 1)
  after(6, 70)
  expect(after(52, 1)).toBe(10)

  expect(after(20, 1)).toBeLessThan(10)
})

test('the number falls by half at most at each look', () => {
  const { after } = start({ windowMs: 6_000 })
  expect(after(200, 70)).toBe(10)

  expect(Array.from({ length: 5 }, () => after(2, 0))).toEqual([7, 4, 2, 1, 0])
})

test('the last process ends after a whole window without calls', () => {
  const { after } = start()
  expect(after(58, 0)).toBe(1)
  expect(after(2, 0)).toBe(0)
})

test('the last process stays longer by the retention period', () => {
  const { after } = start({ retentionMs: 30_000 })
  expect(after(88, 0)).toBe(1)
  expect(after(2, 0)).toBe(0)
})

test('a call in between begins the window anew', () => {
  const { after } = start()
  after(40, 0)
  after(2, 0.1)
  expect(after(58, 0)).toBe(1)
  expect(after(4, 0)).toBe(0)
})

test('a new process has a whole window, whatever was before', () => {
  const { autoscaler, after } = start()
  after(58, 0)
  autoscaler.reset(58_000)
  expect(after(58, 0)).toBe(1)
})

test.each([
  [{ minScale: 2 }, 0, 2],
  [{ maxScale: 3 }, 700, 3],
])('%o bounds the number', (settings, load, scale) => {
  expect(start(settings).after(200, load)).toBe(scale)
})

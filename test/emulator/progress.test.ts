import { expect, test } from 'vitest'
import type { Target, TargetState } from '#dispatcher'
import { createProgress } from '../../emulator/progress.ts'

const targetOf = (step: string): Target => ({
  step,
  model: 'Color',
  url: 'http://127.0.0.1:1/',
  timeoutMs: 1_000,
  concurrency: 4,
  deferredDelayMs: 1_000,
  retry: { firstMs: 1_000, capMs: 1_000 },
})

const stateOf = (step: string, active: number): TargetState => ({
  target: targetOf(step),
  held: active,
  active,
  allowed: 4,
  gate: 'open',
})

test('calls and failures are counted step by step, and the last answer is kept', () => {
  const { observer, callsOf } = createProgress()
  observer.called(targetOf('paint'), { kind: 'failed', text: 'no brush', retry: true }, 5)
  observer.called(targetOf('paint'), { kind: 'deferred', text: 'still wet' }, 5)
  observer.called(targetOf('guard'), { kind: 'synced' }, 5)
  observer.called(targetOf('hear'), { kind: 'synced', note: 'heard it' }, 5)

  expect(callsOf('paint')).toEqual({ calls: 2, failures: 1, last: 'deferred: still wet' })
  expect(callsOf('guard')).toEqual({ calls: 1, failures: 0, last: 'synced' })
  expect(callsOf('hear').last).toBe('synced: heard it')
  expect(callsOf('pull')).toEqual({ calls: 0, failures: 0, last: undefined })
})

test('a dispatcher that finishes its calls beside the next one still counts', () => {
  const { observer, targets } = createProgress()
  const stop = observer.started(() => [stateOf('paint', 1)])
  observer.started(() => [stateOf('paint', 2), stateOf('guard', 0)])

  expect(targets().map(({ target, active }) => [target.step, active])).toEqual([
    ['paint', 3],
    ['guard', 0],
  ])
  stop()
  expect(targets().map(({ active }) => active)).toEqual([2, 0])
})

import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { stopSignal } from '../../cli/stop-signal.ts'

const start = (connected: boolean) => {
  const process = Object.assign(new EventEmitter(), { connected })
  const state = { now: 0, killed: 0 }
  const signal = stopSignal({
    process,
    now: () => state.now,
    kill: () => (state.killed += 1),
  })
  return { process, state, signal }
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s asks the program to end', (name) => {
  const { process, signal, state } = start(false)
  process.emit(name)

  expect(signal.aborted).toBe(true)
  expect(state.killed).toBe(0)
})

test('one Ctrl-C that arrives three times is one; the next kills', () => {
  const { process, state } = start(false)
  process.emit('SIGINT')
  state.now = 100
  process.emit('SIGINT')
  process.emit('SIGINT')
  state.now = 450
  process.emit('SIGINT')
  expect(state.killed).toBe(0)

  state.now = 900
  process.emit('SIGINT')
  expect(state.killed).toBe(1)
})

test('a process with a parent leaves Ctrl-C to the parent, obeys SIGTERM, and ends with the parent', () => {
  const { process, state, signal } = start(true)
  process.emit('SIGINT')
  process.emit('SIGHUP')
  expect(signal.aborted).toBe(false)

  process.emit('SIGTERM')
  expect(signal.aborted).toBe(true)
  process.emit('disconnect')
  expect(state.killed).toBe(1)
})

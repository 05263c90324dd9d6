import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { stopSignal } from '../../cli/stop-signal.ts'

/** A channel to a parent, as `process` shows it: `send` stays when the parent is gone. */
const channels = {
  none: {},
  open: { send: () => true, connected: true },
  closed: { send: () => true, connected: false },
}

const start = (channel: keyof typeof channels) => {
  const process = Object.assign(new EventEmitter(), channels[channel])
  const state = { now: 0, killed: 0 }
  const signal = stopSignal({
    process,
    now: () => state.now,
    kill: () => (state.killed += 1),
  })
  return { process, state, signal }
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s asks the program to end', (name) => {
  const { process, signal, state } = start('none')
  process.emit(name)

  expect(signal.aborted).toBe(true)
  expect(state.killed).toBe(0)
})

test('one Ctrl-C that arrives three times is one; the next kills', () => {
  const { process, state } = start('none')
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
  const { process, state, signal } = start('open')
  process.emit('SIGINT')
  process.emit('SIGHUP')
  expect(signal.aborted).toBe(false)

  process.emit('SIGTERM')
  expect(signal.aborted).toBe(true)
  process.emit('disconnect')
  expect(state.killed).toBe(1)
})

test('a process whose parent was killed while it was still loading ends at once', () => {
  expect(start('closed').state.killed).toBe(1)
})

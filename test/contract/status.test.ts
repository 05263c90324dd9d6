import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  initialStatus,
  registerAfter,
  statusAfter,
  waitingStatus,
  waitingText,
  type Outcome,
} from '#contract'

const failed = (text: string): Outcome => ({ kind: 'failed', text, retry: true })
const deferred = (text: string): Outcome => ({ kind: 'deferred', text })

test.each<[Outcome, 0 | 1 | 2, string]>([
  [{ kind: 'synced' }, 1, 'OK'],
  [{ kind: 'synced', note: 'n', feedback: {} }, 1, 'OK'],
  [{ kind: 'in-progress', text: 't' }, 0, 'old // t'],
  [{ kind: 'deferred', text: 't' }, 0, 'old // t'],
  [{ kind: 'target-busy', text: 't' }, 0, 'old // t'],
  [{ kind: 'target-down', text: 't' }, 0, 'old // t'],
  [{ kind: 'target-misconfigured', text: 't' }, 0, 'old // t'],
  [{ kind: 'failed', text: 't', retry: true }, 2, 'old // t'],
  [{ kind: 'failed', text: 't', retry: false }, 2, 'old // t'],
])('after %j a record shows code %d', (outcome, code, text) => {
  expect(statusAfter({ code: 2, text: 'old' }, outcome, 'sync')).toEqual({ code, text })
})

test('a delete that succeeded leaves the status, and one that failed shows it', () => {
  const before = { code: 2, text: 'boom // bang' }
  expect(statusAfter(before, { kind: 'synced' }, 'delete')).toEqual(before)
  expect(statusAfter({ code: 1, text: 'OK' }, failed('in use'), 'delete')).toEqual({
    code: 2,
    text: 'in use',
  })
})

test.each([
  ['the initial text goes', initialStatus.text, 'boom', 'boom'],
  ['OK goes', 'OK', 'boom', 'boom'],
  ['nothing leaves no trace', '', 'boom', 'boom'],
  ['the same text again stands once', 'boom', 'boom', 'boom'],
  ['another text stands behind', 'boom', 'bang', 'boom // bang'],
  ['two are kept, the newest last', 'boom // bang', 'crash', 'bang // crash'],
  ['a text that comes back is the newest again', 'boom // bang', 'boom', 'bang // boom'],
  ['what it waited for goes', 'boom // Waiting for function x: busy', 'bang', 'boom // bang'],
  [
    'what it waits for stands last',
    'boom',
    'Waiting for function x: busy',
    'boom // Waiting for function x: busy',
  ],
  [
    'older statuses of the original are understood',
    'Provisioning in progress // boom',
    'bang',
    'boom // bang',
  ],
  ['a text with the separator stays one text', 'boom', 'a // b', 'boom // a / b'],
])('%s: %j and then %j', (_, before, text, after) => {
  expect(statusAfter({ code: 0, text: before }, failed(text), 'sync').text).toBe(after)
})

test('the newest text is whole, and the one before gets the room that is left', () => {
  const text = (before: string, now: string) =>
    statusAfter({ code: 0, text: before }, deferred(now), 'sync').text
  expect(text('a'.repeat(1024), 'b'.repeat(1000))).toBe(`${'a'.repeat(20)} // ${'b'.repeat(1000)}`)
  expect(text('a'.repeat(1024), 'b'.repeat(1024))).toBe('b'.repeat(1024))
  expect(text(`${'a'.repeat(19)}😀`, 'b'.repeat(1000))).toBe(
    `${'a'.repeat(19)} // ${'b'.repeat(1000)}`,
  )
})

test('whatever happens, a status has at most two texts and 1024 units, and ends with the newest', () => {
  const texts = fc.oneof(
    fc.constantFrom('boom', 'bang', 'a // b', ' // ', 'Waiting for A 1: x', 'OK'),
    fc.string({ minLength: 1, maxLength: 1500 }),
  )
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1 }), (history) => {
      let status: { code: number; text: string } = initialStatus
      for (const text of history) status = statusAfter(status, failed(text), 'sync')
      const newest = (history.at(-1) ?? '').slice(0, 900).replaceAll(' // ', ' / ')
      expect(status.text.length).toBeLessThanOrEqual(1024)
      expect(status.text.split(' // ').length).toBeLessThanOrEqual(2)
      expect(status.text.split(' // ').at(-1)?.startsWith(newest)).toBe(true)
    }),
  )
})

const service = { model: 'HelloWorldService', id: 1 }

test('a record that waits for another repeats its newest text, and is not an error of its own', () => {
  expect(waitingText(service, 'boom // Maybe not')).toBe(
    'Waiting for HelloWorldService 1: Maybe not',
  )
  expect(waitingStatus({ code: 2, text: 'own trouble' }, service, 'Maybe not')).toEqual({
    code: 0,
    text: 'own trouble // Waiting for HelloWorldService 1: Maybe not',
  })
  expect(waitingStatus(initialStatus, service, 'x'.repeat(2000)).text).toHaveLength(1024)
})

const now = 1_769_860_800_123

test.each<[string, string, Outcome, { nextRun?: number; failures: number }, object]>([
  [
    'success erases the failures',
    '{"next_run":9,"exponent":3,"failures":3,"last_failure":5}',
    { kind: 'synced' },
    { failures: 0 },
    { next_run: 0, exponent: 0, last_success: 1_769_860_800.123 },
  ],
  [
    'a failure counts and keeps the last success',
    '{"next_run":0,"exponent":0,"last_success":7.5}',
    failed('boom'),
    { nextRun: now + 1000, failures: 1 },
    {
      next_run: 1_769_860_801.123,
      exponent: 1,
      failures: 1,
      last_success: 7.5,
      last_failure: 1_769_860_800.123,
    },
  ],
  [
    'a failure for good plans nothing',
    '{}',
    { kind: 'failed', text: 'never', retry: false },
    { failures: 2 },
    { next_run: 0, exponent: 2, failures: 2, last_failure: 1_769_860_800.123 },
  ],
  [
    'a deferral is no failure',
    '{"last_success":7,"last_failure":8}',
    deferred('later'),
    { nextRun: now + 5000, failures: 0 },
    { next_run: 1_769_860_805.123, exponent: 0, failures: 0, last_success: 7, last_failure: 8 },
  ],
])('backend_register: %s', (_, previous, outcome, context, expected) => {
  expect(JSON.parse(registerAfter(previous, outcome, { now, ...context }))).toEqual(expected)
})

test.each([
  '',
  'null',
  '[]',
  '{',
  '"x"',
  '{"last_success":"yesterday"}',
  '{"__proto__":{"last_success":1}}',
])('backend_register starts afresh after %j', (previous) => {
  expect(JSON.parse(registerAfter(previous, deferred('x'), { now, failures: 0 }))).toEqual({
    next_run: 0,
    exponent: 0,
    failures: 0,
  })
})

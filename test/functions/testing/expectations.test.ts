import { AssertionError } from 'node:assert'
import { expect, test } from 'vitest'
import { DeferredException, InProgressException, TerminalException, type Step } from '#functions'
import {
  expectDeferred,
  expectFailed,
  expectInProgress,
  expectSynced,
  runStep,
  type StepRun,
} from '../../../functions/sdk/testing.ts'

/** What comes of a step that does this. */
const runThat = (sync_record: Step['sync_record']): Promise<StepRun> =>
  runStep({ observes: 'Color', sync_record, delete_record: () => undefined }, {})

const throwing = (error: unknown): Promise<StepRun> =>
  runThat(() => {
    throw error
  })

/** What a check throws; the test fails when it throws nothing. */
const failureOf = (check: () => unknown): AssertionError => {
  try {
    check()
  } catch (error) {
    expect(error).toBeInstanceOf(AssertionError)
    return error as AssertionError
  }
  throw new Error('Expected the check to fail')
}

test('what is as expected is answered', async () => {
  const later = new DeferredException('not yet', { retryAfter: '5s' })

  expect(expectSynced(await runThat(() => undefined))).toEqual({})
  expect(expectSynced(await runThat(() => ({ shade: 'dark' })), { shade: 'dark' })).toEqual({
    shade: 'dark',
  })
  expect(expectDeferred(await throwing(later), 'not yet').retryAfterMs).toBe(5_000)
  expect(expectDeferred(await throwing(later), /yet/).waitingOn).toBeUndefined()
  expect(expectFailed(await throwing(new Error('no ink')), 'no ink').retry).toBe(true)
  expect(expectFailed(await throwing(new TerminalException('no such ink'))).retry).toBe(false)
  expect(expectInProgress(await throwing(new InProgressException('begun'))).text).toBe('begun')
})

test.each([
  [
    'a failure where a success is expected',
    () => throwing(new Error('no ink')),
    expectSynced,
    'Expected the step to succeed, but it failed: no ink',
  ],
  [
    'a success where a deferral is expected',
    () => runThat(() => ({ shade: 'dark' })),
    expectDeferred,
    'Expected the step to defer, but it succeeded, with the feedback {"shade":"dark"}',
  ],
  [
    'a deferral where a failure is expected',
    () => throwing(new DeferredException('not yet')),
    expectFailed,
    'Expected the step to fail, but it deferred: not yet',
  ],
  [
    'a failure for good where a beginning is expected',
    () => throwing(new TerminalException('never')),
    expectInProgress,
    'Expected the step to say that it has begun, but it failed for good: never',
  ],
])('%s is told', async (_which, run, check, message) => {
  const ran = await run()

  expect(failureOf(() => check(ran)).message).toBe(message)
})

test('another text is told beside the one that is expected', async () => {
  const ran = await throwing(new DeferredException('not yet'))

  expect(failureOf(() => expectDeferred(ran, 'later')).message).toBe(
    'Expected the step to defer with the text "later", got "not yet"',
  )
  expect(failureOf(() => expectDeferred(ran, /later/)).message).toContain('with the text /later/')
})

test('feedback that differs is told field by field', async () => {
  const ran = await runThat(() => ({ shade: 'dark', width: 3 }))

  expect(failureOf(() => expectSynced(ran, { shade: 'light', depth: 1 })).message).toBe(
    [
      'Expected the step to answer other feedback:',
      "  shade: expected 'light', got 'dark'",
      '  depth: expected 1, got nothing',
      '  width: expected nothing, got 3',
    ].join('\n'),
  )
})

test('the error that the step threw is the cause, and the stack begins in the test', async () => {
  const error = new Error('no ink')
  const ran = await throwing(error)
  const failure = failureOf(() => expectSynced(ran))

  expect(failure.cause).toBe(error)
  expect(failure.stack).not.toMatch(/at expectSynced/)
})

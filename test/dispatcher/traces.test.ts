import { expect, test } from 'vitest'
import type { Report, SpanAttributes, SpanStart, Tracer, Work } from '#contract'
import { createTraces } from '../../dispatcher/traces.ts'
import { targetFor } from '../support/started-dispatcher.ts'

const traceparent = (digit: number): string => `00-${String(digit).repeat(32)}-00f067aa0ba902b7-01`

type Shown = SpanStart & { readonly ended?: SpanAttributes; readonly failure?: string | undefined }

/** A tracer that keeps the spans that have ended, and numbers all of them from 5 up. */
const createTracer = () => {
  const shown: Shown[] = []
  let begun = 4
  const tracer: Tracer = {
    begin(start) {
      begun += 1
      return {
        traceparent: traceparent(begun),
        end: (ended = {}, failure) => void shown.push({ ...start, ended, failure }),
      }
    },
  }
  return { tracer, shown }
}

const start = (tracer?: Tracer) =>
  createTraces({ tracer, name: 'd1', synchronizer: 'paint', random: () => 0.5 })

const target = targetFor('Color')

const workOf = (traces?: readonly string[]): Work => ({
  key: { model: 'Color', id: 7 },
  operation: 'sync',
  token: 1,
  failures: 0,
  change: {
    operation: 'sync',
    model: 'Color',
    record: { id: 7, name: 'a secret' },
    expanded: {},
    stamp: 1_000,
    attempt: 2,
  },
  ...(traces === undefined ? {} : { traces }),
})

test('a call is part of the trace of the one write that led to it', () => {
  const { tracer, shown } = createTracer()

  const call = start(tracer).call(target, workOf([traceparent(1)]))
  expect(shown).toEqual([])
  call.ended({ kind: 'synced' })

  expect(call.traceparent).toBe(traceparent(5))
  expect(shown).toEqual([
    {
      name: 'POST color',
      kind: 'client',
      parent: traceparent(1),
      attributes: {
        'syncstep.dispatcher': 'd1',
        'syncstep.synchronizer': 'paint',
        'http.request.method': 'POST',
        'cloudevents.event_id': 'Color/7@1000/sync',
        'cloudevents.event_source': '/synchronizers/paint',
        'cloudevents.event_spec_version': '1.0',
        'cloudevents.event_type': 'org.opencord.xos.sync_record.v1',
        'cloudevents.event_subject': 'Color/7',
        'syncstep.model': 'Color',
        'syncstep.step': 'color',
        'syncstep.operation': 'sync',
        'syncstep.attempt': 2,
      },
      ended: { 'syncstep.outcome': 'synced' },
      failure: undefined,
    },
  ])
})

test('a call that several writes led to is linked to each, and part of no trace of theirs', () => {
  const { tracer, shown } = createTracer()

  start(tracer)
    .call(target, workOf([traceparent(1), traceparent(2)]))
    .ended({ kind: 'synced' })

  expect(shown[0]?.parent).toBeUndefined()
  expect(shown[0]?.links).toEqual([traceparent(1), traceparent(2)])
})

test.each([
  ['failed', { kind: 'failed', text: 'a secret', retry: true }, 'failed'],
  ['found nobody', { kind: 'target-down', text: 'a secret' }, 'target-down'],
  ['was put off', { kind: 'deferred', text: 'a secret' }, undefined],
  ['was cut off', undefined, 'cut-off'],
] as const)(
  'a call that %s says so, without the words of the function',
  (_which, outcome, kind) => {
    const { tracer, shown } = createTracer()

    start(tracer).call(target, workOf()).ended(outcome)

    expect(shown[0]).toMatchObject({ failure: kind })
    expect(JSON.stringify(shown)).not.toContain('secret')
  },
)

test('a lease is linked to the writes that it took up, each once, and is not shown when it took none', () => {
  const { tracer, shown } = createTracer()
  const traces = start(tracer)

  traces.leased([], 1_000)
  traces.leased([workOf([traceparent(1)]), workOf(), workOf([traceparent(1)])], 1_000)

  expect(shown).toMatchObject([
    {
      name: 'lease',
      startMs: 1_000,
      links: [traceparent(1)],
      attributes: { 'syncstep.records': 3 },
    },
  ])
})

test('a report is linked to the calls that it is about', () => {
  const { tracer, shown } = createTracer()
  const traces = start(tracer)
  const { key, operation, token } = workOf()
  const one: Report = {
    key,
    operation,
    token,
    stamp: 1_000,
    outcome: { kind: 'synced' },
    durationMs: 1,
  }
  const reports = [{ ...one, traceparent: traceparent(1) }, one]

  traces.reporting(reports)(1)
  traces.reporting(reports)(undefined)

  expect(shown).toMatchObject([
    { name: 'report', links: [traceparent(1)], ended: { 'syncstep.refused': 1 } },
    { name: 'report', links: [traceparent(1)], failure: 'core-not-reached' },
  ])
})

test('without a tracer a function gets the trace of the last write, or a new one', () => {
  const traces = start()

  expect(traces.call(target, workOf([traceparent(1), traceparent(2)])).traceparent).toBe(
    traceparent(2),
  )
  expect(traces.call(target, workOf()).traceparent).toBe(
    '00-80000000800000008000000080000001-8000000080000001-01',
  )
})

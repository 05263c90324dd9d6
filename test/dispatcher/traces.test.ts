import { expect, test } from 'vitest'
import type { Report, Tracer, Work } from '#contract'
import { createTraces } from '../../dispatcher/traces.ts'
import { createRecordedTracer, traceparentOf } from '../support/recorded-tracer.ts'
import { targetFor } from '../support/started-dispatcher.ts'

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
  const { tracer, spans } = createRecordedTracer()

  const call = start(tracer).call(target, workOf([traceparentOf(1)]))
  expect(spans).toEqual([])
  call.ended({ kind: 'synced' })

  expect(call.traceparent).toBe(traceparentOf(5))
  expect(spans).toEqual([
    {
      name: 'POST color',
      kind: 'client',
      parent: traceparentOf(1),
      attributes: { 'syncstep.dispatcher': 'd1', 'syncstep.synchronizer': 'paint' },
      ended: {
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
        'syncstep.outcome': 'synced',
      },
      failure: undefined,
    },
  ])
})

test('a call that several writes led to is linked to each, and part of no trace of theirs', () => {
  const { tracer, spans } = createRecordedTracer()

  start(tracer)
    .call(target, workOf([traceparentOf(1), traceparentOf(2)]))
    .ended({ kind: 'synced' })

  expect(spans[0]?.parent).toBeUndefined()
  expect(spans[0]?.links).toEqual([traceparentOf(1), traceparentOf(2)])
})

test.each([
  ['failed', { kind: 'failed', text: 'a secret', retry: true }, 'failed'],
  ['found nobody', { kind: 'target-down', text: 'a secret' }, 'target-down'],
  ['was put off', { kind: 'deferred', text: 'a secret' }, undefined],
  ['was cut off', undefined, 'cut-off'],
] as const)(
  'a call that %s says so, without the words of the function',
  (_which, outcome, kind) => {
    const { tracer, spans } = createRecordedTracer()

    start(tracer).call(target, workOf()).ended(outcome)

    expect(spans[0]).toMatchObject({ failure: kind })
    expect(JSON.stringify(spans)).not.toContain('secret')
  },
)

test('a lease is linked to the writes that it took up, each once, and is not shown when it took none', () => {
  const { tracer, spans } = createRecordedTracer()
  const traces = start(tracer)

  traces.leased([], 1_000)
  traces.leased([workOf([traceparentOf(1)]), workOf(), workOf([traceparentOf(1)])], 1_000)

  expect(spans).toMatchObject([
    {
      name: 'lease',
      startMs: 1_000,
      links: [traceparentOf(1)],
      attributes: { 'syncstep.records': 3 },
    },
  ])
})

test('a report is linked to the calls that it is about', () => {
  const { tracer, spans } = createRecordedTracer()
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
  const reports = [{ ...one, traceparent: traceparentOf(1) }, one]

  traces.reporting(reports)(1)
  traces.reporting(reports)(undefined)

  expect(spans).toMatchObject([
    { name: 'report', links: [traceparentOf(1)], ended: { 'syncstep.refused': 1 } },
    { name: 'report', links: [traceparentOf(1)], failure: 'core-not-reached' },
  ])
})

test('without a tracer a function gets the trace of the last write, or a new one', () => {
  const traces = start()

  expect(traces.call(target, workOf([traceparentOf(1), traceparentOf(2)])).traceparent).toBe(
    traceparentOf(2),
  )
  expect(traces.call(target, workOf()).traceparent).toBe(
    '00-80000000800000008000000080000001-8000000080000001-01',
  )
})

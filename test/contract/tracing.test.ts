import { expect, test } from 'vitest'
import { traceIdsOf, traceparentFrom } from '#contract'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

test.each([
  ['sampled', `00-${traceId}-${spanId}-01`, `00-${traceId}-${spanId}-01`],
  ['not sampled', `00-${traceId}-${spanId}-00`, `00-${traceId}-${spanId}-00`],
  ['with flags of later days', `00-${traceId}-${spanId}-03`, `00-${traceId}-${spanId}-01`],
  ['of a later version', `cc-${traceId}-${spanId}-01-more`, `00-${traceId}-${spanId}-01`],
])('a traceparent that is %s is understood', (_which, header, expected) => {
  expect(traceparentFrom(header)).toBe(expected)
})

test.each([
  ['of no version', `ff-${traceId}-${spanId}-01`],
  ['of version 00 with more', `00-${traceId}-${spanId}-01-more`],
  ['without a trace', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['without a span', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['in capitals', `00-${traceId.toUpperCase()}-${spanId}-01`],
  ['that is endless', `cc-${traceId}-${spanId}-01-${'x'.repeat(500)}`],
  ['that came twice', [`00-${traceId}-${spanId}-01`, `00-${traceId}-${spanId}-01`]],
  ['that is none', undefined],
])('a traceparent %s counts as not sent', (_which, header) => {
  expect(traceparentFrom(header)).toBeUndefined()
})

test('a traceparent has the ids that logs name', () => {
  expect(traceIdsOf(`00-${traceId}-${spanId}-01`)).toEqual({ traceId, spanId })
})

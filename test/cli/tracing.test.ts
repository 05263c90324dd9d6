import { expect, test } from 'vitest'
import { openTracing } from '../../cli/tracing.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createRecordedLog } from '../support/recorded-log.ts'

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' }

const hasTracer = async (environment: Readonly<Record<string, string>>): Promise<boolean> => {
  const { log } = createRecordedLog()
  const tracing = await openTracing({ environment, clock: createManualClock() }, log, 'test')
  await tracing.close()
  return tracing.tracer !== undefined
}

test.each<[string, Readonly<Record<string, string>>]>([
  ['an endpoint', endpoint],
  ['an endpoint of traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://localhost/traces' }],
  ['the exporter', { OTEL_TRACES_EXPORTER: 'otlp' }],
  ['the exporter beside others', { OTEL_TRACES_EXPORTER: 'console, otlp' }],
  ['a switch that is not set', { ...endpoint, OTEL_SDK_DISABLED: 'false' }],
])('traces are sent with %s', async (_which, environment) => {
  expect(await hasTracer(environment)).toBe(true)
})

test.each<[string, Readonly<Record<string, string>>]>([
  ['nothing', {}],
  ['an endpoint that is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  ['the exporter none', { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }],
  ['another exporter', { ...endpoint, OTEL_TRACES_EXPORTER: 'zipkin' }],
  ['the switch', { ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }],
])('no traces are sent with %s', async (_which, environment) => {
  expect(await hasTracer(environment)).toBe(false)
})

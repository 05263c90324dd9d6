import { afterEach, expect, test } from 'vitest'
import { encodeEvent, type CloudEvent } from '#contract'
import {
  createHost,
  DeferredException,
  TerminalException,
  type EventStepLike,
  type FunctionOptions,
  type Host,
} from '#functions'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { createRecordedTracer, traceparentOf } from '../support/recorded-tracer.ts'

const start = Date.UTC(2026, 0, 31, 12)

let host: Host
let clock: ManualClock
let url: string
let lines: unknown[]

const serve = async (step: EventStepLike, more: Partial<FunctionOptions> = {}): Promise<void> => {
  clock = createManualClock(start)
  lines = []
  const write = (...line: readonly unknown[]) => void lines.push(line[0])
  const log = { debug: write, info: write, warn: write, error: write }
  host = createHost(step, { name: 'ports', log, clock, callers: 'anyone', ...more })
  const { port } = await host.listen(0, '127.0.0.1')
  url = `http://127.0.0.1:${port}`
}

afterEach(async () => {
  const closed = host.close(0)
  await clock.advance(0)
  await closed
})

const post = async (
  event: Partial<CloudEvent> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<number> => {
  const whole = { id: '1', source: '/onos', type: 'org.onos.port.down', extensions: {}, ...event }
  const message = encodeEvent(whole, 'binary')
  const request = { method: 'POST', headers: { ...message.headers, ...headers } }
  return (await fetch(url, request)).status
}

const metrics = async (headers: Readonly<Record<string, string>> = {}): Promise<string> =>
  (await fetch(`${url}/metrics`, { headers })).text()

/** Samples by their names and labels. */
const samplesIn = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [name = '', value] = line.split(' ')
        return [name, Number(value)]
      }),
  )

test('calls are counted by what came of them, with how long they took', async () => {
  const thrown: Readonly<Record<string, Error>> = {
    later: new DeferredException('later'),
    never: new TerminalException('never'),
    broken: new Error('broken'),
  }
  await serve({
    async process_event({ id }) {
      await clock.advance(30)
      if (thrown[id] !== undefined) throw thrown[id]
    },
  })
  for (const id of ['a', 'b', 'later', 'never', 'broken']) await post({ id })
  await post({ type: 'org.opencord.xos.sync_record.v1' })

  const samples = samplesIn(await metrics())
  const callsOf = (outcome: string) =>
    samples.get(`syncstep_function_calls_total{step="ports",outcome="${outcome}"}`)
  const within = (seconds: string) =>
    samples.get(`syncstep_function_call_duration_seconds_bucket{step="ports",le="${seconds}"}`)
  expect(['synced', 'deferred', 'refused', 'failed'].map(callsOf)).toEqual([2, 1, 1, 1])
  expect(['0.025', '0.05', '300', '+Inf'].map(within)).toEqual([0, 5, 5, 5])
  expect(samples.get('syncstep_function_call_duration_seconds_sum{step="ports"}')).toBeCloseTo(0.15)
  expect(samples.get('syncstep_function_calls_in_flight{step="ports"}')).toBe(0)
})

test('what goes on is told, and only to callers that are known', async () => {
  let told = ''
  const callers = { tokens: ['secret'] }
  const authorization = 'Bearer secret'
  await serve(
    { process_event: async () => void (told = await metrics({ authorization })) },
    {
      callers,
      name: 'a "step"',
    },
  )

  expect(await post({}, { authorization })).toBe(204)
  expect(told).toContain('syncstep_function_calls_in_flight{step="a \\"step\\""} 1\n')
  expect(await metrics()).toContain('UNAUTHORIZED')
  const posted = await fetch(`${url}/metrics`, { method: 'POST', headers: { authorization } })
  expect(posted.status).toBe(405)
})

test('a call is shown as part of the trace of its caller, and what it logs is part of it', async () => {
  const { tracer, spans } = createRecordedTracer()
  await serve(
    {
      process_event({ id }, { log }) {
        log.info('seen')
        if (id === 'b') throw new Error('no route')
      },
    },
    { tracer },
  )
  await post({ id: 'a', subject: 'of:1' }, { traceparent: traceparentOf(3) })
  await post({ id: 'b', extensions: { traceparent: traceparentOf(4) } })

  expect(spans).toMatchObject([
    {
      name: 'step ports',
      kind: 'server',
      parent: traceparentOf(3),
      attributes: {
        'cloudevents.event_id': 'a',
        'cloudevents.event_subject': 'of:1',
        'cloudevents.event_type': 'org.onos.port.down',
        'syncstep.step': 'ports',
      },
      ended: { 'syncstep.outcome': 'synced' },
      failure: undefined,
    },
    { parent: traceparentOf(4), ended: { 'syncstep.outcome': 'failed' }, failure: 'failed' },
  ])
  expect(lines[0]).toMatchObject({ trace_id: '5'.repeat(32) })
})

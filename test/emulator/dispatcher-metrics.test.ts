import { expect, onTestFinished, test } from 'vitest'
import { createDispatcherMetrics } from '../../emulator/dispatcher-metrics.ts'
import { startHealthServer } from '../../emulator/health-server.ts'
import {
  key,
  startDispatcher,
  targetFor,
  type StartOptions,
} from '../support/started-dispatcher.ts'

/** A running dispatcher, and the lines of its metrics that begin so, as Prometheus gets them. */
const start = async (options: StartOptions = {}) => {
  const metrics = createDispatcherMetrics({ ofProcess: false })
  const health = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    isReady: () => true,
    metrics: () => metrics.page(),
  })
  const dispatcher = startDispatcher({
    targets: [targetFor('Color')],
    observer: metrics.observer,
    ...options,
  })
  onTestFinished(async () => {
    await dispatcher.stop()
    await health.close()
  })
  const linesOf = async (name: string): Promise<readonly string[]> => {
    const response = await fetch(`http://127.0.0.1:${health.port}/metrics`)
    const lines = (await response.text()).split('\n')
    return lines.filter((line) => line.startsWith(`syncstep_dispatcher_${name}`))
  }
  return { ...dispatcher, linesOf }
}

const color = key('Color', 1)

test('attempts are counted by what came of them, and how long their calls took', async () => {
  const { clock, source, pending, linesOf } = await start()
  source.write(color)
  await clock.advance(20)
  await pending[0]?.answer({ kind: 'failed', text: 'no', retry: true })
  await clock.advance(1_000)
  await clock.advance(300)
  await pending[0]?.answer({ kind: 'synced' })

  expect(await linesOf('attempts_total')).toEqual([
    'syncstep_dispatcher_attempts_total{model="Color",step="color",outcome="failed"} 1',
    'syncstep_dispatcher_attempts_total{model="Color",step="color",outcome="synced"} 1',
  ])
  expect(await linesOf('call_duration_seconds_count')).toEqual([
    'syncstep_dispatcher_call_duration_seconds_count{model="Color",step="color"} 2',
  ])
  expect(await linesOf('leases_total')).toEqual([
    'syncstep_dispatcher_leases_total{model="Color",step="color"} 2',
  ])
})

test('a record counts as synced once the core took it, from its change on', async () => {
  const { clock, source, pending, linesOf } = await start()
  source.write(color)
  await clock.advance(4_000)
  source.setOutage(new Error('away'))
  await pending[0]?.answer({ kind: 'synced' })
  expect(await linesOf('change_to_synced_seconds_count')).toEqual([])

  source.setOutage(undefined)
  await clock.advance(60_000)
  const lines = await linesOf('change_to_synced_seconds')
  expect(lines).toContain('syncstep_dispatcher_change_to_synced_seconds_count{model="Color"} 1')
  expect(lines).toContain(
    'syncstep_dispatcher_change_to_synced_seconds_bucket{le="2.5",model="Color"} 0',
  )
})

test('a delete is an attempt, but no change that is synced', async () => {
  const { clock, source, pending, linesOf } = await start()
  source.remove(color)
  await clock.advance(0)
  await pending[0]?.answer({ kind: 'synced' })

  expect(await linesOf('attempts_total')).toEqual([
    'syncstep_dispatcher_attempts_total{model="Color",step="color",outcome="synced"} 1',
  ])
  expect(await linesOf('change_to_synced_seconds_count')).toEqual([])
})

test('a success that the core refuses counts as refused, not as synced', async () => {
  const { clock, source, pending, linesOf } = await start()
  source.write(color)
  await clock.advance(0)
  const [late] = pending
  source.expireLease(color)
  await late?.answer({ kind: 'synced' })

  expect(await linesOf('reports_refused_total')).toEqual([
    'syncstep_dispatcher_reports_refused_total 1',
  ])
  expect(await linesOf('change_to_synced_seconds_count')).toEqual([])
})

test('what is leased and what runs is told beside what may run', async () => {
  const { clock, source, pending, linesOf } = await start()
  for (const id of [1, 2, 3, 4]) source.write(key('Color', id))
  await clock.advance(0)
  const labels = '{model="Color",step="color"}'
  expect(await linesOf('active_calls')).toEqual([`syncstep_dispatcher_active_calls${labels} 2`])
  expect(await linesOf('leases{')).toEqual([`syncstep_dispatcher_leases${labels} 4`])
  expect(await linesOf('allowed_calls')).toEqual([`syncstep_dispatcher_allowed_calls${labels} 2`])

  await pending[0]?.answer({ kind: 'target-busy', text: 'busy' })
  expect(await linesOf('active_calls')).toEqual([`syncstep_dispatcher_active_calls${labels} 1`])
  expect(await linesOf('allowed_calls')).toEqual([`syncstep_dispatcher_allowed_calls${labels} 1`])
})

const gateLines = (state: string): readonly string[] =>
  ['open', 'paused', 'down'].map(
    (one) =>
      `syncstep_dispatcher_gate{model="Color",step="color",state="${one}"} ${one === state ? 1 : 0}`,
  )

test('the gate of a function is open, paused while it is busy, and down while it is away', async () => {
  const { clock, source, pending, linesOf } = await start()
  expect(await linesOf('gate')).toEqual(gateLines('open'))

  source.write(color)
  await clock.advance(0)
  await pending[0]?.answer({ kind: 'target-busy', text: 'busy', retryAfterMs: 3_000 })
  expect(await linesOf('gate')).toEqual(gateLines('paused'))
  await clock.advance(3_000)
  expect(await linesOf('gate')).toEqual(gateLines('open'))

  await pending[0]?.answer({ kind: 'target-down', text: 'nobody' })
  expect(await linesOf('gate')).toEqual(gateLines('down'))
})

test('a dispatcher that has stopped holds nothing any more', async () => {
  const { clock, source, linesOf, stop } = await start()
  source.write(color)
  await clock.advance(0)
  await stop()

  expect(await linesOf('active_calls')).toEqual([])
  expect(await linesOf('gate')).toEqual([])
})

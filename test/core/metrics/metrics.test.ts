import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createFigures, createMetrics, measuredWork, type Metrics } from '#core'
import {
  asAdministrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'

let opened: TestStore
let metrics: Metrics

beforeAll(async () => {
  opened = await openTestStore()
  await opened.load(helloWorldModels, helloWorldSteps)
})
beforeEach(async () => {
  await opened.clear()
  metrics = createMetrics(createFigures(opened.database, opened.clock), () => 1500)
})

/** The lines of the page that begin so, without comments. */
const linesOf = async (prefix: string): Promise<readonly string[]> =>
  (await metrics.page()).text.split('\n').filter((line) => line.startsWith(prefix))

test('what is due, waits and is under way is told by model', async () => {
  const records = asAdministrator(opened.store)
  const service = await records.create('HelloWorldService', { name: 's', hello_from: 'me' })
  await records.create('HelloWorldServiceInstance', { hello_to: 'you', owner_id: service['id'] })
  await opened.lease(['HelloWorldServiceInstance'])
  await opened.lease(['HelloWorldService'])

  const text = await linesOf('syncstep_workqueue_')
  expect(text).toEqual([
    'syncstep_workqueue_depth{model="HelloWorldService"} 0',
    'syncstep_workqueue_depth{model="HelloWorldServiceInstance"} 0',
    'syncstep_workqueue_parked{model="HelloWorldService"} 0',
    'syncstep_workqueue_parked{model="HelloWorldServiceInstance"} 1',
    'syncstep_workqueue_leased{model="HelloWorldService"} 1',
    'syncstep_workqueue_leased{model="HelloWorldServiceInstance"} 0',
    'syncstep_workqueue_failing{model="HelloWorldService"} 0',
    'syncstep_workqueue_failing{model="HelloWorldServiceInstance"} 0',
  ])
})

test('leases, and reports by their result, are counted; what was not called is not', async () => {
  const work = measuredWork(opened.work, metrics)
  const records = asAdministrator(opened.store)
  for (const name of ['a', 'b', 'c', 'd']) {
    await records.create('HelloWorldService', { name, hello_from: 'me' })
  }
  const wants = [{ model: 'HelloWorldService', limit: 10 }]
  const { work: leased } = await work.lease('tester', wants)
  const outcomes = [
    { kind: 'synced' },
    { kind: 'failed', text: 'no', retry: false },
    { kind: 'deferred', text: 'later' },
    { kind: 'released' },
  ] as const
  const reports = leased.map((one, index) => reportOn(one, outcomes[index] ?? outcomes[3]))
  await work.report('tester', reports)
  await work.report('tester', reports.slice(0, 1))

  expect(await linesOf('syncstep_leases_total')).toEqual([
    'syncstep_leases_total{model="HelloWorldService"} 4',
  ])
  expect(await linesOf('syncstep_reconcile_total')).toEqual([
    'syncstep_reconcile_total{model="HelloWorldService",result="success"} 1',
    'syncstep_reconcile_total{model="HelloWorldService",result="error"} 1',
    'syncstep_reconcile_total{model="HelloWorldService",result="requeue_after"} 1',
  ])
  expect(await linesOf('syncstep_terminal_reconcile_errors_total')).toEqual([
    'syncstep_terminal_reconcile_errors_total{model="HelloWorldService"} 1',
  ])
  expect(await linesOf('syncstep_reports_refused_total')).toEqual([
    'syncstep_reports_refused_total 1',
  ])
})

test('the lag of the sink is told in seconds', async () => {
  expect(await linesOf('syncstep_sink_lag_seconds')).toEqual(['syncstep_sink_lag_seconds 1.5'])
})

test('calls over gRPC have the names and labels of XOS', async () => {
  metrics.grpc({ model: 'Slice', endpoint: 'ListSlice', status: 'OK', seconds: 0.02 })

  expect(await linesOf('grpc_request_count_total')).toEqual([
    'grpc_request_count_total{app_name="xos-core",model_name="Slice",endpoint="ListSlice",status="OK"} 1',
  ])
  expect(await linesOf('grpc_request_latency_seconds_count')).toEqual([
    'grpc_request_latency_seconds_count{app_name="xos-core",model_name="Slice",endpoint="ListSlice"} 1',
  ])
})

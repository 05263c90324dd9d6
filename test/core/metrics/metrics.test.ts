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

test('pending records are told by model and by why they are not synced', async () => {
  const records = asAdministrator(opened.store)
  const service = await records.create('HelloWorldService', { name: 's', hello_from: 'me' })
  await records.create('HelloWorldServiceInstance', { hello_to: 'you', owner_id: service['id'] })
  await opened.lease(['HelloWorldServiceInstance'])
  await opened.lease(['HelloWorldService'])

  const lines = await linesOf('syncstep_workqueue_')
  const text = lines.filter((line) => !line.endsWith(' 0'))
  expect(text).toEqual([
    'syncstep_workqueue_depth{model="HelloWorldService",reason="running"} 1',
    'syncstep_workqueue_depth{model="HelloWorldServiceInstance",reason="waiting-for-records"} 1',
  ])
})

test('what came of its last call says why a record is not tried now', async () => {
  const records = asAdministrator(opened.store)
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await records.create('HelloWorldService', { name, hello_from: 'me' })
  }
  const { work: leased } = await opened.work.lease('tester', [
    { model: 'HelloWorldService', limit: 4 },
  ])
  const endings = [
    [{ kind: 'failed', text: 'no', retry: true }, 1_000],
    [{ kind: 'failed', text: 'no', retry: false }, undefined],
    [{ kind: 'target-down', text: 'nobody' }, 0],
    [{ kind: 'synced' }, undefined],
  ] as const
  const reports = leased.map((one, index) => {
    const [outcome, retryInMs] = endings[index] ?? endings[3]
    return reportOn(one, outcome, retryInMs)
  })
  await opened.work.report('tester', reports)

  const of = (reason: string): string =>
    `syncstep_workqueue_depth{model="HelloWorldService",reason="${reason}"}`
  expect(await linesOf('syncstep_workqueue_')).toEqual([
    `${of('ready')} 1`,
    `${of('running')} 0`,
    `${of('backing-off')} 1`,
    `${of('waiting-for-records')} 0`,
    `${of('waiting-for-policy')} 0`,
    `${of('waiting-for-function')} 1`,
    `${of('refused')} 1`,
    'syncstep_workqueue_failing{model="HelloWorldService"} 2',
  ])
})

test('records that their policy has not seen are told by model and by why', async () => {
  const models = [{ filename: 'test.xproto', contents: helloWorldModels }]
  const steps = helloWorldSteps.map((step) => ({ ...step, afterPolicy: true }))
  const brought = { name: 'test', version: '1', models, requiredModels: [] }
  const model = 'HelloWorldService'
  const policies = [{ step: 'p', model, include: [], operations: ['policy_create'] as const }]
  await opened.work.register({ ...brought, steps, policies })
  const records = asAdministrator(opened.store)
  for (const name of ['a', 'b', 'c']) await records.create(model, { name, hello_from: 'me' })
  await opened.lease([model])
  const { work } = await opened.work.lease('tester', [{ model, limit: 2, kind: 'policy' }])
  await opened.work.report('tester', [
    reportOn(work[0]!, { kind: 'failed', text: 'no', retry: false }),
  ])

  const lines = [
    ...(await linesOf('syncstep_policies_')),
    ...(await linesOf('syncstep_workqueue_')),
  ]
  expect(lines.filter((line) => !line.endsWith(' 0'))).toEqual([
    `syncstep_policies_pending{model="${model}",reason="ready"} 1`,
    `syncstep_policies_pending{model="${model}",reason="running"} 1`,
    `syncstep_policies_pending{model="${model}",reason="refused"} 1`,
    `syncstep_workqueue_depth{model="${model}",reason="running"} 1`,
    `syncstep_workqueue_depth{model="${model}",reason="waiting-for-policy"} 2`,
  ])
  await opened.work.register({ ...brought, steps: helloWorldSteps })
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

test('events for steps are told by what keeps them, and counted by what became of them', async () => {
  const eventSteps = [
    { step: 'onu', types: ['onu'], maxAttempts: 1 },
    { step: 'idle', types: ['no'] },
  ]
  await opened.work.register({
    name: 'olt',
    version: '1',
    models: [],
    steps: [],
    requiredModels: [],
    eventSteps,
  })
  const event = { source: '/voltha', type: 'onu', extensions: {} }
  const keyed = { ...event, extensions: { partitionkey: 'a' } }
  const acceptance = await opened.store.deliveries.accept([
    { ...event, id: '1' },
    { ...event, id: '2' },
    { ...keyed, id: '3' },
    { ...keyed, id: '4' },
    { ...event, id: '5', type: 'other' },
  ])
  metrics.events(acceptance)
  const { work } = await opened.work.lease('tester', [
    { model: 'olt/onu', limit: 2, kind: 'event' },
  ])
  const failed = { kind: 'failed', text: 'no', retry: true } as const
  await opened.work.report(
    'tester',
    work.slice(0, 1).map((one) => reportOn(one, failed, 0)),
  )

  const of = (step: string, state: string): string =>
    `syncstep_deliveries{step="olt/${step}",state="${state}"}`
  expect(await linesOf('syncstep_deliveries')).toEqual([
    ...['ready', 'running', 'backing-off', 'waiting-for-event', 'dead'].map(
      (state) => `${of('idle', state)} 0`,
    ),
    `${of('onu', 'ready')} 1`,
    `${of('onu', 'running')} 1`,
    `${of('onu', 'backing-off')} 0`,
    `${of('onu', 'waiting-for-event')} 1`,
    `${of('onu', 'dead')} 1`,
  ])
  expect(await linesOf('syncstep_events_total')).toEqual([
    'syncstep_events_total{result="stored"} 4',
    'syncstep_events_total{result="repeated"} 0',
    'syncstep_events_total{result="unwanted"} 1',
  ])
})

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Outcome } from '#contract'
import type { Acceptance } from '../store/port.ts'

/** Why pending records are not synced: one of these for each. */
const queueReasons = [
  'ready',
  'running',
  'backing-off',
  'waiting-for-records',
  'waiting-for-policy',
  'waiting-for-function',
  'refused',
] as const

/** Why policies have not seen a record as it is. */
const policyReasons = [
  'ready',
  'running',
  'backing-off',
  'waiting-for-function',
  'refused',
] as const

/** What keeps events from being dealt with. */
const deliveryStates = ['ready', 'running', 'backing-off', 'waiting-for-event', 'dead'] as const

/** What there is to do, by leaf model, and how the engine is used. Asked for when somebody reads the metrics. */
export type Figures = {
  /** Pending records by observed model and reason, and how many of them failed. */
  readonly work: readonly {
    readonly model: string
    readonly reason: (typeof queueReasons)[number]
    readonly records: number
    readonly failing: number
  }[]
  /** Records that the policy of their model has not seen as they are, by model and reason. */
  readonly policies: readonly {
    readonly model: string
    readonly reason: (typeof policyReasons)[number]
    readonly records: number
  }[]
  /** Events for event steps that are not done, by step. */
  readonly deliveries: readonly {
    /** `SYNCHRONIZER/STEP`. */
    readonly step: string
    readonly state: (typeof deliveryStates)[number]
    readonly events: number
  }[]
  /** Connections to the database; undefined where there are none. */
  readonly connections: { readonly open: number; readonly idle: number } | undefined
  /** Callers that wait for a connection. */
  readonly waiting: number
}

type GrpcCall = {
  /** A model for the methods of `xos.xos`, else the service. */
  readonly model: string
  readonly endpoint: string
  readonly status: string
  readonly seconds: number
}

type HttpRequest = {
  readonly method: string
  /** The pattern of the path, never the path itself. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

/** What the core counts. Labels are models, methods and statuses, never records or users, so there are few of them. */
export type Metrics = {
  grpc(call: GrpcCall): void
  http(request: HttpRequest): void
  leased(model: string): void
  reported(model: string, outcome: Outcome, seconds: number): void
  refused(reports: number): void
  /** What became of events that came. */
  events(acceptance: Acceptance): void
  /** All of them, as Prometheus reads them. */
  page(): Promise<{ readonly type: string; readonly text: string }>
}

const application = 'xos-core'
const latencies = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** `result` as controller-runtime words it. */
const resultOf = (outcome: Outcome): string => {
  if (outcome.kind === 'synced') return 'success'
  return outcome.kind === 'failed' ? 'error' : 'requeue_after'
}

/**
 * Counters of calls, requests, leases and reports, and gauges of what is due. Names of calls are those of XOS; those
 * of work mirror controller-runtime's `reconcile` and `workqueue`.
 */
export const createMetrics = (
  figures: () => Promise<Figures>,
  sinkLagMs: () => number,
): Metrics => {
  const registers = [new Registry()]
  const [registry] = registers as [Registry]
  collectDefaultMetrics({ register: registry })

  const calls = new Counter({
    name: 'grpc_request_count_total',
    help: 'Calls over gRPC',
    labelNames: ['app_name', 'model_name', 'endpoint', 'status'],
    registers,
  })
  const callSeconds = new Histogram({
    name: 'grpc_request_latency_seconds',
    help: 'How long calls over gRPC took',
    labelNames: ['app_name', 'model_name', 'endpoint'],
    buckets: latencies,
    registers,
  })
  const requestSeconds = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'How long requests over HTTP took',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: latencies,
    registers,
  })
  const leases = new Counter({
    name: 'syncstep_leases_total',
    help: 'Records given to dispatchers',
    labelNames: ['model'],
    registers,
  })
  const refusals = new Counter({
    name: 'syncstep_reports_refused_total',
    help: 'Reports whose lease had ended',
    registers,
  })
  const reconciles = new Counter({
    name: 'syncstep_reconcile_total',
    help: 'Attempts by their result',
    labelNames: ['model', 'result'],
    registers,
  })
  const errors = new Counter({
    name: 'syncstep_reconcile_errors_total',
    help: 'Attempts that failed',
    labelNames: ['model'],
    registers,
  })
  const terminalErrors = new Counter({
    name: 'syncstep_terminal_reconcile_errors_total',
    help: 'Attempts that failed until the record changes',
    labelNames: ['model'],
    registers,
  })
  const reconcileSeconds = new Histogram({
    name: 'syncstep_reconcile_time_seconds',
    help: 'How long calls of functions took',
    labelNames: ['model'],
    buckets: [...latencies, 30, 60],
    registers,
  })
  const depth = new Gauge({
    name: 'syncstep_workqueue_depth',
    help: 'Pending records by why they are not synced',
    labelNames: ['model', 'reason'],
    registers,
  })
  const failing = new Gauge({
    name: 'syncstep_workqueue_failing',
    help: 'Pending records whose step failed',
    labelNames: ['model'],
    registers,
  })
  const policies = new Gauge({
    name: 'syncstep_policies_pending',
    help: 'Records that the policy of their model has not seen as they are, by why',
    labelNames: ['model', 'reason'],
    registers,
  })
  const deliveries = new Gauge({
    name: 'syncstep_deliveries',
    help: 'Events for event steps that are not done',
    labelNames: ['step', 'state'],
    registers,
  })
  const events = new Counter({
    name: 'syncstep_events_total',
    help: 'Events that came, once for each step that wants them',
    labelNames: ['result'],
    registers,
  })
  const connections = new Gauge({
    name: 'syncstep_database_connections',
    help: 'Connections to the database',
    labelNames: ['state'],
    registers,
  })
  const waiting = new Gauge({
    name: 'syncstep_database_waiting',
    help: 'Callers that wait for a connection to the database',
    registers,
  })

  const sinkLag = new Gauge({
    name: 'syncstep_sink_lag_seconds',
    help: 'How long the oldest change that the sink did not take yet has waited',
    registers,
  })

  const readFigures = async (): Promise<void> => {
    const now = await figures()
    for (const gauge of [depth, failing, policies, deliveries]) gauge.reset()
    for (const { model, ...one } of now.work) {
      for (const reason of queueReasons) {
        depth.inc({ model, reason }, reason === one.reason ? one.records : 0)
      }
      failing.inc({ model }, one.failing)
    }
    for (const { model, ...one } of now.policies) {
      for (const reason of policyReasons) {
        policies.inc({ model, reason }, reason === one.reason ? one.records : 0)
      }
    }
    for (const one of now.deliveries) {
      for (const state of deliveryStates) {
        deliveries.inc({ step: one.step, state }, state === one.state ? one.events : 0)
      }
    }
    waiting.set(now.waiting)
    sinkLag.set(sinkLagMs() / 1000)
    if (now.connections === undefined) return
    connections.set({ state: 'open' }, now.connections.open)
    connections.set({ state: 'idle' }, now.connections.idle)
  }

  return {
    grpc({ model, endpoint, status, seconds }) {
      const labels = { app_name: application, model_name: model, endpoint }
      calls.inc({ ...labels, status })
      callSeconds.observe(labels, seconds)
    },
    http({ method, route, status, seconds }) {
      requestSeconds.observe(
        { http_request_method: method, http_route: route, http_response_status_code: status },
        seconds,
      )
    },
    leased: (model) => leases.inc({ model }),
    reported(model, outcome, seconds) {
      reconciles.inc({ model, result: resultOf(outcome) })
      reconcileSeconds.observe({ model }, seconds)
      if (outcome.kind !== 'failed') return
      errors.inc({ model })
      if (!outcome.retry) terminalErrors.inc({ model })
    },
    refused: (reports) => refusals.inc(reports),
    events(acceptance) {
      for (const [result, count] of Object.entries(acceptance)) events.inc({ result }, count)
    },
    async page() {
      await readFigures()
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}

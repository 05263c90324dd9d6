import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Observer, Target, TargetState } from '#dispatcher'
import type { Page } from './health-server.ts'

/** What the dispatchers of this process count, over all of them. */
export type DispatcherMetrics = {
  readonly observer: Observer
  /** All of it, as Prometheus reads it. */
  page(): Promise<Page>
}

export type DispatcherMetricsOptions = {
  /** Whether memory, processor and event loop of the process are told too; once in a process is enough. */
  readonly ofProcess: boolean
}

const callSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** From a change that is synced at once to one that waits for hours. */
const changeSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200]

const gates: readonly TargetState['gate'][] = ['open', 'paused', 'down']

const labelsOf = ({ model, step }: Target) => ({ model, step })

/**
 * Counters of leases, calls and reports, and gauges of how the functions are. Labels are models, steps and outcomes,
 * never records, so there are few of them.
 */
export const createDispatcherMetrics = ({
  ofProcess,
}: DispatcherMetricsOptions): DispatcherMetrics => {
  const registry = new Registry()
  if (ofProcess) collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const labelNames = ['model', 'step'] as const

  const leases = new Counter({
    name: 'syncstep_dispatcher_leases_total',
    help: 'Records leased',
    labelNames,
    registers,
  })
  const attempts = new Counter({
    name: 'syncstep_dispatcher_attempts_total',
    help: 'Calls of functions by what came of them',
    labelNames: [...labelNames, 'outcome'],
    registers,
  })
  const durations = new Histogram({
    name: 'syncstep_dispatcher_call_duration_seconds',
    help: 'How long calls of functions took',
    labelNames,
    buckets: callSeconds,
    registers,
  })
  const changes = new Histogram({
    name: 'syncstep_dispatcher_change_to_synced_seconds',
    help: 'How long after a change its success was reported',
    labelNames: ['model'],
    buckets: changeSeconds,
    registers,
  })
  const refusals = new Counter({
    name: 'syncstep_dispatcher_reports_refused_total',
    help: 'Reports whose lease had ended',
    registers,
  })
  const gaugeByTarget = (name: string, help: string) =>
    new Gauge({ name, help, labelNames, registers })
  const held = gaugeByTarget('syncstep_dispatcher_leases', 'Records that are leased now')
  const active = gaugeByTarget('syncstep_dispatcher_active_calls', 'Calls that are under way')
  const allowed = gaugeByTarget(
    'syncstep_dispatcher_allowed_calls',
    'Calls that may be under way at once, by what the function has shown to bear',
  )
  const gate = new Gauge({
    name: 'syncstep_dispatcher_gate',
    help: '1 for the state that the gate of a function is in: open, paused while it is busy, down while it is away',
    labelNames: [...labelNames, 'state'],
    registers,
  })
  /** Of the dispatchers that run, in the order in which they began. */
  const running = new Set<() => readonly TargetState[]>()

  /** One dispatcher may finish its calls beside the next: they add up, and the latest says how a function is. */
  const readStates = (): void => {
    for (const gauge of [held, active, allowed, gate]) gauge.reset()
    for (const state of [...running].flatMap((states) => states())) {
      const labels = labelsOf(state.target)
      held.inc(labels, state.held)
      active.inc(labels, state.active)
      allowed.set(labels, state.allowed)
      for (const one of gates) gate.set({ ...labels, state: one }, one === state.gate ? 1 : 0)
    }
  }

  return {
    observer: {
      started(states) {
        running.add(states)
        return () => running.delete(states)
      },
      leased: (target, records) => leases.inc(labelsOf(target), records),
      called(target, { kind }, durationMs) {
        attempts.inc({ ...labelsOf(target), outcome: kind })
        durations.observe(labelsOf(target), durationMs / 1000)
      },
      synced: (model, sinceChangeMs) => changes.observe({ model }, sinceChangeMs / 1000),
      refused: (reports) => refusals.inc(reports),
    },

    async page() {
      readStates()
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}

import type { StepSettings } from '../project.ts'

/** What the proxy does to a request instead of serving it well, to imitate a bad day. */
export type Fault = {
  /**
   * `delay` holds the request before the step sees it; `status` answers for the step; `hang` never answers; `reset`
   * cuts the connection before the step sees the request, `lost-answer` when it has answered.
   */
  readonly fault: 'delay' | 'status' | 'hang' | 'reset' | 'lost-answer'
  /** From 0 to 1. */
  readonly probability: number
  /** Of a `delay`. */
  readonly delayMs: number
  /** Of a `status`. */
  readonly status: number
}

/** How one step is served. Names and meanings are those of Knative. */
export type ServingSettings = {
  /** Requests that one process serves at once; 0 for any number. */
  readonly containerConcurrency: number
  /** For a whole request, the wait for a process included; also the time that a process has to finish its work. */
  readonly timeoutMs: number
  readonly minScale: number
  /** 0 for no limit. */
  readonly maxScale: number
  /** How full processes are meant to be, in percent of `containerConcurrency`. */
  readonly targetUtilizationPercentage: number
  /** Requests beyond what the processes serve that are held back before all of them; -1 for any number. */
  readonly targetBurstCapacity: number
  /** The load is the average over so long. */
  readonly windowMs: number
  /** How long the last process stays when there is nothing for it to do. */
  readonly retentionMs: number
  /** How much longer than it takes anyway a process takes to become ready. */
  readonly coldStartMs: number
  /** The first of them that comes about counts. */
  readonly faults: readonly Fault[]
}

export type KnativeSettings = {
  /** Steps are reached as NAME.NAMESPACE.svc.cluster.local. */
  readonly namespace: string
  /** Where they are reached by that name; 0 for any free port. */
  readonly port: number
  /** Decides which requests the faults hit. */
  readonly seed: number
  /** By the names of the steps. */
  readonly steps: ReadonlyMap<string, ServingSettings>
}

/** What holds where nothing is set: one process that always runs and serves what the dispatcher sends at once. */
export const defaultServing = ({
  concurrency,
}: Pick<StepSettings, 'concurrency'>): ServingSettings => ({
  containerConcurrency: concurrency,
  timeoutMs: 300_000,
  minScale: 1,
  maxScale: 1,
  targetUtilizationPercentage: 70,
  targetBurstCapacity: 211,
  windowMs: 60_000,
  retentionMs: 0,
  coldStartMs: 0,
  faults: [],
})

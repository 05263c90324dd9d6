import type {
  Change,
  Clock,
  CoreAccess,
  Delivery,
  Filter,
  Outcome,
  Random,
  StepKind,
  Tracer,
  WorkSource,
} from '#contract'
import type { Backoff } from './backoff.ts'

/** Where log lines go; a pino logger fits. Messages are constant, what varies is in the fields. */
export type Log = {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
}

/** When a failed record is tried again, and after how many failures in a row it is not; undefined: always. */
export type Retry = Backoff & { readonly maxAttempts?: number | undefined }

/** A function, and how it wants to be called. */
export type Target = {
  /** Name of the step, as in logs and statuses. */
  readonly step: string
  /** The leaf model whose records it is called for; of event steps and pull steps `SYNCHRONIZER/STEP`. */
  readonly model: string
  /**
   * What it is called for; one target for each model and kind.
   *
   * @default 'sync'
   */
  readonly kind?: StepKind | undefined
  /** The records it is for: others count as done without a call; undefined: all. */
  readonly filter?: Filter | undefined
  /** Begins with http:// or https://. */
  readonly url: string
  /** How long one call may take: the function is told the deadline, and what it answers later counts as failed. */
  readonly timeoutMs: number
  /**
   * How long a call is kept open after that, so that a gateway between can say whether the function hung or never began.
   *
   * @default 0
   */
  readonly gatewayGraceMs?: number | undefined
  /** How many calls may be under way at once. */
  readonly concurrency: number
  /** When a deferred record is tried again, and how long a busy target is left alone, unless it says so itself. */
  readonly deferredDelayMs: number
  readonly retry: Retry
}

/** What a function is told beside the change. */
export type CallContext = {
  /** W3C: what the function does is part of this. */
  readonly traceparent?: string
  /** Where it may complete the call later. */
  readonly completionUrl?: string
  /** What it may do in the core meanwhile. */
  readonly access?: CoreAccess
}

/**
 * Calls a function with a change. Settles soon after the signal fires, with an outcome that says what the signal's
 * reason says. Once settled it listens to the signal no longer: the next call may get the same one. Rejects only by
 * mistake; the record then counts as failed.
 */
export type Call = (
  target: Target,
  change: Change | Delivery,
  signal: AbortSignal,
  context?: CallContext,
) => Promise<Outcome>

/** How a target is at one moment. */
export type TargetState = {
  readonly target: Target
  /** Records that are leased and not yet handed back, those that run included. */
  readonly held: number
  /** Calls under way. */
  readonly active: number
  /** Calls that may be under way at once, as far as its answers show; what its gate says not regarded. */
  readonly allowed: number
  /** Whether it is called now: `paused` while it is busy, `down` while nobody is there. */
  readonly gate: 'open' | 'paused' | 'down'
}

/** Is told what a dispatcher does, to count it. It is told with every call, so it has to be quick, and never throws. */
export type Observer = {
  /** A dispatcher runs, and tells how its targets are whenever asked. Answers whom to tell that it has stopped. */
  started(states: () => readonly TargetState[]): () => void
  leased(target: Target, records: number): void
  /** A call ended; one that was cut off because the dispatcher stops is not told of. */
  called(target: Target, outcome: Outcome, durationMs: number): void
  /** The core took the success of a record, so long after the change that it answers. */
  synced(model: string, sinceChangeMs: number): void
  /** The core refused that many reports: their leases had ended. */
  refused(reports: number): void
}

export type DispatcherOptions = {
  /** Unique among the dispatchers of a core: leases are held in this name. */
  readonly name: string
  /** Name of the synchronizer, as in logs. */
  readonly synchronizer: string
  readonly source: WorkSource
  readonly targets: readonly Target[]
  readonly call: Call
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Is told what is to be counted; undefined: nobody is. */
  readonly observer?: Observer
  /** Is told what is to be shown in traces; undefined: nobody is. */
  readonly tracer?: Tracer | undefined
  /**
   * How many records of one target may be leased beyond those that run. As many as it gets done in 100 ms are.
   *
   * @default 512
   */
  readonly leaseAhead?: number
  /**
   * How often leases are prolonged while any is held.
   *
   * @default 2_000
   */
  readonly heartbeatMs?: number
  /**
   * How long a stop waits for the calls under way.
   *
   * @default 4_000
   */
  readonly graceMs?: number
}

const noObserver: Observer = {
  started: () => () => undefined,
  leased: () => undefined,
  called: () => undefined,
  synced: () => undefined,
  refused: () => undefined,
}

const expectWhole = (what: string, value: number, least: number): void => {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new TypeError(`Expected ${what} to be a whole number from ${least} up, got ${value}`)
}

const noUrl = { protocol: '', username: '', password: '' } as const

/** The URL is not repeated: it may carry what nobody should read in a log. */
const expectUrl = (step: string, url: string): void => {
  const { protocol, username, password } = URL.canParse(url) ? new URL(url) : noUrl
  if (/^https?:$/.test(protocol) && username === '' && password === '') return
  throw new TypeError(
    `Expected url of step ${step} to begin with http:// or https:// and to name no user and password.`,
  )
}

/** What one target is for: a model, and what is done with it. */
export const laneKey = (kind: StepKind = 'sync', model: string): string => `${kind} ${model}`

const checkTargets = (targets: readonly Target[]): void => {
  const stepOf = new Map<string, string>()
  for (const target of targets) {
    const { step, model, url, concurrency, timeoutMs } = target
    const lane = laneKey(target.kind, model)
    expectUrl(step, url)
    expectWhole(`concurrency of step ${step}`, concurrency, 1)
    expectWhole(`timeoutMs of step ${step}`, timeoutMs, 1)
    const other = stepOf.get(lane)
    if (other !== undefined) {
      throw new TypeError(
        `Expected one step for each model, got ${other} and ${step} for ${model}. Remove one of them.`,
      )
    }
    stepOf.set(lane, step)
  }
}

/** Fills in the defaults. Throws TypeError when a value makes no sense. */
export const withDefaults = (options: DispatcherOptions): Required<DispatcherOptions> => {
  const resolved = {
    observer: noObserver,
    tracer: undefined,
    leaseAhead: 512,
    heartbeatMs: 2_000,
    graceMs: 4_000,
    ...options,
  }
  expectWhole('leaseAhead', resolved.leaseAhead, 0)
  expectWhole('heartbeatMs', resolved.heartbeatMs, 1)
  expectWhole('graceMs', resolved.graceMs, 0)
  checkTargets(resolved.targets)
  return resolved
}

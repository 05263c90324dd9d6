import type { Dependency, ModelFile, StepKind } from '#contract'

/** How the dispatcher treats one step. */
export type StepSettings = {
  readonly timeoutMs: number
  readonly gatewayGraceMs: number
  readonly concurrency: number
  readonly deferredDelayMs: number
  readonly retry: {
    readonly firstMs: number
    readonly capMs: number
    readonly maxAttempts?: number | undefined
  }
}

export type ProjectStep = {
  /** A DNS label: the step's file name without its ending. */
  readonly step: string
  /** What the folder of its file says it is; undefined: the running function is asked. */
  readonly kind: StepKind | undefined
  /** Absolute; undefined when the function runs elsewhere. */
  readonly file: string | undefined
  /** Where the function runs when it is not started here. */
  readonly url: string | undefined
  /** What the configuration says about the step; undefined: the running function is asked. */
  readonly observes: string | undefined
  readonly include: readonly string[] | undefined
  /** How often each synced record is synced again, in milliseconds; undefined for never. */
  readonly resyncMs: number | undefined
  /** How often a pull step is called, in milliseconds; undefined: as the step itself says. */
  readonly everyMs: number | undefined
  readonly settings: StepSettings
}

/** A synchronizer as it stands in its folder. */
export type Project = {
  readonly name: string
  readonly version: string
  /** Absolute path. */
  readonly folder: string
  readonly models: readonly ModelFile[]
  readonly requiredModels: readonly string[]
  readonly dependencies: readonly Dependency[]
  /** Absolute folders of steps, by the kind of those that are in them. */
  readonly folders: ReadonlyMap<StepKind, string>
  readonly steps: readonly ProjectStep[]
}

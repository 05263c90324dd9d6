import type { StepKind } from '#contract'

/** On whose behalf something is read or written: decides what is allowed, and becomes `creator` where a model has one. */
export type Caller = {
  readonly userId: number
  readonly email: string
  readonly isAdmin: boolean
  /** The step that a scoped token speaks for; undefined for somebody who logged in. */
  readonly step?: string
  /** What that step is; absent: a sync step. */
  readonly stepKind?: StepKind
  /** How he came: `rest`, `grpc`, `tosca`. */
  readonly face?: string
  /** W3C: the span of his request. */
  readonly traceparent?: string | undefined
}

/**
 * Testing: what tests of steps need, under vitest, node:test or any other runner (import it as `syncstep/testing`).
 *
 * Start with {@link runStep}, {@link runPolicy}, {@link runEvent} and {@link runPull}, which run a step of that kind without
 * a server; {@link record} makes records with defaults. Whole services, with the engine that calls their steps, are tested with `syncstep/testing/world`.
 */
export {
  runPolicy,
  runStep,
  type PolicyOptions,
  type Run,
  type RunOptions,
  type StepRun,
} from './testing/run-step.ts'
export { runEvent, runPull, type GivenEvent } from './testing/run-event.ts'
export type { CallOptions, LogLine } from './testing/call-options.ts'
export { record } from './testing/record.ts'
export {
  expectDeferred,
  expectFailed,
  expectInProgress,
  expectSynced,
  type ExpectedText,
} from './testing/expectations.ts'
export { createManualClock, type ManualClock } from './testing/manual-clock.ts'
export {
  BackendCut,
  recordBackend,
  type BackendCall,
  type RecordedBackend,
} from './testing/recorded-backend.ts'
export { checkIdempotent, type IdempotencyCheck } from './testing/check-idempotent.ts'

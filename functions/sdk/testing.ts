/**
 * Testing: what tests of steps need, under vitest, node:test or any other runner (import it as `syncstep/testing`).
 *
 * Start with {@link runStep}, which runs a step on a record without a server; {@link record} makes records with
 * defaults. Whole services, with the engine that calls their steps, are tested with `syncstep/testing/world`.
 */
export { runStep, type LogLine, type RunOptions, type StepRun } from './testing/run-step.ts'
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

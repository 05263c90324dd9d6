/**
 * Functions: what the author of a step imports (as `syncstep/functions`), and the host that serves one step.
 *
 * Extend {@link SyncStep}, {@link ModelPolicy}, {@link EventStep} or {@link PullStep}, or export an object of the shape of
 * {@link Step}, {@link Policy}, {@link EventStepLike} or {@link PullStepLike}. {@link loadStep} checks what a module
 * exports, {@link createHost} serves it over HTTP. Tests of steps need no host: see `syncstep/testing`.
 */
export {
  SyncStep,
  type AnyRecord,
  type CallContext,
  type RecordOf,
  type Step,
  type StepContext,
  type StepResult,
} from './step.ts'
export { ModelPolicy, type Policy } from './policy.ts'
export { EventStep, type EventContext, type EventStepLike } from './event-step.ts'
export { PullStep, type PullStepLike } from './pull-step.ts'
export { describeStep, type AnyStep } from './any-step.ts'
export type { CloudEvent, Duration } from '#contract'
export type { ExpandedRecordOf, Many, ModelBlank, One, OneOrNone, PathOf } from './model-types.ts'
export {
  typedSteps,
  type DefinedPolicy,
  type DefinedStep,
  type TypedPolicy,
  type TypedStep,
  type TypedSteps,
} from './typed-steps.ts'
export {
  CoreClientError,
  createCoreClient,
  type AnyModels,
  type CoreClient,
  type CoreClientErrorCode,
  type CoreClientOptions,
  type Linked,
  type ListOptions,
  type UpdateOptions,
  type Writes,
} from './client.ts'
export { attributesOf, providerServiceOf, providerServicesOf } from './relatives.ts'
export {
  DeferredException,
  InProgressException,
  TerminalException,
  type DeferredOptions,
} from './exceptions.ts'
export { logWriter, type Log, type LogWriter } from './log.ts'

// For those who serve steps.
export { serve, serveUntilStopped, type ServeOptions, type Surroundings } from './serve.ts'
export { toFetchHandler, toNodeHandler, type HandlerOptions } from './handlers.ts'
export { createHost, drainMs, type Host } from './host.ts'
export type { FunctionOptions } from './function.ts'
export type { Callers } from './callers.ts'
export { callersFrom } from './callers-from.ts'
export { coreAccessFrom } from './core-access-from.ts'
export { processCore } from './this-process.ts'
export { loadStep, StepError } from './load-step.ts'

/**
 * Contract: what the dispatcher and the functions promise each other, and what the dispatcher and the core do.
 *
 * A {@link Change} travels to a function as a CloudEvent; its answer becomes an {@link Outcome}; the
 * outcome becomes `backend_code` and `backend_status`. {@link WorkSource} is the core as a dispatcher
 * sees it. Nothing in here does I/O.
 */
export { keyText, keyFrom, type Key } from './key.ts'
export {
  changeId,
  changeKey,
  isDelivery,
  type Change,
  type Delivery,
  type Expanded,
  type ExpandedRecord,
  type Fields,
  type Previous,
} from './change.ts'
export {
  policyOperations,
  recordOperations,
  isOperation,
  kindNames,
  stepKindOf,
  stepKinds,
  type AnyOperation,
  type DeliveryOperation,
  type Operation,
  type PolicyOperation,
  type StepKind,
} from './operation.ts'
export {
  changeEventType,
  decodeChange,
  decodeChanges,
  encodeChange,
  type ChangeEvent,
  type ChangeEventOptions,
} from './change-event.ts'
export { deliveryEvent, encodeCall, encodeDelivery, pullEventType } from './delivery.ts'
export { checkChange } from './change-check.ts'
export { changeSchema, maxIncludeDepth } from './change-schema.ts'
export { contractSchemas } from './schemas.ts'
export {
  descriptionFrom,
  observedModel,
  type Description,
  type EventDescription,
  type PolicyDescription,
  type PullDescription,
  type SyncDescription,
} from './description.ts'
export {
  decodeEvent,
  decodeEvents,
  encodeBatch,
  encodeEvent,
  maxEventBytes,
  type CloudEvent,
  type IncomingHeaders,
  type Message,
  type Mode,
} from './event.ts'
export { deadlineOf } from './deadline.ts'
export { durationMs, type Duration } from './duration.ts'
export { isFilter, matchesFilter, type Filter } from './filter.ts'
export { ContractError, type ContractErrorCode } from './errors.ts'
export type { Outcome, OutcomeKind } from './outcome.ts'
export { coreTokenHeader, coreUrlHeader, type CoreAccess } from './core-access.ts'
export { completionAttribute, outcomeOfCompletion, type Completion } from './completion.ts'
export { waitingOnFrom, type AwaitedState, type WaitingOn } from './waiting-on.ts'
export {
  outcomeOfAnswer,
  outcomeOfNoAnswer,
  type Answer,
  type AnswerContext,
  type NoAnswer,
} from './answer.ts'
export {
  initialStatus,
  statusAfter,
  waitingStatus,
  waitingText,
  type Status,
  type StoredStatus,
} from './status.ts'
export { registerAfter, type RegisterContext } from './register.ts'
export {
  leaseMs,
  isRecordReport,
  reachedBy,
  type Leased,
  type Dependency,
  type EventFilter,
  type ModelFile,
  type RecordReport,
  type Refused,
  type RegisteredEventStep,
  type RegisteredPolicy,
  type RegisteredPullStep,
  type RegisteredStep,
  type Registration,
  type Report,
  type Want,
  type Work,
  type WorkSource,
} from './work.ts'
export type { Clock, Random } from './clock.ts'
export {
  traceIdsOf,
  traceparentFrom,
  type Span,
  type SpanAttributes,
  type SpanStart,
  type Tracer,
} from './tracing.ts'
export {
  decodeReply,
  decodeRequest,
  dispatchDescriptor,
  dispatchLimits,
  dispatchLoaderOptions,
  dispatchService,
  encodeLeased,
  encodeReply,
  encodeRequest,
  partsByWeight,
  type DispatchFailure,
  type DispatchReply,
  type DispatchRequest,
  type WireReply,
  type WireRequest,
} from './dispatch-protocol.ts'
export {
  createProof,
  credentialsFrom,
  credentialsIn,
  type Credentials,
  type Proof,
} from './credentials.ts'
export {
  createSigner,
  createVerifier,
  type Signature,
  type SignedMessage,
  type Signer,
  type Verifier,
} from './signature.ts'
export { cutText, maxTextLength, readableText } from './text.ts'
export { adminProto, adminService } from './admin-protocol.ts'

import type { Change, Delivery, Fields } from './change.ts'
import type { Completion } from './completion.ts'
import type { CoreAccess } from './core-access.ts'
import type { Key } from './key.ts'
import { isOperation, stepKinds, type StepKind } from './operation.ts'
import { waitingOnFrom, type WaitingOn } from './waiting-on.ts'
import type { Leased, Refused, Registration, Report, Want, Work } from './work.ts'

/**
 * `syncstep.v1.Dispatch`: a {@link WorkSource} over one gRPC stream, for a dispatcher in another process.
 *
 * The dispatcher numbers its requests and the core answers each by its number, in any order; a lease may
 * be answered in several parts. The core sends `wake` (number 0) whenever something may have become due.
 * Free-form data (a change, feedback) travels as JSON text, everything else as typed fields.
 */
export const dispatchService = 'syncstep.v1.Dispatch'

/**
 * What either end may send. Both ends keep to these, so that no message is ever refused for its size:
 * a character takes at most three bytes, and a part beyond `partCharacters` holds a single item.
 */
export const dispatchLimits = {
  messageBytes: 16 * 1024 * 1024,
  /** A reply or a request is split into parts of about this size. */
  partCharacters: 1024 * 1024,
  /** The largest change, feedback or registration. */
  itemCharacters: 5 * 1024 * 1024,
  /** Requests of one stream that wait for their answer. */
  outstanding: 256,
  /** Dispatchers that may share one stream. */
  dispatchers: 16,
  /** Records of one model in one lease. */
  leased: 10_000,
} as const

type FieldDefinition = {
  readonly id: number
  readonly type: string
  readonly rule?: 'repeated'
  readonly keyType?: string
  readonly options?: { readonly proto3_optional: true }
}

const one = (id: number, type: string): FieldDefinition => ({ id, type })
const many = (id: number, type: string): FieldDefinition => ({ id, type, rule: 'repeated' })
const optional = (id: number, type: string): FieldDefinition => ({
  id,
  type,
  options: { proto3_optional: true },
})

/** Protocol Buffers represent presence as a oneof of one field; `union` names the real oneof. */
const message = (
  fields: Record<string, FieldDefinition>,
  union: Record<string, { oneof: string[] }> = {},
) => ({
  fields,
  oneofs: {
    ...union,
    ...Object.fromEntries(
      Object.entries(fields)
        .filter(([, field]) => field.options !== undefined)
        .map(([name]) => [`_${name}`, { oneof: [name] }]),
    ),
  },
})

const definitions = {
  Dispatch: {
    methods: {
      Connect: {
        requestType: 'Request',
        requestStream: true,
        responseType: 'Reply',
        responseStream: true,
        comment: 'Requests of one dispatcher, and the answers to them; wakes come unasked.',
      },
    },
  },
  Request: message(
    {
      id: one(1, 'uint32'),
      register: one(2, 'Register'),
      lease: one(3, 'Lease'),
      report: one(4, 'Reports'),
      heartbeat: one(5, 'Dispatcher'),
      leave: one(6, 'Dispatcher'),
    },
    { method: { oneof: ['register', 'lease', 'report', 'heartbeat', 'leave'] } },
  ),
  Reply: message(
    {
      id: one(1, 'uint32'),
      done: one(2, 'Empty'),
      leased: one(3, 'Leased'),
      refused: one(4, 'Refusals'),
      failed: one(5, 'Failure'),
      wake: one(6, 'Empty'),
      registered: one(7, 'Registered'),
    },
    { result: { oneof: ['done', 'leased', 'refused', 'failed', 'wake', 'registered'] } },
  ),
  Empty: message({}),
  Register: message({
    name: one(1, 'string'),
    version: one(2, 'string'),
    models: many(3, 'ModelFile'),
    steps: many(4, 'Step'),
    requiredModels: many(5, 'string'),
    dependencies: many(6, 'Dependency'),
    policies: many(7, 'Policy'),
    eventSteps: many(8, 'EventStep'),
    pullSteps: many(9, 'PullStep'),
    awaited: many(10, 'string'),
  }),
  Registered: message({ warnings: many(1, 'string') }),
  ModelFile: message({ filename: one(1, 'string'), contents: one(2, 'string') }),
  Step: message({
    step: one(1, 'string'),
    model: one(2, 'string'),
    include: many(3, 'string'),
    resyncMs: optional(4, 'double'),
    afterPolicy: one(5, 'bool'),
    fields: many(6, 'string'),
  }),
  Policy: message({
    step: one(1, 'string'),
    model: one(2, 'string'),
    include: many(3, 'string'),
    operations: many(4, 'string'),
  }),
  EventStep: message({
    step: one(1, 'string'),
    types: many(2, 'string'),
    sources: many(3, 'string'),
    topics: many(4, 'string'),
    maxAttempts: optional(5, 'uint32'),
  }),
  PullStep: message({ step: one(1, 'string'), everyMs: one(2, 'double') }),
  Dependency: message({ model: one(1, 'string'), on: one(2, 'string'), path: one(3, 'string') }),
  Lease: message({
    dispatcher: one(1, 'string'),
    wants: many(2, 'Want'),
    held: one(3, 'Tokens'),
  }),
  Tokens: message({ tokens: many(1, 'int64') }),
  Want: message({ model: one(1, 'string'), limit: one(2, 'uint32'), kind: one(3, 'string') }),
  Dispatcher: message({ dispatcher: one(1, 'string') }),
  Reports: message({ dispatcher: one(1, 'string'), reports: many(2, 'Report') }),
  Report: message({
    key: one(1, 'Key'),
    operation: one(2, 'string'),
    token: one(3, 'int64'),
    stamp: one(4, 'int64'),
    outcome: one(5, 'Outcome'),
    retryInMs: optional(6, 'double'),
    durationMs: one(7, 'double'),
    traceparent: optional(8, 'string'),
  }),
  Key: message({ model: one(1, 'string'), id: one(2, 'int64') }),
  Outcome: message({
    kind: one(1, 'string'),
    text: one(2, 'string'),
    retry: one(3, 'bool'),
    retryAfterMs: optional(4, 'double'),
    feedbackJson: optional(5, 'string'),
    note: optional(6, 'string'),
    waitingOn: one(7, 'WaitingOn'),
  }),
  WaitingOn: message({ model: one(1, 'string'), id: one(2, 'int32'), state: one(3, 'string') }),
  Leased: message({
    work: many(1, 'Work'),
    nextDueMs: optional(2, 'double'),
    more: one(3, 'bool'),
  }),
  Work: message({
    key: one(1, 'Key'),
    operation: one(2, 'string'),
    token: one(3, 'int64'),
    failures: one(4, 'uint32'),
    changeJson: one(5, 'string'),
    completion: one(6, 'Completion'),
    traces: many(7, 'string'),
    due: one(8, 'int64'),
    access: one(9, 'Access'),
  }),
  Access: message({ url: one(1, 'string'), token: one(2, 'string') }),
  Completion: message({ url: one(1, 'string'), timeoutMs: one(2, 'double') }),
  Refusals: message({ refused: many(1, 'Refusal') }),
  Refusal: message({ key: one(1, 'Key'), token: one(2, 'int64') }),
  Failure: message({
    code: one(1, 'string'),
    message: one(2, 'string'),
    fields: { id: 3, keyType: 'string', type: 'string' },
  }),
}

/** The definition as a JSON descriptor: `fromJSON` of @grpc/proto-loader reads it, nothing is generated. */
export const dispatchDescriptor = {
  nested: { syncstep: { nested: { v1: { nested: definitions } } } },
}

/** How @grpc/proto-loader must read {@link dispatchDescriptor} for the functions below to fit. */
export const dispatchLoaderOptions = { longs: Number, defaults: true } as const

export type DispatchRequest =
  | { readonly method: 'register'; readonly registration: Registration }
  | {
      readonly method: 'lease'
      readonly dispatcher: string
      readonly wants: readonly Want[]
      readonly held?: readonly number[] | undefined
    }
  | { readonly method: 'report'; readonly dispatcher: string; readonly reports: readonly Report[] }
  | { readonly method: 'heartbeat'; readonly dispatcher: string }
  | { readonly method: 'leave'; readonly dispatcher: string }

export type DispatchReply =
  | { readonly kind: 'wake' }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'registered'; readonly id: number; readonly warnings: readonly string[] }
  /** `more`: another part of the same answer follows. */
  | ({ readonly kind: 'leased'; readonly id: number; readonly more: boolean } & Leased)
  | { readonly kind: 'refused'; readonly id: number; readonly refused: readonly Refused[] }
  | ({ readonly kind: 'failed'; readonly id: number } & DispatchFailure)

/** A {@link WorkSource} method that rejected: the core's stable code, its sentence, and what is wrong with which field. */
export type DispatchFailure = {
  readonly code: string
  readonly message: string
  readonly fields: Readonly<Record<string, string>>
}

type WireOutcome = {
  readonly kind: string
  readonly text: string
  readonly retry: boolean
  readonly retryAfterMs?: number
  readonly feedbackJson?: string
  readonly note?: string
  readonly waitingOn?: WaitingOn | null
}

type WireReport = Omit<Report, 'key' | 'operation' | 'outcome'> & {
  readonly key: Key | null
  readonly operation: string
  readonly outcome: WireOutcome | null
}

type WireWork = Omit<Work, 'operation' | 'change' | 'completion' | 'access'> & {
  readonly operation: string
  readonly changeJson: string
  readonly completion?: Completion | null
  readonly access?: CoreAccess | null
}

/** A request as the gRPC layer hands it over: at most one of the methods is there. */
export type WireRequest = {
  readonly id: number
  readonly register?: Registration
  readonly lease?: {
    readonly dispatcher: string
    readonly wants: readonly WireWant[]
    readonly held?: { readonly tokens: readonly number[] } | null
  }
  readonly report?: { readonly dispatcher: string; readonly reports: readonly WireReport[] }
  readonly heartbeat?: { readonly dispatcher: string }
  readonly leave?: { readonly dispatcher: string }
}

/** A reply as the gRPC layer hands it over: at most one of the results is there. */
export type WireReply = {
  readonly id: number
  readonly done?: Readonly<Record<string, never>>
  readonly registered?: { readonly warnings: readonly string[] }
  readonly leased?: {
    readonly work: readonly WireWork[]
    readonly nextDueMs?: number
    readonly more: boolean
  }
  readonly refused?: { readonly refused: readonly Refused[] }
  readonly failed?: DispatchFailure
  readonly wake?: Readonly<Record<string, never>>
}

/** Splits in order; a part is lighter than `limit`, or holds a single item. */
export const partsByWeight = <T>(
  items: readonly T[],
  weigh: (item: T) => number,
  limit: number,
): readonly (readonly T[])[] => {
  const parts: T[][] = []
  let weight = limit
  for (const item of items) {
    weight += weigh(item)
    const part = parts.at(-1)
    if (part === undefined || weight >= limit) {
      parts.push([item])
      weight = weigh(item)
    } else {
      part.push(item)
    }
  }
  return parts
}

const wireOutcome = (outcome: Report['outcome']): WireOutcome => {
  const plain = { text: '', retry: false, ...outcome }
  if (!('feedback' in plain)) return plain
  const { feedback, ...rest } = plain
  return { ...rest, feedbackJson: JSON.stringify(feedback) }
}

const wireLease = ({
  dispatcher,
  wants,
  held,
}: DispatchRequest & { method: 'lease' }): NonNullable<WireRequest['lease']> => ({
  dispatcher,
  wants,
  ...(held === undefined ? {} : { held: { tokens: held } }),
})

export const encodeRequest = (id: number, request: DispatchRequest): WireRequest => {
  switch (request.method) {
    case 'register':
      return { id, register: request.registration }
    case 'lease':
      return { id, lease: wireLease(request) }
    case 'report': {
      const { dispatcher, reports } = request
      const wireReports = reports.map((report) => ({
        ...report,
        outcome: wireOutcome(report.outcome),
      }))
      return { id, report: { dispatcher, reports: wireReports } }
    }
    case 'heartbeat':
      return { id, heartbeat: request }
    case 'leave':
      return { id, leave: request }
  }
}

const jsonFrom = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

const fieldsFrom = (json: string): Fields => {
  const value = jsonFrom(json)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new TypeError('Expected feedback to be a JSON object')
}

const outcomeFrom = (wire: WireOutcome): Report['outcome'] => {
  const { kind, text, retry, retryAfterMs, feedbackJson, note } = wire
  const delay = retryAfterMs === undefined ? {} : { retryAfterMs }
  switch (kind) {
    case 'synced':
      return {
        kind,
        ...(feedbackJson === undefined ? {} : { feedback: fieldsFrom(feedbackJson) }),
        ...(note === undefined ? {} : { note }),
      }
    case 'in-progress':
    case 'deferred': {
      const waitingOn = waitingOnFrom(wire.waitingOn)
      return { kind, text, ...delay, ...(waitingOn === undefined ? {} : { waitingOn }) }
    }
    case 'target-busy':
      return { kind, text, ...delay }
    case 'target-down':
    case 'target-misconfigured':
      return { kind, text }
    case 'failed':
      return { kind, text, retry }
    case 'released':
    case 'skipped':
      return { kind }
    default:
      throw new TypeError(`Expected a kind of outcome, got ${JSON.stringify(kind)}`)
  }
}

const reportFrom = (wire: WireReport): Report => {
  const { key, operation, outcome } = wire
  if (key === null || outcome === null)
    throw new TypeError('Expected every report to carry a key and an outcome')
  if (!isOperation(operation))
    throw new TypeError(`Expected an operation such as sync, got ${JSON.stringify(operation)}`)
  return { ...wire, key, operation, outcome: outcomeFrom(outcome) }
}

const isStepKind = (kind: string): kind is StepKind => stepKinds.some((known) => known === kind)

type WireWant = Omit<Want, 'kind'> & { readonly kind?: string }

/** Older dispatchers know of sync steps only, and name no kind. */
const wantFrom = ({ kind: named = '', ...want }: WireWant): Want => {
  const kind = named === '' ? 'sync' : named
  if (!isStepKind(kind)) {
    throw new TypeError(`Expected one of ${stepKinds.join(', ')} for ${want.model}, got ${kind}`)
  }
  if (want.limit >= 1 && want.limit <= dispatchLimits.leased) return { ...want, kind }
  throw new TypeError(
    `Expected a limit from 1 to ${dispatchLimits.leased} for ${want.model}, got ${want.limit}`,
  )
}

const dispatcherFrom = ({ dispatcher }: { readonly dispatcher: string }): string => {
  if (dispatcher !== '' && dispatcher.length <= 253) return dispatcher
  throw new TypeError('Expected the name of a dispatcher, of 1 to 253 characters')
}

/** @throws TypeError naming what was expected, when the request is not one. */
export const decodeRequest = (wire: WireRequest): DispatchRequest => {
  const { register, lease, report, heartbeat, leave } = wire
  if (register !== undefined) return { method: 'register', registration: register }
  if (lease !== undefined)
    return {
      method: 'lease',
      dispatcher: dispatcherFrom(lease),
      wants: lease.wants.map(wantFrom),
      held: lease.held?.tokens,
    }
  if (report !== undefined)
    return {
      method: 'report',
      dispatcher: dispatcherFrom(report),
      reports: report.reports.map(reportFrom),
    }
  if (heartbeat !== undefined) return { method: 'heartbeat', dispatcher: dispatcherFrom(heartbeat) }
  if (leave !== undefined) return { method: 'leave', dispatcher: dispatcherFrom(leave) }
  throw new TypeError(
    'Expected one of register, lease, report, heartbeat and leave, got none of them',
  )
}

/** The parts of one answer to a lease, and the work whose change is too large to travel. */
export const encodeLeased = (
  id: number,
  { work, nextDueMs }: Leased,
): { readonly replies: readonly WireReply[]; readonly tooLarge: readonly Work[] } => {
  const tooLarge: Work[] = []
  const fitting: WireWork[] = []
  for (const item of work) {
    const { change, ...rest } = item
    const changeJson = JSON.stringify(change)
    if (changeJson.length > dispatchLimits.itemCharacters) tooLarge.push(item)
    else fitting.push({ ...rest, changeJson })
  }
  const parts = partsByWeight(
    fitting,
    ({ changeJson }) => changeJson.length,
    dispatchLimits.partCharacters,
  )
  const due = nextDueMs === undefined ? {} : { nextDueMs }
  const replies = (parts.length === 0 ? [[]] : parts).map((part, index) => ({
    id,
    leased: { work: part, ...due, more: index < parts.length - 1 },
  }))
  return { replies, tooLarge }
}

export const encodeReply = (reply: Exclude<DispatchReply, { kind: 'leased' }>): WireReply => {
  switch (reply.kind) {
    case 'wake':
      return { id: 0, wake: {} }
    case 'done':
      return { id: reply.id, done: {} }
    case 'registered':
      return { id: reply.id, registered: reply }
    case 'refused':
      return { id: reply.id, refused: { refused: reply.refused } }
    case 'failed':
      return { id: reply.id, failed: reply }
  }
}

const operationFrom = (operation: string): Work['operation'] => {
  if (isOperation(operation)) return operation
  throw new TypeError(`Expected an operation that this version knows, got ${operation}`)
}

const workFrom = ({
  operation,
  changeJson,
  completion,
  access,
  due = 0,
  traces = [],
  ...rest
}: WireWork): Work => ({
  ...rest,
  operation: operationFrom(operation),
  ...(due === 0 ? {} : { due }),
  ...(traces.length === 0 ? {} : { traces }),
  ...(completion ? { completion } : {}),
  ...(access ? { access } : {}),
  // The core wrote this text from what it is read as; it is the trusted end.
  change: JSON.parse(changeJson) as Change | Delivery,
})

/** @throws TypeError when the reply is none that this version knows. */
export const decodeReply = (wire: WireReply): DispatchReply => {
  const { id, done, registered, leased, refused, failed, wake } = wire
  if (leased !== undefined)
    return { kind: 'leased', id, ...leased, work: leased.work.map(workFrom) }
  if (done !== undefined) return { kind: 'done', id }
  if (registered !== undefined) return { kind: 'registered', id, warnings: registered.warnings }
  if (refused !== undefined) return { kind: 'refused', id, refused: refused.refused }
  if (failed !== undefined) return { kind: 'failed', id, ...failed }
  if (wake !== undefined) return { kind: 'wake' }
  throw new TypeError(
    'Expected one of done, registered, leased, refused, failed and wake, got none of them',
  )
}

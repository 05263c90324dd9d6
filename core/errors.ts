import { pythonRepr } from './tosca/python-repr.ts'

/**
 * Every error a client of the core can meet, in one table (reference core-api.md 1.10).
 *
 * `name` is the XOS class name that XOS clients look at, `http` the status on REST and TOSCA, `grpc` the
 * status on gRPC, where `plain` ones carry a text as grpc-python words it and the others JSON. Two statuses are better
 * than the original's 500: a broken field rule is the caller's mistake (400), a name that is taken is a conflict
 * (409).
 */
export const errorCatalogue = {
  NOT_AUTHENTICATED: { name: 'XOSNotAuthenticated', http: 401, grpc: 16, plain: false },
  PERMISSION_DENIED: { name: 'XOSPermissionDenied', http: 403, grpc: 7, plain: false },
  /** A rule of the model that is no rule of one field: validators, owners, unknown models and fields. */
  VALIDATION: { name: 'XOSValidationError', http: 400, grpc: 3, plain: false },
  /** A value that its field cannot have, or a query that cannot be asked. */
  INVALID_FIELD: { name: 'XOSValidationError', http: 400, grpc: 2, plain: true },
  NOT_FOUND: { name: 'XOSNotFound', http: 404, grpc: 5, plain: false },
  METHOD_NOT_ALLOWED: { name: 'XOSMethodNotAllowed', http: 405, grpc: 12, plain: false },
  DUPLICATE_KEY: { name: 'XOSDuplicateKey', http: 409, grpc: 2, plain: true },
  CONFLICTING_FIELD: { name: 'XOSConflictingField', http: 400, grpc: 2, plain: false },
  /** Somebody else has written the record since the writer read it. */
  CONFLICT: { name: 'XOSConflict', http: 412, grpc: 10, plain: false },
  /** The same request is being carried out at this moment. */
  IN_PROGRESS: { name: 'XOSRequestInProgress', http: 409, grpc: 10, plain: false },
  /** What a call came to was told before. */
  ALREADY_COMPLETED: { name: 'XOSAlreadyCompleted', http: 409, grpc: 9, plain: false },
  KEY_REUSED: { name: 'XOSIdempotencyKeyReused', http: 422, grpc: 3, plain: false },
  /** Changes that are no longer kept, calls that count no more. */
  GONE: { name: 'XOSGone', http: 410, grpc: 11, plain: false },
  TOO_LARGE: { name: 'XOSPayloadTooLarge', http: 413, grpc: 8, plain: false },
  UNSUPPORTED_MEDIA_TYPE: {
    name: 'XOSUnsupportedMediaType',
    http: 415,
    grpc: 3,
    plain: false,
  },
  TOO_MANY_REQUESTS: { name: 'XOSTooManyRequests', http: 429, grpc: 8, plain: false },
  UNAVAILABLE: { name: 'XOSServiceUnavailable', http: 503, grpc: 14, plain: false },
  INTERNAL: { name: 'XOSProgrammingError', http: 500, grpc: 13, plain: false },
} as const

export type ErrorCode = keyof typeof errorCatalogue

/** Halves of characters, as a client may send them or a cut leave them, are no text that can be sent. */
const wellFormed = (text: string): string => text.replaceAll(/\p{Surrogate}/gu, '\ufffd')

/** A mistake of a client, or a state it has to know about. Never carries a secret. */
export class CoreError extends Error {
  override readonly name = 'CoreError'
  readonly code: ErrorCode
  /** What is wrong with which field, by wire name. */
  readonly fields: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, fields: Readonly<Record<string, string>> = {}) {
    super(wellFormed(message))
    this.code = code
    this.fields = Object.fromEntries(
      Object.entries(fields).map(([name, text]) => [wellFormed(name), wellFormed(text)]),
    )
  }
}

/** VALIDATION of models that the same request may pass later: when other models are there, or records were changed. */
export class NotYetError extends CoreError {
  constructor(message: string, fields: Readonly<Record<string, string>> = {}) {
    super('VALIDATION', message, fields)
  }
}

/** What is wrong with one of several operations that were to be carried out together. */
export class OperationError extends CoreError {
  /** Its place among them, from 0. */
  readonly operation: number

  constructor(operation: number, { code, message, fields }: CoreError) {
    super(code, `Operation ${operation}: ${message}`, fields)
    this.operation = operation
  }
}

/** The body of an error on every face: `{"error","specific_error","fields"}`; of one of several operations, `operation`. */
export const errorBody = (error: CoreError) => ({
  error: errorCatalogue[error.code].name,
  specific_error: error.message,
  fields: error.fields,
  ...(error instanceof OperationError ? { operation: error.operation } : {}),
})

/**
 * The text of a plain error, as Django words it: `{'name': ['This field cannot be blank.']}`, or the message where
 * it is about no field. What grpc-python puts before it is the face's affair.
 */
export const plainTextOf = ({ message, fields }: CoreError): string => {
  const lists = Object.entries(fields).map(([name, text]) => [name, [text]] as const)
  return lists.length === 0 ? message : pythonRepr(new Map<string, unknown>(lists))
}

const statuses = {
  /** Not a CloudEvent, or one with an attribute that breaks the rules. */
  EVENT_MALFORMED: 400,
  /** A CloudEvent whose data is not a change. */
  CHANGE_MALFORMED: 400,
  EVENT_TOO_LARGE: 413,
  /** Neither JSON data in binary mode nor `application/cloudevents+json`. */
  EVENT_MEDIA_TYPE: 415,
} as const

export type ContractErrorCode = keyof typeof statuses

/** What came is not what the contract says. The message names what was expected and what came. */
export class ContractError extends Error {
  override readonly name = 'ContractError'
  readonly code: ContractErrorCode
  /** The HTTP status to answer with. */
  readonly status: 400 | 413 | 415

  constructor(code: ContractErrorCode, message: string) {
    super(message)
    this.code = code
    this.status = statuses[code]
  }
}

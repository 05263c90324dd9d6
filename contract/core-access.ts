/** What one call may do in the core beside answering, and where. */
export type CoreAccess = {
  /** Begins the addresses of the REST face: `http://core:30006`. */
  readonly url: string
  /** Shown as bearer token; good as long as the call may take. It belongs in no log. */
  readonly token: string
}

/** Headers of a call that carry it. They are no attributes of the event: those may be written down anywhere. */
export const coreUrlHeader = 'syncstep-core'
export const coreTokenHeader = 'syncstep-token'

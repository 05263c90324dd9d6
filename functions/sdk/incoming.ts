import type { IncomingHeaders } from '#contract'

/** A request for a function, whichever server it came by. */
export type Incoming = {
  readonly method: string
  readonly headers: IncomingHeaders
  /** One header by its name in lower case. */
  readonly header: (name: string) => string | undefined
  /** The body; undefined when it is too large for an event. Rejects when the sender goes away. */
  body(): Promise<Uint8Array | undefined>
  /** Calls back once if the caller goes away before it is answered. */
  onGone(callback: () => void): void
}

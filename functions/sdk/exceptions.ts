/** Not yet: the record stays in progress and the step is called again later. Not counted as a failure. */
export class DeferredException extends Error {
  override readonly name = 'DeferredException'
  /** Milliseconds; without it the synchronizer's `deferred_delay` holds. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, options: { readonly retryAfterMs?: number } = {}) {
    super(message)
    const { retryAfterMs } = options
    if (retryAfterMs !== undefined && !(retryAfterMs >= 0 && retryAfterMs < Infinity)) {
      throw new RangeError(
        `Expected retryAfterMs to be milliseconds from 0 up, got ${retryAfterMs}`,
      )
    }
    this.retryAfterMs = retryAfterMs
  }
}

/** Never: the record goes to error and is not tried again until someone changes it. */
export class TerminalException extends Error {
  override readonly name = 'TerminalException'
}

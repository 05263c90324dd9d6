import {
  durationMs,
  waitingOnFrom,
  type AwaitedState,
  type Duration,
  type Key,
  type WaitingOn,
} from '#contract'

export type DeferredOptions = {
  /** `30s`, `5m`: at most an hour. Without it the synchronizer's `deferred_delay` holds. */
  readonly retryAfter?: Duration
  /**
   * The record that the step waits for: it is called again at once when that one comes to the state, and after the
   * delay in any case.
   */
  readonly waitingOn?: Key & {
    /** @default 'changed' */
    readonly state?: AwaitedState
  }
}

/** Not yet: the record stays in progress and the step is called again later. Not counted as a failure. */
export class DeferredException extends Error {
  override readonly name: string = 'DeferredException'
  readonly retryAfterMs: number | undefined
  readonly waitingOn: WaitingOn | undefined

  /** Throws RangeError on options that make no sense. */
  constructor(message: string, options: DeferredOptions = {}) {
    super(message)
    const { retryAfter } = options
    this.retryAfterMs = typeof retryAfter === 'string' ? durationMs(retryAfter) : undefined
    if (retryAfter !== undefined && this.retryAfterMs === undefined) {
      throw new RangeError(
        `Expected retryAfter to be a duration such as 30s or 5m, got ${JSON.stringify(retryAfter)}`,
      )
    }
    this.waitingOn = waitingOnFrom(options.waitingOn)
    if (options.waitingOn !== undefined && this.waitingOn === undefined) {
      throw new RangeError(
        `Expected waitingOn to be the model and id of a record and, if at all, synced, changed or deleted as its state, got ${JSON.stringify(options.waitingOn)}`,
      )
    }
  }
}

/**
 * Begun, and done without the step: whoever does it completes the call at `completionUrl` of its context. The record
 * stays in progress, and the step is not called again before that or `retryAfter`, or a day later.
 */
export class InProgressException extends DeferredException {
  override readonly name = 'InProgressException'
}

/** Never: the record goes to error and is not tried again until someone changes it. */
export class TerminalException extends Error {
  override readonly name = 'TerminalException'
}

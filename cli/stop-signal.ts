/** The part of `process` that tells when to stop. */
type Signalled = {
  on(event: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'disconnect', listener: () => void): unknown
  /** Present when a parent started this process over a channel, and will tell it when to end. */
  readonly send?: unknown
  /** False once that channel is closed. */
  readonly connected?: boolean
}

export type StopOptions = {
  readonly process: Signalled
  readonly now: () => number
  /** Ends the program at once. */
  readonly kill: () => void
}

/**
 * One Ctrl-C can arrive several times: the terminal sends it to all its processes, and npm passes its own on.
 * What comes later was meant.
 */
const sameKeystrokeMs = 500

/**
 * Fires at SIGINT, SIGTERM or SIGHUP; a second one kills. A process with a parent leaves Ctrl-C to the parent, and
 * ends with it: nobody would read the answers of the calls under way, and the next parent makes them again.
 */
export const stopSignal = ({ process, now, kill }: StopOptions): AbortSignal => {
  const controller = new AbortController()
  let first: number | undefined

  const stop = (): void => {
    if (first !== undefined && now() - first > sameKeystrokeMs) kill()
    first ??= now()
    controller.abort()
  }
  const hasParent = process.send !== undefined

  process.on('SIGINT', hasParent ? () => undefined : stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', hasParent ? () => undefined : stop)
  if (hasParent) process.on('disconnect', kill)
  // The parent may have been killed while this process was still loading, when nobody listened yet.
  if (hasParent && process.connected !== true) kill()
  return controller.signal
}

import type { Clock } from '#contract'
import { CoreError } from '../errors.ts'

/** Who is not let in any more is noticed that late at most, in milliseconds. */
const recheckMs = 30_000

/** Says of an error that a client is not let in, and not that nobody can tell just now. */
export const isAboutIdentity = (thrown: unknown): thrown is CoreError =>
  thrown instanceof CoreError &&
  (thrown.code === 'NOT_AUTHENTICATED' || thrown.code === 'PERMISSION_DENIED')

/**
 * Lets in again and again whoever has a stream that goes on, every half minute.
 *
 * @param letIn rejects as it did before the stream was opened
 * @param onRefused called once, with the reason, when the client is not let in any more
 * @returns how to stop
 */
export const recheck = (
  clock: Pick<Clock, 'after'>,
  letIn: () => Promise<void>,
  onRefused: (reason: CoreError) => void,
): (() => void) => {
  let cancel = (): void => undefined
  let isOver = false

  const settle = (thrown?: unknown): void => {
    if (isOver) return
    if (isAboutIdentity(thrown)) onRefused(thrown)
    else wait()
  }
  const wait = (): void => {
    cancel = clock.after(recheckMs, () => {
      letIn().then(() => settle(), settle)
    })
  }
  wait()
  return () => {
    isOver = true
    cancel()
  }
}

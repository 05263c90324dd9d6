import type { Clock } from '#contract'
import { sleep } from '#emulator'

/** More calls under way than that wait for each other. */
export const mostAtOnce = 256

type Pace = {
  readonly count: number
  /** How many begin in a second, whether those before have ended or not; undefined: one after the other. */
  readonly perSecond: number | undefined
  readonly clock: Clock
}

/**
 * Begins work so often and so fast. Resolves when all of it has ended. When the signal fires, or work has rejected, none is
 * begun any more. Rejects with the first that rejected.
 */
export const paced = async (
  { count, perSecond, clock }: Pace,
  begin: (index: number) => Promise<void>,
  stop: AbortSignal,
): Promise<void> => {
  const first = clock.now()
  const underWay = new Set<Promise<void>>()
  const thrown: unknown[] = []
  const isOver = (): boolean => stop.aborted || thrown.length > 0

  const track = (work: Promise<void>): void => {
    const run = work
      .catch((error: unknown) => void thrown.push(error))
      .finally(() => underWay.delete(run))
    underWay.add(run)
  }

  for (let index = 0; index < count && !isOver(); index += 1) {
    if (perSecond !== undefined) {
      const due = first + (index * 1_000) / perSecond
      await sleep(clock, Math.max(0, due - clock.now()), stop)
      if (isOver()) break
    }
    track(begin(index))
    if (perSecond === undefined || underWay.size >= mostAtOnce) await Promise.race(underWay)
  }
  await Promise.all(underWay)
  if (thrown.length > 0) throw thrown[0]
}

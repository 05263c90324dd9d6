import { awaitDescription } from './await-description.ts'
import type { Clock, Credentials } from '#contract'
import type { Closers } from './closers.ts'
import type { Ask } from './describe.ts'
import type { Dispatching } from './dispatching.ts'
import type { Log } from './log.ts'
import type { ProjectStep } from './project.ts'

export type FindElsewhereOptions = Credentials & {
  /** Steps that are started elsewhere, and their urls. */
  readonly places: ReadonlyMap<ProjectStep, string>
  readonly dispatching: Dispatching
  readonly ask: Ask
  readonly clock: Clock
  readonly log: Log
}

/**
 * Asks functions that are started elsewhere what they observe, unless the configuration says it all. Resolves when
 * each has said so; meanwhile those that have are found already. The closers end the questions.
 */
export const findElsewhere = async (
  { places, dispatching, ...asking }: FindElsewhereOptions,
  closers: Closers,
): Promise<void> => {
  const stopping = new AbortController()
  closers.add('questions', async () => stopping.abort())
  const finds = [...places].map(async ([step, url]) => {
    const { observes, include } = step
    const description =
      observes !== undefined && include !== undefined
        ? ({ kind: 'sync', observes, include, afterPolicy: false, fields: [] } as const)
        : await awaitDescription({ ...asking, step: step.step, url }, stopping.signal)
    if (description !== undefined) dispatching.found(step, url, description)
  })
  await Promise.all(finds)
}

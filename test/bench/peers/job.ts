import { until } from '../../support/until.ts'
import { openPoster } from '../post.ts'
import { sampleMessage } from '../message.ts'
import type { Lane, Setup } from '../contender.ts'

/** What a job carries: whom to call about. */
export type Job = { readonly id: number }

const longestMs = 600_000

export type Caller = {
  /** How many calls have ended. */
  readonly ended: number
  /** Posts what the dispatcher would post for the record. */
  call(job: Job): Promise<void>
  close(): Promise<void>
}

export const openCaller = (
  { model, url }: Lane,
  { concurrency, timeoutMs }: Pick<Setup, 'concurrency' | 'timeoutMs'>,
): Caller => {
  const { headers, body } = sampleMessage('binary')
  const poster = openPoster(url, concurrency, timeoutMs)
  let ended = 0
  return {
    get ended() {
      return ended
    },
    async call({ id }) {
      try {
        await poster.post({ headers: { ...headers, 'ce-subject': `${model}/${id}` }, body })
      } finally {
        ended += 1
      }
    },
    close: () => poster.close(),
  }
}

/** Jobs for the ids from `first` on. */
export const jobsFrom = (first: number, count: number): readonly Job[] =>
  Array.from({ length: count }, (_, index) => ({ id: first + index }))

/** Resolves with all answers, so many at a time. */
export const inPortions = async <T>(
  items: readonly T[],
  size: number,
  work: (portion: readonly T[]) => Promise<unknown>,
): Promise<void> => {
  for (let start = 0; start < items.length; start += size)
    await work(items.slice(start, start + size))
}

/** Resolves when as many calls have ended as there are jobs, and the queue, which is asked only then, has none left. */
export const untilDone = async (
  jobs: number,
  callers: Iterable<Caller>,
  left: () => Promise<number>,
): Promise<void> => {
  const all = [...callers]
  const ended = (): number => all.reduce((sum, caller) => sum + caller.ended, 0)
  await until('the calls', () => ended() >= jobs, longestMs)
  await until('the end of the jobs', async () => (await left()) === 0, longestMs)
}

/** What yields to others has this priority, and they have none; for most queues the lowest number comes first. */
export const laterPriority = 10

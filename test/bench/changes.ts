import { setTimeout as sleep } from 'node:timers/promises'
import type { Running } from './contender.ts'
import type { FunctionProcess, SeenCall } from './function.ts'
import { monotonicMs } from './monotonic.ts'

const everyMs = 50
const longestMs = 30_000

/** When the change of each record began. */
type Begun = ReadonlyMap<string, number>

const makeChanges = async (
  { change }: Pick<Running, 'change'>,
  model: string,
  count: number,
): Promise<Begun> => {
  const begun = new Map<string, number>()
  const startedMs = monotonicMs()
  for (let id = 1; id <= count; id += 1) {
    begun.set(`${model}/${id}`, monotonicMs())
    await change(model, id)
    await sleep(Math.max(0, startedMs + id * everyMs - monotonicMs()))
  }
  return begun
}

/**
 * Changes the records 1 to `count`, one after the other; answers how many milliseconds later the function got each
 * change, and Infinity where it had not half a minute after the last one. Records that were never called before are
 * called for their creation, so they have to be synced by now.
 */
export const latenciesOf = async (
  running: Pick<Running, 'change'>,
  { takeCalls }: Pick<FunctionProcess, 'takeCalls'>,
  model: string,
  count: number,
): Promise<readonly number[]> => {
  await takeCalls()
  const begun = await makeChanges(running, model, count)
  const latencyOf = new Map<string, number>()
  const note = ({ subject, receivedMs }: SeenCall): void => {
    const begunMs = begun.get(subject)
    if (begunMs === undefined || latencyOf.has(subject)) return
    latencyOf.set(subject, receivedMs - begunMs)
  }
  const latestMs = monotonicMs() + longestMs
  while (latencyOf.size < count && monotonicMs() < latestMs) {
    await sleep(20)
    for (const call of await takeCalls()) note(call)
  }
  return [...begun.keys()].map((subject) => latencyOf.get(subject) ?? Infinity)
}

/** `p50 1.80, p95 2.60, p99 4.10, most 7.20` */
export const shownQuantiles = (values: readonly number[]): string => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN).toPrecision(3)
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, most ${at(1)}`
}

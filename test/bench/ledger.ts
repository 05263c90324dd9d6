import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { SeenCall } from './function.ts'
import { monotonicMs } from './monotonic.ts'

export type Counts = {
  readonly written: number
  readonly refused: number
  /** Changes of records whose change before had not been called yet: one call may do for both. */
  readonly overtaken: number
  readonly calls: number
  /** Records that were not called since their last change. */
  readonly uncalled: number
}

/** What was changed and what was called. It holds no more for many changes than for few. */
export type Ledger = {
  counts(): Counts
  /** Changes the next record, one after the other and round again. Never rejects. */
  change(): Promise<void>
  note(calls: readonly SeenCall[]): void
  /** Microseconds from just before a change to its call, of those called since this was asked for the last time. */
  takeLatencies(): RecordableHistogram
}

/** For microseconds, up to ten minutes, with three figures that count. */
export const newLatencies = (): RecordableHistogram =>
  createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 })

/** @param write writes the n-th change, which is one of the record `Item/id` */
export const openLedger = (
  records: number,
  write: (id: number, n: number) => Promise<void>,
): Ledger => {
  const begun = new Map<string, number>()
  let [written, refused, overtaken, calls] = [0, 0, 0, 0]
  let latencies = newLatencies()
  const noteOne = ({ subject, receivedMs }: SeenCall): void => {
    calls += 1
    const begunMs = begun.get(subject)
    if (begunMs === undefined || receivedMs < begunMs) return
    latencies.record(Math.max(1, Math.round((receivedMs - begunMs) * 1000)))
    begun.delete(subject)
  }
  return {
    counts: () => ({ written, refused, overtaken, calls, uncalled: begun.size }),
    async change() {
      const id = 1 + (written % records)
      const subject = `Item/${id}`
      written += 1
      if (begun.has(subject)) overtaken += 1
      begun.set(subject, monotonicMs())
      await write(id, written).catch(() => {
        refused += 1
      })
    },
    note: (seen) => seen.forEach(noteOne),
    takeLatencies() {
      const taken = latencies
      latencies = newLatencies()
      return taken
    },
  }
}

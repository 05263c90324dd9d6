import type { RecordRow } from './row.ts'

/** How many writes a call is linked to at most; of more, the last ones. */
const mostTraces = 8

/** Traceparents in the text that a record keeps of them. */
export const tracesIn = (text: string | null): readonly string[] =>
  text === null ? [] : text.split(' ')

/**
 * What a record keeps after one more write: the traceparents of those that no function has been called for since, this
 * one last. What is synced is told with its last write until the next one, so no report has to look at it.
 */
export const tracesAfter = (
  { pending, lease_token, traces }: Pick<RecordRow, 'pending' | 'lease_token' | 'traces'>,
  traceparent: string | undefined,
): string | null => {
  const waiting = pending && lease_token === null ? tracesIn(traces) : []
  const all =
    traceparent === undefined
      ? waiting
      : [...waiting.filter((one) => one !== traceparent), traceparent]
  return all.length === 0 ? null : all.slice(-mostTraces).join(' ')
}

import type { SpanAttributes, SpanStart, Tracer } from '#contract'

type EndedSpan = SpanStart & {
  readonly ended: SpanAttributes
  readonly failure: string | undefined
}

/** A traceparent whose trace is that digit throughout. */
export const traceparentOf = (digit: number): string =>
  `00-${String(digit).repeat(32)}-00f067aa0ba902b7-01`

/** A tracer that keeps the spans that have ended, and numbers all of them from 5 up. */
export const createRecordedTracer = () => {
  const spans: EndedSpan[] = []
  let begun = 4
  const tracer: Tracer = {
    begin(start) {
      begun += 1
      return {
        traceparent: traceparentOf(begun),
        end: (ended = {}, failure) => void spans.push({ ...start, ended, failure }),
      }
    },
  }
  return { tracer, spans }
}

/** Values that describe a span; never contents of records. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export type SpanStart = {
  readonly name: string
  readonly kind: 'server' | 'client' | 'internal'
  /** The traceparent of the span that this one is part of; undefined: it begins a trace of its own. */
  readonly parent?: string | undefined
  /** Traceparents of other spans that led to it. */
  readonly links?: readonly string[]
  readonly attributes: SpanAttributes
  /** When it began, in milliseconds since 1970; absent: now. */
  readonly startMs?: number
}

/** Something that goes on, as a trace shows it. It is shown once it has ended. */
export type Span = {
  /** W3C: what the span leads to names it as its parent by this text. */
  readonly traceparent: string
  /** `failure`: the kind of what went wrong, one of few words. */
  end(attributes?: SpanAttributes, failure?: string): void
}

/** Where spans go. It is told of every call, so it has to be quick, and never throws. */
export type Tracer = { begin(start: SpanStart): Span }

const valid = /^(?!ff)([\da-f]{2})-((?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16})-([\da-f]{2})(-.*)?$/

/**
 * The `traceparent` header of somebody's request, in version 00 of W3C Trace Context. Undefined when it is none: then it
 * counts as not sent.
 */
export const traceparentFrom = (header: unknown): string | undefined => {
  const [, version, ids, flags, more] =
    (typeof header === 'string' && header.length <= 512 ? valid.exec(header) : null) ?? []
  if (ids === undefined || (version === '00' && more !== undefined)) return undefined
  // Of the flags, later versions may have given the others a meaning that is not known here.
  return `00-${ids}-0${Number.parseInt(flags ?? '', 16) & 1}`
}

/** Both ids of a traceparent, as logs name them: 32 and 16 hexadecimal digits. */
export const traceIdsOf = (
  traceparent: string,
): { readonly traceId: string; readonly spanId: string } => ({
  traceId: traceparent.slice(3, 35),
  spanId: traceparent.slice(36, 52),
})

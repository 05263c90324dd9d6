import {
  type Outcome,
  type Random,
  type Report,
  type Span,
  type SpanAttributes,
  type Tracer,
  type Work,
} from '#contract'
import { eventOf } from './event-of.ts'
import type { Target } from './options.ts'
import { createTraceparent } from './traceparent.ts'

/** A call of a function, as its trace shows it. */
export type CallTrace = {
  /** Goes to the function with the change. */
  readonly traceparent: string
  /** Undefined: it was cut off, because the dispatcher stops. */
  ended(outcome: Outcome | undefined): void
}

/** What a dispatcher shows of what it does. */
export type Traces = {
  call(target: Target, work: Work): CallTrace
  leased(work: readonly Work[], startMs: number): void
  /** Answers whom to tell how many of them were refused; undefined: all, because the core was not reached. */
  reporting(reports: readonly Report[]): (refused: number | undefined) => void
}

export type TracesOptions = {
  readonly tracer: Tracer | undefined
  /** Name of the dispatcher. */
  readonly name: string
  readonly synchronizer: string
  readonly random: Random
}

/** A span keeps no more links than this, so no more of them are gathered. */
const mostLinks = 128

const ignored = (): void => undefined

/** Functions get the trace of the last write, or one of their own. */
const withoutTracer = (random: Random): Traces => ({
  call: (_target, { traces }) => ({
    traceparent: traces?.at(-1) ?? createTraceparent(random),
    ended: ignored,
  }),
  leased: ignored,
  reporting: () => ignored,
})

/**
 * One write leads to a call as its parent. Where several came together in one, it begins a trace of its own that is
 * linked to theirs.
 */
const causeOf = ({ traces = [] }: Work) =>
  traces.length === 1 ? { parent: traces[0] } : { links: traces }

const isFailure = (kind: string): boolean =>
  kind === 'failed' || kind === 'cut-off' || kind.startsWith('target-')

const isSampled = ({ traceparent }: Span): boolean => traceparent.endsWith('1')

/** Spans of calls, leases and reports; without a tracer only what functions get. Contents of records are in none. */
export const createTraces = ({ tracer, name, synchronizer, random }: TracesOptions): Traces => {
  if (tracer === undefined) return withoutTracer(random)
  const own = { 'syncstep.dispatcher': name, 'syncstep.synchronizer': synchronizer }

  const attributesOf = ({ step, model }: Target, { change }: Work): SpanAttributes => {
    const { id, source, type, subject = '' } = eventOf(change, `/synchronizers/${synchronizer}`)
    return {
      'http.request.method': 'POST',
      'cloudevents.event_id': id,
      'cloudevents.event_source': source,
      'cloudevents.event_spec_version': '1.0',
      'cloudevents.event_type': type,
      'cloudevents.event_subject': subject,
      'syncstep.model': model,
      'syncstep.step': step,
      'syncstep.operation': change.operation,
      'syncstep.attempt': change.attempt,
    }
  }

  return {
    call(target, work) {
      const span = tracer.begin({
        name: `POST ${target.step}`,
        kind: 'client',
        ...causeOf(work),
        attributes: own,
      })
      return {
        traceparent: span.traceparent,
        ended(outcome) {
          // Where a sampler chooses some calls, nobody is to describe the others.
          if (!isSampled(span)) return
          const kind = outcome?.kind ?? 'cut-off'
          const attributes = { ...attributesOf(target, work), 'syncstep.outcome': kind }
          span.end(attributes, isFailure(kind) ? kind : undefined)
        },
      }
    },

    leased(work, startMs) {
      if (work.length === 0) return
      const links = work.flatMap(({ traces = [] }) => traces)
      tracer
        .begin({
          name: 'lease',
          kind: 'internal',
          links: [...new Set(links)].slice(0, mostLinks),
          attributes: { ...own, 'syncstep.records': work.length },
          startMs,
        })
        .end()
    },

    reporting(reports) {
      const links = reports.flatMap(({ traceparent }) => traceparent ?? [])
      const span = tracer.begin({
        name: 'report',
        kind: 'internal',
        links: links.slice(0, mostLinks),
        attributes: { ...own, 'syncstep.records': reports.length },
      })
      return (refused) =>
        refused === undefined
          ? span.end({}, 'core-not-reached')
          : span.end({ 'syncstep.refused': refused })
    },
  }
}

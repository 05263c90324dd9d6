import { traceparentFrom, type CloudEvent, type Tracer } from '#contract'
import type { Incoming } from './incoming.ts'
import type { StepOutcome } from './step-outcome.ts'

/** The traceparent of a call: that of its request, or else of its event. Undefined when neither has a valid one. */
export const traceparentOf = (event: CloudEvent, { header }: Incoming): string | undefined =>
  traceparentFrom(header('traceparent') ?? event.extensions['traceparent'])

type Traced = {
  /** The request, whose traceparent is from now on that of the span. */
  readonly incoming: Incoming
  readonly ended: (outcome: StepOutcome) => void
}

/**
 * Shows a call as a span that is part of its caller's. What the step logs, and what it asks the core for, is part of it in
 * turn. Contents of events are not in it.
 *
 * @param step name of the function
 */
export const traceCall = (
  tracer: Tracer,
  step: string,
  event: CloudEvent,
  incoming: Incoming,
): Traced => {
  const span = tracer.begin({
    name: `step ${step}`,
    kind: 'server',
    parent: traceparentOf(event, incoming),
    attributes: {
      'cloudevents.event_id': event.id,
      'cloudevents.event_source': event.source,
      'cloudevents.event_spec_version': '1.0',
      'cloudevents.event_type': event.type,
      'cloudevents.event_subject': event.subject ?? '',
      'syncstep.step': step,
    },
  })
  return {
    incoming: {
      ...incoming,
      header: (name) => (name === 'traceparent' ? span.traceparent : incoming.header(name)),
    },
    ended: ({ kind }) =>
      span.end({ 'syncstep.outcome': kind }, kind === 'failed' ? kind : undefined),
  }
}

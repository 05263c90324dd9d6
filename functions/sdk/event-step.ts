import type { CloudEvent } from '#contract'
import type { CoreClient } from './client.ts'
import type { CallContext, MaybeLater, Nothing } from './step.ts'

export type EventContext<Client = CoreClient> = CallContext<Client> & {
  /** What was sent. */
  readonly event: CloudEvent
}

/**
 * Deals with events from elsewhere. An entry of its lists is a whole value, or the beginning of one and `*`; an event has
 * to fit each list that is there.
 *
 * Returning means done, and errors mean what they do for a `Step`: the event comes again, until it is put aside as a
 * dead letter. Calls repeat, so the method must be idempotent; `event.id` is the same each time.
 */
export type EventStepLike<Client = CoreClient> = {
  /** Types of the events that it is sent: `org.onos.port.*`. */
  readonly types?: readonly string[] | undefined
  /** Where they come from. */
  readonly sources?: readonly string[] | undefined
  /** The topics of Kafka that they come over. */
  readonly topics?: readonly string[] | undefined
  process_event(event: CloudEvent, context: EventContext<Client>): MaybeLater<Nothing>
}

/** The base class of event steps; an object of the shape of {@link EventStepLike} does as well. */
export abstract class EventStep<Client = CoreClient> implements EventStepLike<Client> {
  abstract process_event(event: CloudEvent, context: EventContext<Client>): MaybeLater<Nothing>
}

import { isDelivery, type Change, type Delivery } from './change.ts'
import { encodeChange, type ChangeEventOptions } from './change-event.ts'
import { decodeEvent, encodeEvent, type CloudEvent, type Message } from './event.ts'

/** `type` of the events that call pull steps. */
export const pullEventType = 'org.opencord.xos.pull.v1'

/** The event of a delivery. Throws ContractError when it is none. */
export const deliveryEvent = ({ event }: Pick<Delivery, 'event'>): CloudEvent =>
  decodeEvent({ 'content-type': 'application/cloudevents+json' }, JSON.stringify(event))

/**
 * The request that carries an event to its step: the event as it came, with the number of the attempt and the deadline.
 * Throws ContractError when the event is none.
 */
export const encodeDelivery = (
  delivery: Delivery,
  { deadline, traceparent, mode = 'binary' }: Omit<ChangeEventOptions, 'source' | 'time'>,
): Message => {
  const event = deliveryEvent(delivery)
  const extensions = {
    ...event.extensions,
    attempt: delivery.attempt,
    expirytime: new Date(deadline).toISOString(),
  }
  const message = encodeEvent({ ...event, extensions }, mode)
  message.headers['idempotency-key'] = event.id
  if (traceparent !== undefined) message.headers['traceparent'] = traceparent
  return message
}

/** The request that carries to a function what it is called for. Throws as those of records and of events do. */
export const encodeCall = (change: Change | Delivery, options: ChangeEventOptions): Message =>
  isDelivery(change) ? encodeDelivery(change, options) : encodeChange(change, options)

import {
  changeEventType,
  changeId,
  changeKey,
  deliveryEvent,
  isDelivery,
  keyText,
  type Change,
  type CloudEvent,
  type Delivery,
} from '#contract'

/** The event that carries it, as far as logs and traces name it. */
type EventOf = Pick<CloudEvent, 'id' | 'source' | 'type' | 'subject'>

/** @param source of events about records */
export const eventOf = (change: Change | Delivery, source: string): EventOf =>
  isDelivery(change)
    ? deliveryEvent(change)
    : {
        id: changeId(change),
        source,
        type: changeEventType(change.operation),
        subject: keyText(changeKey(change)),
      }

export const eventIdOf = (change: Change | Delivery): string =>
  isDelivery(change) ? String(change.event['id']) : changeId(change)

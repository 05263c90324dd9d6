import { isDelivery, type Change, type Delivery } from '#contract'

/** What was leased, which is about a record. */
export const recordChange = (change: Change | Delivery): Change => {
  if (isDelivery(change)) throw new Error(`Expected a record, got an event for ${change.operation}`)
  return change
}

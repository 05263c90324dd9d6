import type { Key } from './key.ts'
import type { DeliveryOperation, Operation } from './operation.ts'

/** Field names as XOS writes them on the wire (`hello_to`, `owner_id`, `ports_ids`) and their JSON values. */
export type Fields = Readonly<Record<string, unknown>>

/** A related record that travels with a change: its own fields, and what was declared beyond it. */
export type ExpandedRecord = {
  /** The leaf model of the related record. */
  readonly model: string
  readonly record: Fields
  readonly expanded: Expanded
}

/**
 * What the step declared in `include`, by link name: a forward link is one record or null,
 * a reverse link is a list.
 */
export type Expanded = {
  readonly [link: string]: ExpandedRecord | readonly ExpandedRecord[] | null
}

/** How the last attempt on the same record ended. */
export type Previous = { readonly code: number; readonly text: string }

/** What a function receives: one record, as it was when it was leased. */
export type Change = {
  readonly operation: Operation
  /** The leaf model of the record. */
  readonly model: string
  /** All fields; links as ids. Null fields are absent, as on the REST face. */
  readonly record: Fields
  readonly expanded: Expanded
  /** Version of the record that was sent, in microseconds since 1970; becomes `enacted` on success. */
  readonly stamp: number
  /** 1 on the first call for this stamp. */
  readonly attempt: number
  readonly previous?: Previous
}

/** What an event step or a pull step receives: an event, and nothing about a record. */
export type Delivery = {
  readonly operation: DeliveryOperation
  /** In the JSON format of CloudEvents. A pull's is made by the core, and says when it was due. */
  readonly event: Fields
  /** When it came, or was due, in microseconds since 1970. */
  readonly stamp: number
  /** 1 on the first call for this event. */
  readonly attempt: number
  readonly previous?: Previous
}

export const changeKey = (change: Change): Key => ({
  model: change.model,
  id: Number(change.record['id']),
})

export const isDelivery = (change: Change | Delivery): change is Delivery => 'event' in change

/** The same for one (record, stamp, operation) on every retry, so that a function may drop repeats. */
export const changeId = (
  change: Pick<Change, 'operation' | 'model' | 'record' | 'stamp'>,
): string => `${change.model}/${Number(change.record['id'])}@${change.stamp}/${change.operation}`

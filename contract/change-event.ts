import { changeId, changeKey, type Change } from './change.ts'
import { checkChange } from './change-check.ts'
import { deadlineOf } from './deadline.ts'
import { ContractError } from './errors.ts'
import { completionAttribute } from './completion.ts'
import {
  decodeEvent,
  decodeEvents,
  encodeEvent,
  type CloudEvent,
  type IncomingHeaders,
  type Message,
  type Mode,
} from './event.ts'
import { keyText } from './key.ts'
import type { Operation } from './operation.ts'

const eventTypes = {
  sync: 'org.opencord.xos.sync_record.v1',
  delete: 'org.opencord.xos.delete_record.v1',
  policy_create: 'org.opencord.xos.policy_create.v1',
  policy_update: 'org.opencord.xos.policy_update.v1',
  policy_delete: 'org.opencord.xos.policy_delete.v1',
} as const satisfies Record<Operation, string>

/** `type` of the events that ask for an operation. */
export const changeEventType = (operation: Operation): string => eventTypes[operation]

export type ChangeEventOptions = {
  /** `/synchronizers/<name>`. */
  readonly source: string
  /** When nobody waits for the answer any more, in milliseconds since 1970. */
  readonly deadline: number
  /** When the event is made, in milliseconds since 1970. */
  readonly time: number
  /** W3C trace context; sent as HTTP header too, for proxies. */
  readonly traceparent?: string
  /** Where the function can say later what came of the call. */
  readonly completionUrl?: string
  /** @default 'binary' */
  readonly mode?: Mode
}

const eventOfChange = (change: Change, options: ChangeEventOptions): CloudEvent => {
  const subject = keyText(changeKey(change))
  return {
    id: changeId(change),
    source: options.source,
    type: eventTypes[change.operation],
    subject,
    time: new Date(options.time).toISOString(),
    dataschema: `urn:syncstep:model:${change.model}`,
    datacontenttype: 'application/json',
    extensions: {
      attempt: change.attempt,
      partitionkey: subject,
      expirytime: new Date(options.deadline).toISOString(),
      ...(options.traceparent === undefined ? {} : { traceparent: options.traceparent }),
      ...(options.completionUrl === undefined
        ? {}
        : { [completionAttribute]: options.completionUrl }),
    },
    data: change,
  }
}

/** The request that carries a change to its function (design: the function contract). Throws on times that are none. */
export const encodeChange = (change: Change, options: ChangeEventOptions): Message => {
  const event = eventOfChange(change, options)
  const message = encodeEvent(event, options.mode ?? 'binary')
  // Added to the headers that were just made: to copy them takes a third of what the whole message takes.
  message.headers['idempotency-key'] = event.id
  if (options.traceparent !== undefined) message.headers['traceparent'] = options.traceparent
  return message
}

export type ChangeEvent = {
  readonly change: Change
  /** The event as it came; `extensions` hold `expirytime`, `attempt`, `traceparent` and the like. */
  readonly event: CloudEvent
  /** `expirytime` in milliseconds since 1970; absent when the caller waits for ever. */
  readonly deadline?: number
}

const checkAgrees = (name: string, expected: string, came: string | undefined): void => {
  if (came === expected) return
  throw new ContractError(
    'CHANGE_MALFORMED',
    `Expected ${name} ${expected}, as the data says, got ${came ?? 'none'}`,
  )
}

const changeOf = (event: CloudEvent): ChangeEvent => {
  const change = event.data
  checkChange(change)
  checkAgrees('type', eventTypes[change.operation], event.type)
  if (event.subject !== undefined) {
    checkAgrees('subject', keyText(changeKey(change)), event.subject)
  }
  const deadline = deadlineOf(event)
  return deadline === undefined ? { change, event } : { change, event, deadline }
}

/**
 * Reads {@link encodeChange} back, from whoever sent it. Throws {@link ContractError}, which says what was expected
 * and what came.
 */
export const decodeChange = (headers: IncomingHeaders, body: Uint8Array | string): ChangeEvent =>
  changeOf(decodeEvent(headers, body))

const isList = (events: CloudEvent | readonly CloudEvent[]): events is readonly CloudEvent[] =>
  Array.isArray(events)

/** Like {@link decodeChange}, and reads batched mode too, as a list. */
export const decodeChanges = (
  headers: IncomingHeaders,
  body: Uint8Array | string,
): ChangeEvent | readonly ChangeEvent[] => {
  const events = decodeEvents(headers, body)
  return isList(events) ? events.map(changeOf) : changeOf(events)
}

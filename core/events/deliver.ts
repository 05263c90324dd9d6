import { encodeEvent, type Clock, type Random } from '#contract'
import type { RecordChange } from '../store/port.ts'
import { pause } from './bell.ts'
import { changeEventOf } from './change-event.ts'
import type { Deliver } from './sink.ts'

type EventLog = {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export type DeliveryOptions = {
  readonly deliver: Deliver
  readonly clock: Clock
  readonly random: Random
  readonly log: EventLog
  /** URI reference of the core. */
  readonly source: string
  /** Extension attributes that every event gets, in place of its own. */
  readonly extensions: Readonly<Record<string, string>>
  /** Records whose events are under way at once. */
  readonly concurrency: number
}

/** How long the sink has for one event. */
export const deliveryMs = 10_000
const firstPauseMs = 500
const longestPauseMs = 60_000

const bySubject = (changes: readonly RecordChange[]): RecordChange[][] => {
  const groups = new Map<string, RecordChange[]>()
  for (const change of changes) {
    const subject = `${change.model}/${change.id}`
    const group = groups.get(subject)
    if (group === undefined) groups.set(subject, [change])
    else group.push(change)
  }
  return [...groups.values()]
}

/**
 * Brings changes to the sink, each until it is taken or refused for good: those of one record one after the other,
 * those of different records side by side. Answers true when it is through; false when the signal, or `mayGoOn`,
 * stopped it before.
 */
export const createDelivery = (options: DeliveryOptions) => {
  const { deliver, clock, random, log, source, extensions, concurrency } = options
  let isDown = false

  const tryOnce = async (change: RecordChange, signal: AbortSignal) => {
    const event = changeEventOf(change, source)
    const message = encodeEvent(
      { ...event, extensions: { ...event.extensions, ...extensions } },
      'binary',
    )
    const late = new AbortController()
    const cancel = clock.after(deliveryMs, () => late.abort())
    try {
      return await deliver(message, AbortSignal.any([signal, late.signal]))
    } finally {
      cancel()
    }
  }

  const told = (text: string | undefined): void => {
    if (isDown === (text !== undefined)) return
    isDown = text !== undefined
    if (text === undefined) log.info({}, 'The sink takes events again')
    else log.warn({ reason: text }, 'The sink takes no events; they are kept and tried again')
  }

  const bring = async (
    change: RecordChange,
    signal: AbortSignal,
    mayGoOn: () => boolean,
  ): Promise<boolean> => {
    const isOver = (): boolean => signal.aborted || !mayGoOn()
    for (let failures = 0; !isOver(); failures += 1) {
      const delivery = await tryOnce(change, signal)
      if (delivery.kind !== 'failed') {
        told(undefined)
        if (delivery.kind === 'refused') {
          const { position, model, id } = change
          log.error({ position, model, id, reason: delivery.text }, 'The sink refused an event')
        }
        return true
      }
      if (!isOver()) told(delivery.text)
      const ms = Math.min(longestPauseMs, firstPauseMs * 2 ** failures)
      await pause(clock, ms * (0.5 + random() / 2), signal)
    }
    return false
  }

  return async (
    changes: readonly RecordChange[],
    signal: AbortSignal,
    mayGoOn: () => boolean,
  ): Promise<boolean> => {
    const groups = bySubject(changes).values()
    const work = async (): Promise<boolean> => {
      for (const group of groups) {
        for (const change of group) if (!(await bring(change, signal, mayGoOn))) return false
      }
      return true
    }
    const lanes = await Promise.all(Array.from({ length: concurrency }, work))
    return lanes.every((isThrough) => isThrough)
  }
}

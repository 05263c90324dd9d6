import path from 'node:path'
import {
  deliveryEvent,
  pullEventType,
  type Delivery,
  type Description,
  type Fields,
} from '#contract'
import type { Flags, Input } from '../command.ts'
import { Failure } from '../failure.ts'
import { readText } from '../files.ts'
import { documentsIn, isObject, recordsIn } from '../records-in.ts'
import { UsageError } from '../usage-error.ts'
import type { World } from '../world.ts'

export const eventFlags: Flags = {
  event: {
    kind: 'text',
    help: 'Send CloudEvents of a file in YAML or JSON, whole or in part',
    value: 'FILE',
  },
  type: { kind: 'text', help: 'Type of the event; else the first that the step names' },
  source: { kind: 'text', help: 'Source of the event', value: 'URI' },
  subject: { kind: 'text', help: 'Subject of the event', value: 'TEXT' },
  data: { kind: 'text', help: 'Data of the event; @FILE for that of a file', value: 'JSON' },
}

const attributes = ['type', 'source', 'subject'] as const

/** Whether the words of the user are about an event, and not about a record. */
export const asksForEvent = (input: Input): boolean =>
  Object.keys(eventFlags).some((flag) => input.text(flag) !== undefined)

const parsedData = (text: string, place: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new UsageError(`Expected ${place} to be JSON.`)
  }
}

const dataFrom = async (input: Input, { cwd }: World): Promise<Fields> => {
  const text = input.text('data')
  if (text === undefined) return {}
  if (!text.startsWith('@')) return { data: parsedData(text, '--data') }
  const file = text.slice(1)
  return { data: parsedData(await readText(path.resolve(cwd, file), 'data'), file) }
}

const fromFlags = async (input: Input, world: World): Promise<Fields> => ({
  ...Object.fromEntries(
    attributes.flatMap((name) => {
      const value = input.text(name)
      return value === undefined ? [] : [[name, value]]
    }),
  ),
  ...(await dataFrom(input, world)),
})

const fromFile = async (input: Input, { cwd }: World): Promise<readonly Fields[]> => {
  const file = input.text('event')
  if (file === undefined) return [{}]
  const events = documentsIn(await readText(path.resolve(cwd, file), 'events')).flatMap(recordsIn)
  if (events.length === 0) throw new Failure(`Expected an event in ${file}, got none.`)
  return events.map((event) => {
    if (isObject(event)) return event
    throw new Failure(`Expected events in ${file} to be maps of attributes and data.`)
  })
}

/** What a step asks for may be the beginning of a type or of a source. */
const sampleOf = (patterns: readonly string[]): string | undefined =>
  patterns[0]?.replace(/\*$/, 'sample')

/** What an event has that the user says nothing of, so that the step takes it. */
const usualFor = (description: Description | undefined): Fields => {
  if (description?.kind === 'pull') return { type: pullEventType }
  if (description?.kind !== 'event') return { type: 'org.example.sample' }
  const { types, sources, topics } = description
  const topic = sampleOf(topics)
  return {
    type: sampleOf(types) ?? 'org.example.sample',
    source: `${sampleOf(sources) ?? '/syncstep-send'}${topic === undefined ? '' : `#${topic}`}`,
    data: {},
  }
}

const checked = (delivery: Delivery): Delivery => {
  try {
    deliveryEvent(delivery)
    return delivery
  } catch (error) {
    throw new Failure(`That is no CloudEvent: ${error instanceof Error ? error.message : ''}.`)
  }
}

/**
 * The events that the flags name, made whole. An event without an id gets another one each time it is sent.
 *
 * @param description what the function says of itself; undefined when it says nothing
 * @throws UsageError or Failure saying what is wrong with them.
 */
export const eventsFrom = async (
  input: Input,
  world: World,
  description: Description | undefined,
): Promise<readonly (() => Delivery)[]> => {
  const operation = description?.kind === 'pull' ? 'pull' : 'event'
  const [given, asked] = await Promise.all([fromFile(input, world), fromFlags(input, world)])
  return given.map((event) => {
    const make = (): Delivery => {
      const now = world.clock.now()
      const id = Buffer.from(world.randomBytes(12)).toString('hex')
      const usual = { source: '/syncstep-send', id, time: new Date(now).toISOString() }
      const whole = { specversion: '1.0', ...usual, ...usualFor(description), ...event, ...asked }
      return checked({ operation, event: whole, stamp: now * 1_000, attempt: 1 })
    }
    make()
    return make
  })
}

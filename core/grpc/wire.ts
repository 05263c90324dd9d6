import protobuf from 'protobufjs'
import type { Fields } from '#contract'
import type { Field, Model } from '#xproto'
import { CoreError } from '../errors.ts'
import { queryKinds, queryOperators, type Query, type QueryElement } from '../store/port.ts'
import type { Message } from './methods.ts'

/** How the library has a 64-bit number. */
type Wide = { toNumber(): number; toString(): string }

const isWide = (value: unknown): value is Wide =>
  typeof value === 'object' && value !== null && 'toNumber' in value

/** A 64-bit number is a number as long as it is exact, else its digits. */
const plain = (value: unknown): unknown => {
  if (!isWide(value)) return value
  const number = value.toNumber()
  return Number.isSafeInteger(number) ? number : value.toString()
}

/** A link to nothing is 0 on this wire. */
const valueOf = (field: Field, value: unknown): unknown =>
  field.kind === 'link' && value === 0 ? null : plain(value)

/** Nobody can send an empty list: a list that was not sent is one. */
const isSent = (message: Message, name: string): boolean => {
  const value = message[name]
  return Array.isArray(value) ? value.length > 0 : Object.hasOwn(message, name)
}

/** The values that were sent, in wire names. What a client cannot set (`id`, reverse sets, ...) is left out. */
export const valuesOf = (model: Model, message: Message): Fields =>
  Object.fromEntries(
    model.fields
      .filter(({ wireName }) => isSent(message, wireName))
      .map((field) => [field.wireName, valueOf(field, message[field.wireName])]),
  )

const cannotAsk = (message: string): CoreError => new CoreError('INVALID_FIELD', message)

const elementOf = (element: Message): QueryElement => {
  const { name, operator: number, invert } = element
  const operator = queryOperators[Number(number)]
  if (operator === undefined) throw cannotAsk(`There is no operator ${String(number)} in a query`)
  const value = Object.hasOwn(element, 'iValue') ? element['iValue'] : element['sValue']
  const isGiven = Object.hasOwn(element, 'iValue') || Object.hasOwn(element, 'sValue')
  if (!isGiven)
    throw cannotAsk(`Element ${String(name)} of the query has neither sValue nor iValue`)
  return { operator, invert: invert === true, name: String(name), value: value as string | number }
}

/** The query in `xos.Query`. Throws INVALID_FIELD for what is none. */
export const queryOf = (message: Message): Query => {
  const kind = queryKinds[Number(message['kind'])]
  if (kind === undefined) throw cannotAsk(`There is no kind ${String(message['kind'])} of query`)
  return { kind, elements: (message['elements'] as readonly Message[]).map(elementOf) }
}

// Whoever lists more is better served by a filter. Clients refuse more than 4 MiB unless they are told otherwise.
const maxListBytes = 64 * 1024 * 1024

/** Field 1, a message. */
const itemTag = 10

/**
 * The bytes of a list message. Records become bytes as they come, so that a long list takes no more memory than its
 * answer. Throws TOO_LARGE.
 */
export const encodeList = async (
  type: protobuf.Type,
  batches: AsyncIterable<readonly Fields[]>,
  signal: AbortSignal,
): Promise<Uint8Array> => {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const records of batches) {
    signal.throwIfAborted()
    const writer = protobuf.Writer.create()
    for (const record of records) type.encode(record, writer.uint32(itemTag).fork()).ldelim()
    const part = writer.finish()
    size += part.length
    if (size > maxListBytes) {
      throw new CoreError(
        'TOO_LARGE',
        `The list takes more than ${maxListBytes} bytes; ask for fewer records with Filter${type.name}`,
      )
    }
    parts.push(part)
  }
  return Buffer.concat(parts, size)
}

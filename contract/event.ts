import { checkAttributes, type Attributes, type AttributeValue } from './attributes.ts'
import { ContractError } from './errors.ts'
import { decodeHeaderValue, encodeHeaderValue } from './header-value.ts'
import { isJsonObject } from './json.ts'
import { isJsonType, mediaTypeOf, type MediaType } from './media-type.ts'

/** A CloudEvent 1.0 with JSON data. `data: null` is a payload; no `data` is none. */
export type CloudEvent = {
  readonly id: string
  /** URI reference. */
  readonly source: string
  readonly type: string
  readonly subject?: string
  /** RFC 3339. */
  readonly time?: string
  /** Absolute URI. */
  readonly dataschema?: string
  /** `application/json` or another JSON media type. */
  readonly datacontenttype?: string
  /** In binary mode every value arrives as a string. */
  readonly extensions: Readonly<Record<string, AttributeValue>>
  readonly data?: unknown
}

/** An HTTP message. Header names are in lower case. */
export type Message = { readonly headers: Record<string, string>; readonly body: string }

/**
 * Headers as Node has them: `headers`; or better, because they do not hide duplicates, `headersDistinct` or `rawHeaders`,
 * in which names and values take turns.
 */
export type IncomingHeaders =
  Readonly<Record<string, string | readonly string[] | undefined>> | readonly string[]

export type Mode = 'binary' | 'structured'

/** Bodies above this are refused. */
export const maxEventBytes = 1_048_576

const batchType = 'application/cloudevents-batch+json'

const optionalNames = ['subject', 'time', 'dataschema', 'datacontenttype'] as const
const contextNames: ReadonlySet<string> = new Set([
  'specversion',
  'id',
  'source',
  'type',
  ...optionalNames,
])

const malformed = (message: string): ContractError => new ContractError('EVENT_MALFORMED', message)

const unsupported = (expected: string, came: string): ContractError =>
  new ContractError('EVENT_MEDIA_TYPE', `Expected ${expected}, got ${came}`)

const attributesOf = (event: CloudEvent): Attributes => {
  const attributes = new Map<string, AttributeValue>([
    ['specversion', '1.0'],
    ['id', event.id],
    ['source', event.source],
    ['type', event.type],
  ])
  for (const name of optionalNames) {
    const value = event[name]
    if (value !== undefined) attributes.set(name, value)
  }
  if (event.data !== undefined && event.datacontenttype === undefined) {
    attributes.set('datacontenttype', 'application/json')
  }
  for (const [name, value] of Object.entries(event.extensions)) {
    if (contextNames.has(name)) {
      throw malformed(`Expected extensions to have names of their own, got ${name}`)
    }
    attributes.set(name, value)
  }
  return attributes
}

const jsonText = (data: unknown): string => {
  // JSON.stringify answers undefined for a function or a symbol, whatever its type says.
  const text = JSON.stringify(data) as string | undefined
  if (text === undefined) throw malformed(`Expected data to be a JSON value, got a ${typeof data}`)
  return text
}

const binaryMessage = (attributes: Attributes, data: unknown): Message => {
  const headers: Record<string, string> = {}
  for (const [name, value] of attributes) {
    const header = name === 'datacontenttype' ? 'content-type' : `ce-${name}`
    headers[header] = name === 'datacontenttype' ? String(value) : encodeHeaderValue(String(value))
  }
  return { headers, body: data === undefined ? '' : jsonText(data) }
}

const envelopeText = (attributes: Attributes, data: unknown): string => {
  const envelope = JSON.stringify(Object.fromEntries(attributes))
  return data === undefined ? envelope : `${envelope.slice(0, -1)},"data":${jsonText(data)}}`
}

const checkedAttributesOf = (event: CloudEvent): Attributes => {
  const attributes = attributesOf(event)
  checkAttributes(attributes)
  checkDataType(attributes)
  return attributes
}

/** The event as an HTTP message. Throws ContractError when an attribute breaks the rules. */
export const encodeEvent = (event: CloudEvent, mode: Mode): Message => {
  const attributes = checkedAttributesOf(event)
  if (mode === 'binary') return binaryMessage(attributes, event.data)
  return {
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    body: envelopeText(attributes, event.data),
  }
}

/** Several events as one HTTP message in batched mode. Throws ContractError when an attribute breaks the rules. */
export const encodeBatch = (events: readonly CloudEvent[]): Message => ({
  headers: { 'content-type': `${batchType}; charset=utf-8` },
  body: `[${events.map((event) => envelopeText(checkedAttributesOf(event), event.data)).join(',')}]`,
})

const fatalUtf8 = new TextDecoder('utf-8', { fatal: true })

const bodyText = (body: Uint8Array | string): string => {
  if (body.length > maxEventBytes) {
    throw new ContractError(
      'EVENT_TOO_LARGE',
      `Expected a body of at most ${maxEventBytes} bytes, got ${body.length}`,
    )
  }
  if (typeof body === 'string') return body
  try {
    return fatalUtf8.decode(body)
  } catch {
    throw malformed('Expected the body to be UTF-8, got bytes that are not')
  }
}

const parsed = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed(`Expected ${what} to be JSON, got text that does not parse`)
  }
}

const checkCharset = ({ charset }: MediaType): void => {
  if (charset === undefined || charset === 'utf-8' || charset === 'us-ascii') return
  throw unsupported('charset utf-8', charset)
}

const checkDataType = (attributes: Attributes): void => {
  const contentType = attributes.get('datacontenttype')
  if (contentType === undefined || contentType === 'application/json') return
  const mediaType = mediaTypeOf(String(contentType))
  if (mediaType === undefined || !isJsonType(mediaType)) {
    throw unsupported('data of type application/json', JSON.stringify(contentType))
  }
  checkCharset(mediaType)
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

/** The attributes were checked. One property after the other, as copies of objects take a third of all decoding. */
const eventOf = (attributes: Attributes, data: unknown): CloudEvent => {
  const extensions: Record<string, AttributeValue> = {}
  for (const [name, value] of attributes) {
    if (!contextNames.has(name)) extensions[name] = value
  }
  const event: Mutable<CloudEvent> = {
    id: String(attributes.get('id')),
    source: String(attributes.get('source')),
    type: String(attributes.get('type')),
    extensions,
  }
  for (const name of optionalNames) {
    const value = attributes.get(name)
    if (value !== undefined) event[name] = String(value)
  }
  if (data !== undefined) event.data = data
  return event
}

const singleValue = (name: string, value: string | readonly string[]): string => {
  if (typeof value === 'string') return value
  if (value.length === 1 && value[0] !== undefined) return value[0]
  throw malformed(`Expected header ${name} once, got it ${value.length} times`)
}

const isOfEvents = (name: string): boolean => name === 'content-type' || name.startsWith('ce-')

const addHeader = (
  found: Map<string, string>,
  given: string,
  value: string | readonly string[] | undefined,
): void => {
  const name = given.toLowerCase()
  if (value === undefined || !isOfEvents(name)) return
  if (found.has(name)) throw malformed(`Expected header ${name} once, got it twice`)
  found.set(name, singleValue(name, value))
}

const isRaw = (headers: IncomingHeaders): headers is readonly string[] => Array.isArray(headers)

const headersByName = (headers: IncomingHeaders): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  if (!isRaw(headers)) {
    for (const [name, value] of Object.entries(headers)) addHeader(found, name, value)
    return found
  }
  for (let index = 0; index < headers.length; index += 2) {
    addHeader(found, headers[index] ?? '', headers[index + 1])
  }
  return found
}

const decodeBinary = (headers: ReadonlyMap<string, string>, text: string): CloudEvent => {
  const attributes = new Map<string, AttributeValue>()
  for (const [header, value] of headers) {
    if (header === 'content-type') continue
    const name = header.slice('ce-'.length)
    if (name === 'datacontenttype') {
      throw malformed('Expected no header ce-datacontenttype: Content-Type stands for it')
    }
    attributes.set(name, decodeHeaderValue(header, value))
  }
  const contentType = headers.get('content-type')
  if (contentType !== undefined) attributes.set('datacontenttype', contentType)
  checkAttributes(attributes)
  checkDataType(attributes)
  if (text === '') return eventOf(attributes, undefined)
  if (contentType === undefined) throw unsupported('Content-Type application/json', 'none')
  return eventOf(attributes, parsed(text, 'the body'))
}

const isAttributeValue = (value: unknown): value is AttributeValue =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

const base64Text = (value: unknown): string => {
  if (
    typeof value !== 'string' ||
    !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)
  ) {
    throw malformed('Expected data_base64 to be a string of base64')
  }
  return bodyText(Buffer.from(value, 'base64'))
}

const dataOf = (envelope: Readonly<Record<string, unknown>>): unknown => {
  const hasData = Object.hasOwn(envelope, 'data')
  const hasBase64 = Object.hasOwn(envelope, 'data_base64') && envelope['data_base64'] !== null
  if (hasData && hasBase64) throw malformed('Expected either data or data_base64, got both')
  if (hasBase64) return parsed(base64Text(envelope['data_base64']), 'data_base64')
  return hasData ? envelope['data'] : undefined
}

const eventOfEnvelope = (envelope: unknown, what: string): CloudEvent => {
  if (!isJsonObject(envelope)) throw malformed(`Expected ${what} to be a JSON object`)
  const attributes = new Map<string, AttributeValue>()
  for (const [name, value] of Object.entries(envelope)) {
    if (name === 'data' || name === 'data_base64' || value === null) continue
    if (!isAttributeValue(value)) {
      throw malformed(
        `Expected attribute ${JSON.stringify(name)} to be a string, an integer or a boolean`,
      )
    }
    attributes.set(name, value)
  }
  checkAttributes(attributes)
  checkDataType(attributes)
  const data = dataOf(envelope)
  if (data !== undefined && !attributes.has('datacontenttype')) {
    attributes.set('datacontenttype', 'application/json')
  }
  return eventOf(attributes, data)
}

const contentTypeOf = (headers: ReadonlyMap<string, string>): MediaType | undefined => {
  const contentType = headers.get('content-type')
  return contentType === undefined ? undefined : mediaTypeOf(contentType)
}

const decodeSingle = (
  headers: ReadonlyMap<string, string>,
  mediaType: MediaType | undefined,
  body: Uint8Array | string,
): CloudEvent => {
  if (mediaType?.type === 'application/cloudevents+json') {
    checkCharset(mediaType)
    return eventOfEnvelope(parsed(bodyText(body), 'the body'), 'the body')
  }
  if (mediaType?.type.startsWith('application/cloudevents') === true) {
    throw unsupported(
      'one event, in binary mode or as application/cloudevents+json',
      mediaType.type,
    )
  }
  return decodeBinary(headers, bodyText(body))
}

/**
 * Reads one CloudEvent 1.0 in binary or structured mode (CloudEvents HTTP protocol binding 1.0.2, section 3).
 *
 * Header values are unquoted and percent-decoded once. Duplicated headers, attribute names and values that break
 * the rules, and invalid UTF-8 are refused; so are batches, and data that is not JSON. Throws {@link ContractError}.
 */
export const decodeEvent = (headers: IncomingHeaders, body: Uint8Array | string): CloudEvent => {
  const found = headersByName(headers)
  return decodeSingle(found, contentTypeOf(found), body)
}

const numbered = (envelope: unknown, index: number): CloudEvent => {
  try {
    return eventOfEnvelope(envelope, 'it')
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    throw new ContractError(error.code, `Event ${index} of the batch: ${error.message}`)
  }
}

/**
 * Like {@link decodeEvent}, and reads batched mode too, as a list. An event in it that breaks the rules refuses them all:
 * the {@link ContractError} counts them from 0.
 */
export const decodeEvents = (
  headers: IncomingHeaders,
  body: Uint8Array | string,
): CloudEvent | readonly CloudEvent[] => {
  const found = headersByName(headers)
  const mediaType = contentTypeOf(found)
  if (mediaType?.type !== batchType) return decodeSingle(found, mediaType, body)
  checkCharset(mediaType)
  const envelopes = parsed(bodyText(body), 'the body')
  if (!Array.isArray(envelopes)) throw malformed('Expected the body to be a JSON list')
  return envelopes.map(numbered)
}

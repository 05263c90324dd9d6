import { CloudEvent as PeerEvent, HTTP } from 'cloudevents'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ContractError,
  decodeEvent,
  decodeEvents,
  encodeBatch,
  encodeEvent,
  maxEventBytes,
  type CloudEvent,
  type IncomingHeaders,
} from '#contract'

const minimal: CloudEvent = { id: 'i', source: '/s', type: 't', extensions: {} }

const binaryHeaders = {
  'ce-specversion': '1.0',
  'ce-id': 'i',
  'ce-source': '/s',
  'ce-type': 't',
  'content-type': 'application/json',
}

const envelope = { specversion: '1.0', id: 'i', source: '/s', type: 't' }

const structured = (members: object, contentType = 'application/cloudevents+json'): CloudEvent =>
  decodeEvent({ 'content-type': contentType }, JSON.stringify({ ...envelope, ...members }))

const refusal = (headers: IncomingHeaders, body: Uint8Array | string): ContractError => {
  try {
    decodeEvent(headers, body)
  } catch (error) {
    if (error instanceof ContractError) return error
    throw error
  }
  throw new Error('Expected the event to be refused')
}

describe('on the wire', () => {
  test('binary mode has attributes in headers and the data alone in the body', () => {
    const event: CloudEvent = {
      ...minimal,
      subject: 'Euro € 😀',
      datacontenttype: 'application/json',
      extensions: { attempt: 2, urgent: true },
      data: { a: 'ä' },
    }
    expect(encodeEvent(event, 'binary')).toEqual({
      headers: {
        'ce-specversion': '1.0',
        'ce-id': 'i',
        'ce-source': '/s',
        'ce-type': 't',
        'ce-subject': 'Euro%20%E2%82%AC%20%F0%9F%98%80',
        'ce-attempt': '2',
        'ce-urgent': 'true',
        'content-type': 'application/json',
      },
      body: '{"a":"ä"}',
    })
  })

  test('structured mode has everything in the body', () => {
    const { headers, body } = encodeEvent(
      { ...minimal, extensions: { attempt: 2 }, data: 'text' },
      'structured',
    )
    expect(headers).toEqual({ 'content-type': 'application/cloudevents+json; charset=utf-8' })
    expect(JSON.parse(body)).toEqual({
      ...envelope,
      datacontenttype: 'application/json',
      attempt: 2,
      data: 'text',
    })
  })
})

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((value) => !/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(value))
const uri = fc.webUrl({ withFragments: true, withQueryParameters: true })
const extensionName = fc
  .stringMatching(/^[a-z][a-z0-9]{0,19}$/)
  .filter(
    (name) =>
      !/^(?:data|specversion|id|source|type|subject|time|dataschema|datacontenttype)$/.test(name),
  )
const extensionNames = fc.oneof(extensionName, fc.constantFrom('constructor', 'valueof'))
const jsonValue = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)))

const events: fc.Arbitrary<CloudEvent> = fc.record(
  {
    id: text,
    source: fc.oneof(uri, fc.constant('/synchronizers/hello-world')),
    type: text,
    subject: text,
    time: fc
      .date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    dataschema: uri,
    extensions: fc.dictionary(
      extensionNames,
      fc.oneof(text, fc.constantFrom('', ' ', '"', '%', '\\', '"a\\"'), fc.integer(), fc.boolean()),
      { noNullPrototype: true },
    ),
    datacontenttype: fc.constantFrom(
      'application/json',
      'application/vnd.x+json',
      'application/json; charset=UTF-8',
    ),
    data: jsonValue,
  },
  { requiredKeys: ['id', 'source', 'type', 'extensions', 'datacontenttype'] },
)

describe('round trips', () => {
  test('an event survives structured mode exactly', () => {
    fc.assert(
      fc.property(events, (event) => {
        const { headers, body } = encodeEvent(event, 'structured')
        expect(decodeEvent(headers, body)).toEqual(event)
        expect(decodeEvent(headers, Buffer.from(body))).toEqual(event)
      }),
    )
  })

  test('an event survives binary mode, its extensions as text', () => {
    fc.assert(
      fc.property(events, (event) => {
        const { headers, body } = encodeEvent(event, 'binary')
        for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/)
        const extensions = Object.fromEntries(
          Object.entries(event.extensions).map(([name, value]) => [name, String(value)]),
        )
        expect(decodeEvent(headers, Buffer.from(body))).toEqual({ ...event, extensions })
      }),
    )
  })

  test.each([null, 0, false, '', 'abc', [], {}])('the payload %j is not lost', (data) => {
    for (const mode of ['binary', 'structured'] as const) {
      const { headers, body } = encodeEvent({ ...minimal, data }, mode)
      expect(decodeEvent(headers, body)).toEqual({
        ...minimal,
        datacontenttype: 'application/json',
        data,
      })
    }
  })

  test('no payload stays no payload', () => {
    for (const mode of ['binary', 'structured'] as const) {
      const { headers, body } = encodeEvent(minimal, mode)
      expect(decodeEvent(headers, body)).toEqual(minimal)
    }
  })
})

describe('header values', () => {
  const subjectOf = (value: string) =>
    decodeEvent({ ...binaryHeaders, 'ce-subject': value }, '').subject

  test.each([
    ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['%e2%82%ac', '€'],
    ['%41%42', 'AB'],
    ['a b', 'a b'],
    ['"a b"', 'a b'],
    ['"a \\"b\\" \\\\ c"', 'a "b" \\ c'],
    ['"%22"', '"'],
    ['%2525', '%25'],
    ['a"b', 'a"b'],
  ])('%s is read as %s', (value, subject) => {
    expect(subjectOf(value)).toBe(subject)
  })

  test.each([
    ['overlong UTF-8', '%C0%A0', /percent-encoded valid UTF-8/],
    ['a surrogate as UTF-8', '%ED%A0%80', /percent-encoded valid UTF-8/],
    ['UTF-8 that breaks off', '%E2%82', /percent-encoded valid UTF-8/],
    ['a bare percent sign', '50%', /a bare % is written %25/],
    ['raw text beyond ASCII', 'é', /printable ASCII/],
    ['a quote that is not closed', '"abc', /double quote/],
    ['a quote closed too early', '"a"b"', /double quote/],
    ['an encoded line break', 'a%0Ab', /no control characters/],
    ['a noncharacter', '%EF%BF%BF', /noncharacters/],
    ['nothing', '', /subject to be a string that is not empty/],
  ])('%s is refused', (_, value, reason) => {
    const error = refusal({ ...binaryHeaders, 'ce-subject': value }, '')
    expect(error).toMatchObject({ code: 'EVENT_MALFORMED', status: 400 })
    expect(error.message).toMatch(reason)
  })
})

describe('content types', () => {
  test.each([
    'application/json',
    'application/json;charset=utf-8',
    'Application/JSON; Charset="UTF-8"',
    'application/json; odata=full; charset=utf-8; x="a"',
    'application/merge-patch+json',
    'text/json',
  ])('%s carries JSON in binary mode', (contentType) => {
    expect(
      decodeEvent({ ...binaryHeaders, 'content-type': contentType }, ' {"a":1} ').data,
    ).toEqual({
      a: 1,
    })
  })

  test.each([
    'application/cloudevents+json',
    'application/cloudevents+json;charset=UTF-8',
    'APPLICATION/CLOUDEVENTS+JSON; charset=utf-8',
  ])('%s is structured mode', (contentType) => {
    expect(structured({ data: 1 }, contentType).data).toBe(1)
  })

  test.each([
    ['application/cloudevents-batch+json', /one event/],
    ['application/cloudevents-batch+json; charset=utf-8', /one event/],
    ['application/cloudevents+xml', /one event/],
    ['application/cloudevents', /one event/],
    ['application/cloudevents+json; charset=latin1', /charset utf-8, got latin1/],
    ['application/json; charset=iso-8859-1', /charset utf-8, got iso-8859-1/],
    ['text/plain', /application\/json, got "text\/plain"/],
    ['json', /application\/json, got "json"/],
  ])('%s is refused with 415', (contentType, reason) => {
    const error = refusal({ ...binaryHeaders, 'content-type': contentType }, '[]')
    expect(error).toMatchObject({ code: 'EVENT_MEDIA_TYPE', status: 415 })
    expect(error.message).toMatch(reason)
  })

  test('a body without a content type is refused with 415', () => {
    expect(refusal({ ...binaryHeaders, 'content-type': undefined }, '{}')).toMatchObject({
      code: 'EVENT_MEDIA_TYPE',
      status: 415,
    })
  })

  test('structured data of another type is refused with 415', () => {
    expect(
      refusal(
        { 'content-type': 'application/cloudevents+json' },
        JSON.stringify({ ...envelope, datacontenttype: 'text/xml', data: '<a/>' }),
      ),
    ).toMatchObject({ code: 'EVENT_MEDIA_TYPE', status: 415 })
  })
})

describe('headers', () => {
  test('have names in any case', () => {
    const headers = {
      'Ce-SpecVersion': '1.0',
      'CE-ID': 'i',
      'cE-Source': '/s',
      'ce-type': 't',
      'CONTENT-TYPE': 'application/json',
    }
    expect(decodeEvent(headers, '1').data).toBe(1)
  })

  test('may come as lists of one', () => {
    expect(decodeEvent({ ...binaryHeaders, 'ce-id': ['j'] }, '').id).toBe('j')
  })

  test.each<[string, IncomingHeaders, RegExp]>([
    ['a list of two', { ...binaryHeaders, 'ce-id': ['i', 'i'] }, /ce-id once, got it 2 times/],
    ['two cases of one name', { ...binaryHeaders, 'CE-id': 'i' }, /ce-id once, got it twice/],
    [
      'two content types',
      { ...binaryHeaders, 'content-type': ['application/json', 'application/json'] },
      /content-type once/,
    ],
    ['an empty list', { ...binaryHeaders, 'ce-id': [] }, /ce-id once, got it 0 times/],
    ['a name with a dash', { ...binaryHeaders, 'ce-my-name': 'x' }, /got "my-name"/],
    ['the name data', { ...binaryHeaders, 'ce-data': 'x' }, /got "data"/],
    [
      'the media type twice',
      { ...binaryHeaders, 'ce-datacontenttype': 'application/json' },
      /Content-Type stands for it/,
    ],
  ])('are refused with %s', (_, headers, reason) => {
    expect(refusal(headers, '{}').message).toMatch(reason)
  })
})

describe('attributes', () => {
  test.each([
    ['nothing at all', {}, /none of its attributes specversion, id, source, type/],
    ['no id', { ...binaryHeaders, 'ce-id': undefined }, /none of its attributes id:/],
    ['an empty id', { ...binaryHeaders, 'ce-id': '' }, /id to be a string that is not empty/],
    ['version 0.3', { ...binaryHeaders, 'ce-specversion': '0.3' }, /specversion 1.0, got "0.3"/],
    ['version 2.0', { ...binaryHeaders, 'ce-specversion': '2.0' }, /specversion 1.0, got "2.0"/],
    [
      'a source with a space',
      { ...binaryHeaders, 'ce-source': '/a b' },
      /source to be a URI reference/,
    ],
    [
      'a relative schema',
      { ...binaryHeaders, 'ce-dataschema': '/a' },
      /dataschema to be an absolute URI/,
    ],
    [
      'a time without a zone',
      { ...binaryHeaders, 'ce-time': '2026-01-31T12:00:00' },
      /time to be a timestamp/,
    ],
    [
      'a time that does not exist',
      { ...binaryHeaders, 'ce-time': '2026-13-31T12:00:00Z' },
      /time to be a timestamp/,
    ],
  ])('are refused with %s', (_, headers, reason) => {
    expect(refusal(headers, '').message).toMatch(reason)
  })

  test.each([
    '2026-01-31T12:00:00Z',
    '2026-01-31t12:00:00.123456789+01:30',
    '1990-12-31T23:59:60Z',
  ])('%s is a time and is kept as it is', (time) => {
    expect(decodeEvent({ ...binaryHeaders, 'ce-time': time }, '').time).toBe(time)
  })

  test.each<[string, object, RegExp]>([
    ['an object', { ext: {} }, /"ext" to be a string, an integer or a boolean/],
    ['a list', { ext: [] }, /"ext"/],
    ['a fraction', { ext: 1.5 }, /32 bits, got 1.5/],
    ['a number beyond 32 bits', { ext: 2147483648 }, /32 bits/],
    ['a name in upper case', { Ext: 'x' }, /got "Ext"/],
    ['a name with an underscore', { my_ext: 'x' }, /got "my_ext"/],
    ['an id that is a number', { id: 7 }, /id to be a string/],
    ['a lone surrogate', { ext: '\ud800' }, /lone surrogates/],
    ['both kinds of data', { data: 1, data_base64: 'MQ==' }, /got both/],
    ['base64 that is none', { data_base64: 'M' }, /base64/],
    ['base64 that is no UTF-8', { data_base64: '/w==' }, /UTF-8/],
    ['base64 that is no JSON', { data_base64: 'eA==' }, /data_base64 to be JSON/],
  ])('in structured mode are refused with %s', (_, members, reason) => {
    const body = JSON.stringify({ ...envelope, ...members })
    expect(refusal({ 'content-type': 'application/cloudevents+json' }, body).message).toMatch(
      reason,
    )
  })

  test('in structured mode need not name the type of JSON data', () => {
    expect(structured({ data: 1 })).toEqual({
      ...minimal,
      datacontenttype: 'application/json',
      data: 1,
    })
  })

  test('in structured mode may be null, which is the same as absent', () => {
    expect(structured({ subject: null, ext: null, data_base64: null })).toEqual(minimal)
    expect(structured({ data_base64: 'eyJhIjoxfQ==' }).data).toEqual({ a: 1 })
  })

  test('named after what objects inherit are attributes like any other', () => {
    expect(structured({ constructor: 'x' }).extensions).toEqual({ constructor: 'x' })
    const body =
      '{"__proto__":{"polluted":true},"specversion":"1.0","id":"i","source":"/s","type":"t"}'
    expect(refusal({ 'content-type': 'application/cloudevents+json' }, body).message).toMatch(
      /"__proto__"/,
    )
  })
})

describe('bodies', () => {
  test.each<[string, Uint8Array | string, RegExp]>([
    ['broken JSON', '{"a":', /body to be JSON/],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xc0, 0xa0, 0x22]), /UTF-8/],
  ])('are refused: %s', (_, body, reason) => {
    expect(refusal(binaryHeaders, body).message).toMatch(reason)
  })

  test('above 1 MiB are refused with 413', () => {
    const fits = Buffer.from(`"${'x'.repeat(maxEventBytes - 2)}"`)
    expect(decodeEvent(binaryHeaders, fits).data).toHaveLength(maxEventBytes - 2)
    expect(refusal(binaryHeaders, Buffer.concat([fits, Buffer.from(' ')]))).toMatchObject({
      code: 'EVENT_TOO_LARGE',
      status: 413,
    })
  })

  test.each(['1', '"x"', 'null', '[]'])('of structured mode must be objects, not %s', (body) => {
    expect(refusal({ 'content-type': 'application/cloudevents+json' }, body).message).toMatch(
      /JSON object/,
    )
  })
})

test('whatever arrives is an event or a ContractError', () => {
  const headers = fc.dictionary(
    fc.oneof(
      fc.constantFrom('content-type', 'ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-time'),
      fc.string(),
    ),
    fc.oneof(
      fc.string(),
      fc.constantFrom('1.0', 'application/json', 'application/cloudevents+json'),
    ),
  )
  fc.assert(
    fc.property(headers, fc.oneof(fc.string(), fc.json(), fc.uint8Array()), (given, body) => {
      try {
        expect(decodeEvent(given, body).id).not.toBe('')
      } catch (error) {
        expect(error).toBeInstanceOf(ContractError)
      }
    }),
  )
})

test.each<[string, Partial<CloudEvent>, RegExp]>([
  ['an empty id', { id: '' }, /id to be a string that is not empty/],
  ['an extension that hides an attribute', { extensions: { source: '/x' } }, /names of their own/],
  ['an extension with a bad name', { extensions: { my_name: 'x' } }, /got "my_name"/],
  ['a fraction', { extensions: { ratio: 0.5 } }, /32 bits/],
  ['data that is no JSON', { data: () => 1 }, /JSON value, got a function/],
  ['data of another type', { datacontenttype: 'text/plain', data: 'x' }, /application\/json/],
])('an event with %s is not sent', (_, change, reason) => {
  expect(() => encodeEvent({ ...minimal, ...change }, 'binary')).toThrow(reason)
})

describe('batches', () => {
  const batchHeaders = { 'content-type': 'application/cloudevents-batch+json' }

  test('survive the wire exactly', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 4 }), (batch) => {
        const { headers, body } = encodeBatch(batch)
        expect(decodeEvents(headers, Buffer.from(body))).toEqual(batch)
      }),
    )
  })

  test('are told from single events by their content type', () => {
    expect(decodeEvents(binaryHeaders, '1')).toEqual(decodeEvent(binaryHeaders, '1'))
    expect(
      decodeEvents({ 'content-type': 'Application/CloudEvents-Batch+JSON; charset=UTF-8' }, '[]'),
    ).toEqual([])
  })

  test.each<[string, string, RegExp]>([
    ['one event', JSON.stringify(envelope), /JSON list/],
    ['a second one without an id', JSON.stringify([envelope, {}]), /Event 1 of the batch: .*id/],
    ['a number among them', JSON.stringify([1]), /Event 0 of the batch: Expected it to be a JSON/],
    ['broken JSON', '[', /body to be JSON/],
  ])('are refused with 400: %s', (_, body, reason) => {
    expect(() => decodeEvents(batchHeaders, body)).toThrow(
      expect.objectContaining({ status: 400, message: expect.stringMatching(reason) as string }),
    )
  })
})

describe('the CloudEvents SDK', () => {
  const attributes = {
    id: 'i',
    source: '/synchronizers/hello-world',
    type: 'org.opencord.xos.sync_record.v1',
    subject: 'HelloWorldService/1',
    time: '2026-01-31T12:00:00.000Z',
    dataschema: 'urn:syncstep:model:HelloWorldService',
    datacontenttype: 'application/json',
  }
  const extensions = { partitionkey: 'HelloWorldService/1' }
  const data = { record: { id: 1, hello_from: 'Jhon ❄' } }

  test.each(['binary', 'structured'] as const)('reads what we send in %s mode', (mode) => {
    const { headers, body } = encodeEvent({ ...attributes, extensions, data }, mode)
    const event = HTTP.toEvent({ headers, body })
    if (Array.isArray(event)) throw new Error('Expected one event')
    const strict = new PeerEvent(event)
    expect(strict.validate()).toBe(true)
    expect(strict.toJSON()).toEqual({ specversion: '1.0', ...attributes, ...extensions, data })
  })

  test.each(['binary', 'structured'] as const)('is read by us in %s mode', (mode) => {
    const event = new PeerEvent({ ...attributes, ...extensions, data })
    const { headers, body } = HTTP[mode](event)
    expect(decodeEvent(headers as IncomingHeaders, String(body))).toEqual({
      ...attributes,
      extensions,
      data,
    })
  })

  // The SDK neither encodes nor decodes header values, and drops what JavaScript takes for false in structured mode.
  const plainText = fc.stringMatching(/^[a-z0-9/._-]{1,20}$/)
  const plainUri = uri.filter((value) => !/["%]/.test(value))
  const shared = fc.record(
    {
      id: plainText,
      source: plainUri,
      type: plainText,
      subject: plainText,
      time: fc
        .date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString()),
      dataschema: plainUri,
      extensions: fc.dictionary(extensionName, plainText, { noNullPrototype: true }),
    },
    { requiredKeys: ['id', 'source', 'type', 'time', 'extensions'] },
  )
  const sharedEvents = fc
    .tuple(shared, fc.dictionary(fc.string(), jsonValue, { noNullPrototype: true }))
    .map(([event, data]) => ({ ...event, datacontenttype: 'application/json', data }))

  test.each(['binary', 'structured'] as const)('and we agree in %s mode', (mode) => {
    fc.assert(
      fc.property(sharedEvents, ({ extensions, ...event }) => {
        const ours = encodeEvent({ ...event, extensions }, mode)
        const read = HTTP.toEvent(ours)
        if (Array.isArray(read)) throw new Error('Expected one event')
        const asTheyHaveIt = { specversion: '1.0', ...event, ...extensions }
        expect(new PeerEvent(read).toJSON()).toEqual(asTheyHaveIt)

        const theirs = HTTP[mode](new PeerEvent({ ...event, ...extensions }))
        const back = decodeEvent(theirs.headers, String(theirs.body))
        expect(back).toEqual({ ...event, extensions })
      }),
    )
  })

  test('reads our batches', () => {
    const { headers, body } = encodeBatch([{ ...attributes, extensions, data }])
    const read = HTTP.toEvent({ headers, body })
    expect(Array.isArray(read) && read.map((event) => event.id)).toEqual(['i'])
  })
})

import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { encodeBatch, encodeEvent, isDelivery, type CloudEvent } from '#contract'
import { CoreError, observeHttp, type Acceptance } from '#core'
import { administrator } from '../../support/store.ts'
import { asAdmin, openFaces, type Faces } from '../faces.ts'

let faces: Faces
let rest: Faces['rest']
const received = vi.fn<(acceptance: Acceptance) => void>()
const inbox = { secrets: ['former-secret-0123', 'secret-of-now-0123'], received }

beforeAll(async () => {
  faces = await openFaces()
  await faces.work.register({
    name: 'hello-world',
    version: '1.0.1',
    models: faces.helloWorld,
    steps: [],
    requiredModels: [],
    eventSteps: [{ step: 'onu', types: ['onu.discovered'] }],
  })
  rest = faces.faulty({}, { inbox }).rest
})
beforeEach(() => received.mockClear())
afterAll(async () => {
  await rest.close()
  await faces.close()
})

let number = 0
const newEvent = (more: Partial<CloudEvent> = {}): CloudEvent => {
  number += 1
  return {
    id: String(number),
    source: '/voltha',
    type: 'onu.discovered',
    extensions: {},
    data: { serial: 'A' },
    ...more,
  }
}

const post = (
  { headers, body }: { readonly headers: Record<string, string>; readonly body: string | Buffer },
  url = '/events',
  credentials: Record<string, string> = asAdmin,
) => rest.inject({ method: 'POST', url, headers: { ...headers, ...credentials }, payload: body })

const stored = async (): Promise<readonly string[]> => {
  const all = await faces.store.deliveries.list(administrator, { limit: 1000 })
  return all.map(({ eventId }) => eventId)
}

test.each(['binary', 'structured'] as const)(
  'an event in %s mode is stored, and answered with nothing that a broker could take for an event',
  async (mode) => {
    const event = newEvent()
    const { statusCode, body } = await post(encodeEvent(event, mode))

    expect([statusCode, body]).toEqual([202, ''])
    expect(await stored()).toContain(event.id)
    expect(received).toHaveBeenCalledWith({ stored: 1, repeated: 0, unwanted: 0 })
  },
)

test('a source of Kafka may leave out of which type its data is, as long as it is JSON', async () => {
  const kafka = {
    'ce-specversion': '1.0',
    'ce-source': '/apis/v1/namespaces/olt/kafkasources/onus#onus',
    'ce-type': 'onu.discovered',
    'ce-key': 'port 7',
  }
  const headers = (id: string) => ({ ...kafka, 'ce-id': `partition:0/offset:${id}` })
  const statuses = [
    await post({ headers: headers('1'), body: '{"serial":"A"}' }),
    await post({ headers: headers('2'), body: 'serial A' }),
    await post({ headers: headers('3'), body: '' }),
  ].map(({ statusCode }) => statusCode)

  expect(statuses).toEqual([202, 400, 202])
  const { work } = await faces.work.lease('kafka', [
    { model: 'hello-world/onu', limit: 100, kind: 'event' },
  ])
  const events = work.map(({ change }) => (isDelivery(change) ? change.event : {}))
  expect(events).toContainEqual(expect.objectContaining({ data: { serial: 'A' }, key: 'port 7' }))
})

test('a batch is stored as a whole', async () => {
  const events = [newEvent(), newEvent(), newEvent({ type: 'other' })]
  expect((await post(encodeBatch(events))).statusCode).toBe(202)
  expect(await stored()).toEqual(expect.arrayContaining([events[0]?.id, events[1]?.id]))
  expect(received).toHaveBeenCalledWith({ stored: 2, repeated: 0, unwanted: 1 })
})

test('of a batch with a mistake nothing is stored', async () => {
  const good = newEvent()
  const { headers, body } = encodeBatch([good])
  const bad = `${body.slice(0, -1)},{"specversion":"1.0"}]`
  const answer = await post({ headers, body: bad })

  expect(answer.statusCode).toBe(400)
  expect(await stored()).not.toContain(good.id)
})

test('who can send no credentials shows a secret in the address, the former one too', async () => {
  const statuses = []
  for (const secret of ['secret-of-now-0123', 'former-secret-0123', 'secret-of-now-0124', 'x']) {
    const message = encodeEvent(newEvent(), 'binary')
    statuses.push((await post(message, `/events/${secret}`, {})).statusCode)
  }
  expect(statuses).toEqual([202, 202, 401, 401])
})

test('without a secret no address is one', async () => {
  const message = encodeEvent(newEvent(), 'binary')
  const { statusCode } = await faces.rest.inject({
    method: 'POST',
    url: '/events/undefined',
    headers: message.headers,
    payload: message.body,
  })
  expect(statusCode).toBe(401)
})

const structured = { 'content-type': 'application/cloudevents+json' }

test.each<[number, string, Record<string, string>, string]>([
  [400, 'VALIDATION', structured, '{'],
  [400, 'VALIDATION', structured, '{"specversion":"1.0","id":"1","source":"/s"}'],
  [400, 'VALIDATION', { 'content-type': 'application/json' }, '{}'],
  [
    400,
    'VALIDATION',
    structured,
    `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${'['.repeat(200)}${']'.repeat(200)}}`,
  ],
  [413, 'TOO_LARGE', structured, `"${'x'.repeat(2 ** 20)}"`],
  [415, 'UNSUPPORTED_MEDIA_TYPE', { 'content-type': 'application/cloudevents+avro' }, 'x'],
  [
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    {
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/s',
      'ce-type': 't',
      'content-type': 'text/plain',
    },
    'hello',
  ],
])('what is malformed is answered %i %s, with a reason', async (status, code, headers, body) => {
  const answer = await post({ headers, body })

  expect(answer.statusCode).toBe(status)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.json()).toMatchObject({
    status,
    code,
    title: expect.any(String) as string,
    detail: expect.stringMatching(/^Expected|^Event/) as string,
  })
})

test('strangers are challenged before their body is read', async () => {
  const { statusCode, headers } = await post(
    { headers: { 'content-type': 'text/plain' }, body: 'x' },
    '/events',
    {},
  )
  expect(statusCode).toBe(401)
  expect(headers['www-authenticate']).toMatch(/^Basic/)
})

test('a sender is told to come back when the database is away', async () => {
  const away = faces.faulty({
    deliveries: {
      ...faces.store.deliveries,
      accept: () => Promise.reject(new CoreError('UNAVAILABLE', 'Cannot use PostgreSQL')),
    },
  })
  const { headers, body } = encodeEvent(newEvent(), 'binary')
  const answer = await away.rest.inject({
    method: 'POST',
    url: '/events',
    headers: { ...headers, ...asAdmin },
    payload: body,
  })

  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5'])
  await away.rest.close()
})

test('an event of another face is no body for other routes', async () => {
  const { statusCode } = await post(encodeEvent(newEvent(), 'structured'), '/xosapi/v1/core/sites')
  expect(statusCode).toBe(415)
})

test('the inbox takes nothing but posts', async () => {
  const { statusCode, headers } = await rest.inject({ url: '/events', headers: asAdmin })
  expect([statusCode, headers['allow']]).toEqual([405, 'POST'])
})

test('a request is counted and logged without its secret', async () => {
  const told: unknown[] = []
  const observed = faces.faulty({}, { inbox }).rest
  const metrics = { http: (request: object) => void told.push(request) }
  observeHttp(observed, 'rest', metrics, (entry) => void told.push(entry))
  const url = '/events/secret-of-now-0123'
  await observed.inject({ method: 'POST', url, headers: structured, payload: '{' })

  expect(told).toMatchObject([
    { route: 'rest /events/:secret', status: 400 },
    { route: '/events/:secret', status: 400 },
  ])
  expect(JSON.stringify(told)).not.toContain('secret-of-now')
  await observed.close()
})

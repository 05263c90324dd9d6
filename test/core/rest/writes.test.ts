import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OnceRequest } from '../../../core/store/port.ts'
import { basic, openFaces, type Faces } from '../faces.ts'
import { requestsTo, services } from './requests.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
})
afterAll(() => faces.close())

const call = requestsTo(() => faces.rest)

let made = 0

const created = async () => {
  made += 1
  const answer = await call('POST', services, { name: `service ${made}`, hello_from: 'x' })
  const { id } = answer.json<{ id: number }>()
  return { url: `${services}/${id}`, etag: String(answer.headers.etag), name: `service ${made}` }
}

const revisionOf = (etag: string): string => /\d+/.exec(etag)?.[0] ?? ''

const namedLike = async (name: string): Promise<unknown[]> =>
  (await call('GET', services))
    .json<{ items: { name: string }[] }>()
    .items.filter((item) => item.name === name)

test('the ETag of a record is the same until the record changes', async () => {
  const { url, etag } = await created()
  const get = await call('GET', url)
  const put = await call('PUT', url, { hello_from: 'y' })

  expect(etag).toMatch(/^"\d+\.[\w-]{16}"$/)
  expect(get.headers.etag).toBe(etag)
  expect(revisionOf(String(put.headers.etag))).not.toBe(revisionOf(etag))
  expect((await call('GET', url)).headers.etag).toBe(put.headers.etag)
})

test('a record that the client has already is 304 without a body, until it changes', async () => {
  const { url, etag } = await created()
  const unchanged = await call('GET', url, undefined, { 'if-none-match': `"x", W/${etag}` })
  await call('PUT', url, {})
  const changed = await call('GET', url, undefined, { 'if-none-match': etag })

  expect([unchanged.statusCode, unchanged.body, unchanged.headers.etag]).toEqual([304, '', etag])
  expect(changed.statusCode).toBe(200)
})

test('a record to which another one came to link is not 304, though its revision is the same', async () => {
  const { url, etag } = await created()
  const { id } = (await call('GET', url)).json<{ id: number }>()
  const path = '/xosapi/v1/core/serviceinterfaces'
  const type = await call('POST', '/xosapi/v1/core/interfacetypes', { name: 'it', direction: 'in' })
  const { id: typeId } = type.json<{ id: number }>()
  await call('POST', path, { service_id: id, interface_type_id: typeId })
  const answer = await call('GET', url, undefined, { 'if-none-match': etag })

  expect(answer.statusCode).toBe(200)
  expect(revisionOf(String(answer.headers.etag))).toBe(revisionOf(etag))
})

const put = (url: string, etag: string) =>
  call('PUT', url, { hello_from: 'mine' }, { 'if-match': etag })
const remove = (url: string, etag: string) => call('DELETE', url, undefined, { 'if-match': etag })

test.each([
  ['an update', put],
  ['a delete', remove],
])(
  '%s with If-Match is carried out when the record is as it was seen, else 412',
  async (_what, send) => {
    const { url, etag } = await created()
    await call('PUT', url, { hello_from: 'of somebody else' })
    const late = await send(url, etag)
    const seen = await call('GET', url)
    const again = await send(url, String(seen.headers.etag))

    expect(late.statusCode).toBe(412)
    expect(late.json()).toMatchObject({ error: 'XOSConflict' })
    expect(seen.json()).toMatchObject({ hello_from: 'of somebody else' })
    expect(again.statusCode).toBe(200)
  },
)

test.each([
  ['the revision alone', (etag: string) => `"${revisionOf(etag)}"`, 200],
  ['a weak ETag, as packing proxies make it', (etag: string) => `W/${etag}`, 200],
  ['a star', () => '*', 200],
  ['two ETags', (etag: string) => `${etag}, "7"`, 400],
  ['no ETag', () => 'yesterday', 400],
  ['another revision', () => '"1"', 412],
  ['an ETag of something else', () => '"5d8c72a5edda8d6a"', 412],
])('If-Match may be %s: %#', async (_what, headerOf, status) => {
  const { url, etag } = await created()

  expect((await put(url, headerOf(etag))).statusCode).toBe(status)
})

test('of many who write what they saw at once, one succeeds', async () => {
  const { url, etag } = await created()
  const answers = await Promise.all(Array.from({ length: 8 }, () => put(url, etag)))

  expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([
    200,
    ...Array.from({ length: 7 }, () => 412),
  ])
})

test('headers say how an update is saved, as metadata does on gRPC', async () => {
  const { url, name } = await created()
  const values = { name: 'other', hello_from: 'written', backend_status: 'by the step' }
  const answer = await call('PUT', url, values, {
    update_fields: 'hello_from,backend_status',
    caller_kind: 'synchronizer',
  })

  expect(answer.json()).toMatchObject({
    name,
    hello_from: 'written',
    backend_status: 'by the step',
  })
})

test('a request with an Idempotency-Key is carried out once, and answered the same each time', async () => {
  const body = { name: 'once', hello_from: 'x' }
  const key = { 'idempotency-key': '"a-1"' }
  const first = await call('POST', services, body, key)
  const second = await call('POST', services, body, { 'idempotency-key': 'a-1' })

  expect(second.statusCode).toBe(200)
  expect(second.body).toBe(first.body)
  expect(second.headers.etag).toBe(first.headers.etag)
  expect(first.headers).not.toHaveProperty('idempotency-replayed')
  expect(second.headers['idempotency-replayed']).toBe('true')
  expect(await namedLike('once')).toHaveLength(1)
})

test('an update and a delete that are sent again are answered as the first time', async () => {
  const { url } = await created()
  const update = () => call('PUT', url, { hello_from: 'y' }, { 'idempotency-key': 'u-1' })
  const bodies = [(await update()).body, (await update()).body]
  const deletion = () => call('DELETE', url, undefined, { 'idempotency-key': 'd-1' })
  const statuses = [(await deletion()).statusCode, (await deletion()).statusCode]

  expect(bodies[1]).toBe(bodies[0])
  expect(statuses).toEqual([200, 200])
  expect((await call('DELETE', url)).statusCode).toBe(404)
})

test.each([
  ['another body', 'POST', services, { name: 'reused', hello_from: 'y' }, {}],
  ['another path', 'PUT', `${services}/1`, { name: 'reused', hello_from: 'x' }, {}],
  [
    'other fields to update',
    'POST',
    services,
    { name: 'reused', hello_from: 'x' },
    { update_fields: 'name' },
  ],
] as const)('a key that comes again with %s is 422', async (_what, method, url, body, headers) => {
  const key = { 'idempotency-key': 'reused' }
  await call('POST', services, { name: 'reused', hello_from: 'x' }, key)
  const answer = await call(method, url, body, { ...key, ...headers })

  expect(answer.statusCode).toBe(422)
  expect(answer.json()).toMatchObject({ error: 'XOSIdempotencyKeyReused' })
})

test('a key belongs to its caller', async () => {
  await call('POST', '/xosapi/v1/core/users', {
    email: 'second@opencord.org',
    password: 'secret',
    firstname: 'S',
    lastname: 'S',
    site_id: 1,
    is_admin: true,
  })
  const key = { 'idempotency-key': 'shared' }
  const authorization = basic('second@opencord.org', 'secret')
  await call('POST', services, { name: 'of the first', hello_from: 'x' }, key)
  const other = { name: 'of the second', hello_from: 'x' }
  const answer = await call('POST', services, other, { ...key, authorization })

  expect(answer.json()).toMatchObject({ name: 'of the second' })
})

test('what was refused was not done, so it may be sent again with the same key', async () => {
  const key = { 'idempotency-key': 'refused' }
  const wrong = await call('POST', services, { name: 'retried' }, key)
  const right = await call('POST', services, { name: 'retried', hello_from: 'x' }, key)

  expect([wrong.statusCode, right.statusCode]).toEqual([400, 200])
})

test('neither the key is kept nor anything that tells equal requests under different keys', async () => {
  const kept: OnceRequest[] = []
  const watched = faces.faulty({
    once(caller, request, work) {
      kept.push(request)
      return faces.store.once(caller, request, work)
    },
  })
  const send = requestsTo(() => watched.rest)
  const body = { name: 'guessable', hello_from: 'x' }
  await send('POST', services, body, { 'idempotency-key': 'secret-1' })
  await send('POST', services, body, { 'idempotency-key': 'secret-2' })
  await watched.rest.close()

  expect(new Set(kept.map(({ key }) => key)).size).toBe(2)
  expect(new Set(kept.map(({ fingerprint }) => fingerprint)).size).toBe(2)
  expect(JSON.stringify(kept)).not.toContain('secret')
})

test('a key is forgotten after a day', async () => {
  const key = { 'idempotency-key': 'old' }
  await call('POST', services, { name: 'yesterday', hello_from: 'x' }, key)
  await faces.clock.advance(24 * 60 * 60 * 1000)
  const answer = await call('POST', services, { name: 'today', hello_from: 'x' }, key)

  expect(answer.json()).toMatchObject({ name: 'today' })
})

test('of many who send the same at once, one creates; the others get its answer or are told to wait', async () => {
  const body = { name: 'crowd', hello_from: 'x' }
  const key = { 'idempotency-key': 'crowd' }
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => call('POST', services, body, key)),
  )

  for (const { statusCode } of answers) expect([200, 409]).toContain(statusCode)
  expect(
    new Set(answers.filter(({ statusCode }) => statusCode === 200).map((it) => it.body)).size,
  ).toBe(1)
  expect(await namedLike('crowd')).toHaveLength(1)
})

test.each(['', ' ', 'a b', 'é', 'x'.repeat(256), 'a"b'])('the key %j is 400', async (key) => {
  const answer = await call(
    'POST',
    services,
    { name: 'k', hello_from: 'x' },
    { 'idempotency-key': key },
  )

  expect(answer.statusCode).toBe(400)
})

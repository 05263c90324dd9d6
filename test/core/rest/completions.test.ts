import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { completionsPath } from '#core'
import { reportOn } from '../../support/store.ts'
import { openFaces, type Faces } from '../faces.ts'
import { requestsTo, services } from './requests.ts'

const service = 'HelloWorldService'
const day = 24 * 60 * 60 * 1000

let faces: Faces
let base: string
beforeAll(async () => {
  faces = await openFaces({
    completions: { address: () => base + completionsPath, timeoutMs: day },
  })
  await faces.work.register({
    name: 'hello-world',
    version: '1.0.0',
    models: faces.helloWorld,
    steps: [{ step: 'service', model: service, include: [] }],
    requiredModels: [],
  })
  await faces.rest.listen({ port: 0, host: '127.0.0.1' })
  base = `http://127.0.0.1:${(faces.rest.server.address() as AddressInfo).port}`
})
afterAll(() => faces.close())

const call = requestsTo(() => faces.rest)

let url: string
let record: string
let created = 0
/** A call that was answered 202. */
beforeEach(async () => {
  created += 1
  const body = { name: `s${created}`, hello_from: 'x' }
  const { id } = (await call('POST', services, body)).json<{ id: number }>()
  record = `${services}/${id}`
  const { work } = await faces.work.lease('tester', [{ model: service, limit: 10 }])
  const [one] = work
  if (one?.completion === undefined) throw new Error('Expected a call that can be completed')
  const outcome = { kind: 'in-progress', text: 'Building' } as const
  await faces.work.report('tester', [reportOn(one, outcome, day)])
  url = one.completion.url
})

// A connection is not used again: it is cut where a body is not read.
const json = { 'content-type': 'application/json', connection: 'close' }

/** As a function does it: over a socket, without credentials. */
const complete = async (body: unknown, to = url, headers: Record<string, string> = json) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(to, { method: 'POST', headers, body: text })
  return [answer.status, await answer.json()] as const
}

const status = async () => {
  const fields = (await call('GET', record)).json<Record<string, unknown>>()
  return [fields['backend_code'], fields['backend_status']]
}

const problem = (error: string, specific_error: unknown) => ({ error, specific_error, fields: {} })

test('a function completes a call without credentials, once', async () => {
  expect(await complete({ status: 'synced', note: 'built' })).toEqual([200, {}])
  expect(await status()).toEqual([1, 'OK'])

  expect(await complete({ status: 'synced' })).toEqual([
    409,
    problem('XOSAlreadyCompleted', expect.stringContaining('was completed before')),
  ])
})

test.each([
  [{ status: 'failed', detail: 'No room' }, [2, 'Building // No room']],
  [{ status: 'failed', detail: 'Never', retry: false }, [2, 'Building // Never']],
  [{ status: 'failed' }, [2, 'Building // Completed without a text']],
  [{ status: 'deferred', detail: 'Later', retry_after: 60 }, [0, 'Building // Later']],
])('%j leaves the record with %j', async (body, expected) => {
  expect(await complete(body)).toEqual([200, {}])
  expect(await status()).toEqual(expected)
})

describe('what is refused changes nothing, and can be sent again', () => {
  test.each([
    ['no JSON', '{', 'The body is not JSON. Send an object such as {"name": "value"}'],
    ['no body', '', 'The body is empty. Send at least {}'],
    [
      'no status',
      {},
      'Expected {"status": "synced"}, {"status": "deferred"} or {"status": "failed"}',
    ],
    [
      'another status',
      { status: 'constructor' },
      'Expected {"status": "synced"}, {"status": "deferred"} or {"status": "failed"}',
    ],
    [
      'what does not belong to the status',
      { status: 'synced', detail: 'x' },
      'Expected feedback, note at most beside the status synced, got detail',
    ],
    [
      'feedback that is none',
      { status: 'synced', feedback: [] },
      'Expected feedback to be an object',
    ],
    [
      'a delay that is none',
      { status: 'deferred', retry_after: -1 },
      'Expected retry_after to be seconds',
    ],
    ['a wish that is none', { status: 'failed', retry: 1 }, 'Expected retry to be true or false'],
  ])('%s', async (_what, body, text) => {
    expect(await complete(body)).toEqual([400, problem('XOSValidationError', text)])
    expect(await status()).toEqual([0, 'Building'])
    expect(await complete({ status: 'synced' })).toEqual([200, {}])
  })

  test('a body of more than 1 MiB', async () => {
    // Not over the connection of the others: it is cut.
    const { statusCode } = await faces.rest.inject({
      method: 'POST',
      url: url.slice(base.length),
      headers: json,
      payload: JSON.stringify({ status: 'synced', note: 'x'.repeat(2 ** 20) }),
    })

    expect(statusCode).toBe(413)
    expect(await status()).toEqual([0, 'Building'])
  })

  test('a body that is not said to be JSON', async () => {
    expect(await complete('{"status":"synced"}', url, { connection: 'close' })).toEqual([
      415,
      expect.anything(),
    ])
  })
})

test('an address that nobody was given is refused before its body is read', async () => {
  const forged = url.slice(0, -1) + (url.endsWith('A') ? 'B' : 'A')
  const other = url.replace(/[^.]+$/, 'A'.repeat(43))

  for (const to of [other, `${url}x`, forged.replace('1.', '2.'), `${base}${completionsPath}x`]) {
    const [code, body] = await complete('{', to)
    expect([code, body]).toEqual([
      403,
      problem('XOSPermissionDenied', 'This is no address that a call was given to be completed at'),
    ])
  }
})

test('a record that was called for again is completed by the later call alone', async () => {
  await call('PUT', record, { hello_from: 'y' })
  await faces.work.lease('tester', [{ model: service, limit: 10 }])

  expect(await complete({ status: 'synced' })).toEqual([
    410,
    problem('XOSGone', expect.stringContaining('has been called for again')),
  ])
})

test('a call cannot be completed after its time', async () => {
  await faces.clock.advance(day)

  expect(await complete({ status: 'synced' })).toEqual([
    410,
    problem('XOSGone', expect.stringContaining('The time to complete it is over')),
  ])
  expect(faces.faults).toEqual([])
})

import type { AddressInfo } from 'node:net'
import { CloudEvent } from 'cloudevents'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CoreError } from '#core'
import { basic, openFaces, type Faces } from '../faces.ts'
import { watch } from './event-stream.ts'
import { requestsTo, services } from './requests.ts'

let faces: Faces
let port: number
const portOf = ({ server }: Faces['rest']) => (server.address() as AddressInfo).port
beforeAll(async () => {
  faces = await openFaces()
  await faces.rest.listen({ port: 0, host: '127.0.0.1' })
  port = portOf(faces.rest)
})
afterAll(() => faces.close())

const call = requestsTo(() => faces.rest)
const url = '/xosapi/v1/events'

type Data = {
  readonly subject: string
  readonly type: string
  readonly data: { readonly object: { readonly name: string }; readonly changed_fields: string[] }
}

const dataOf = (event: { readonly data: unknown }): Data => event.data as Data
const namesOf = (events: readonly { readonly data: unknown }[]): string[] =>
  events.map((event) => dataOf(event).data.object.name)

let made = 0
const make = async (): Promise<{ id: number; name: string }> => {
  made += 1
  const body = { name: `watched ${made}`, hello_from: 'x' }
  return (await call('POST', services, body)).json()
}

test('a stream tells where it begins, then each change as a CloudEvent', async () => {
  const stream = await watch(port, url)
  const ready = await stream.named('ready')
  const { id, name } = await make()
  await call('PUT', `${services}/${id}`, { hello_from: 'y' })
  const [created, updated] = await stream.changes(2)
  stream.close()

  expect(stream.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  })
  expect(ready.data).toEqual({ position: ready.id })
  expect(created?.data).toMatchObject({
    specversion: '1.0',
    id: created?.id,
    type: 'org.opencord.xos.model.created.v1',
    subject: `HelloWorldService/${id}`,
    data: { pk: id, model: 'HelloWorldService', object: { name, hello_from: 'x' } },
  })
  expect(dataOf(updated!)).toMatchObject({
    type: 'org.opencord.xos.model.updated.v1',
    data: { object: { hello_from: 'y' } },
  })
  expect(dataOf(updated!).data.changed_fields).toContain('hello_from')
  expect(
    new CloudEvent(created?.data as ConstructorParameters<typeof CloudEvent>[0], true),
  ).toBeTruthy()
})

test.each([
  ['Last-Event-ID', (id: string) => watch(port, url, { 'last-event-id': id })],
  ['after', (id: string) => watch(port, `${url}?after=${id}`)],
  [
    'Last-Event-ID before after',
    (id: string) => watch(port, `${url}?after=1`, { 'last-event-id': id }),
  ],
])('who left off somewhere goes on from there: %s', async (_what, again) => {
  const first = await watch(port, url)
  await first.named('ready')
  const one = await make()
  const [seen] = await first.changes(1)
  first.close()
  const two = await make()
  const three = await make()
  const second = await again(String(seen?.id))
  const missed = await second.changes(2)
  second.close()

  expect(namesOf([seen!])).toEqual([one.name])
  expect(namesOf(missed)).toEqual([two.name, three.name])
})

test('a watch that is cut off again and again misses nothing and hears nothing twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }), async (bursts) => {
      const begin = await watch(port, url)
      let place = String((await begin.named('ready')).id)
      begin.close()
      const written: string[] = []
      const heard: string[] = []
      for (const burst of bursts) {
        const stream = await watch(port, url, { 'last-event-id': place })
        await stream.named('ready')
        for (let count = 0; count < burst; count += 1) written.push((await make()).name)
        // Cut off wherever it happens to be.
        stream.close()
        heard.push(...namesOf(stream.events.filter(({ event }) => event === 'message')))
        place = stream.events.findLast(({ id }) => id !== undefined)?.id ?? place
      }
      const last = await watch(port, url, { 'last-event-id': place })
      heard.push(...namesOf(await last.changes(written.length - heard.length)))
      last.close()
      expect(heard).toEqual(written)
    }),
    { numRuns: 10 },
  )
})

test('only records of the models that were named are told of, those of derived models included', async () => {
  const stream = await watch(port, `${url}?models=Service,Site`)
  await stream.named('ready')
  await call('POST', '/xosapi/v1/core/interfacetypes', { name: `type ${made}`, direction: 'in' })
  const { name } = await make()
  const heard = await stream.changes(1)
  stream.close()

  expect(namesOf(heard)).toEqual([name])
})

test('a silent stream tells the place from time to time, so that proxies keep it and clients stay near', async () => {
  const stream = await watch(port, `${url}?models=Site`)
  const { id: start } = await stream.named('ready')
  await make()
  await expect
    .poll(async () => {
      await faces.clock.advance(15_000)
      return stream.events.findLast(({ event }) => event === 'none')?.id
    })
    .not.toBe(start)
  stream.close()
})

test('who was away for too long is told to list anew, and hears what comes then', async () => {
  const log = faces.store.changes({ userId: 1, email: 'admin@opencord.org', isAdmin: true })
  const forgetful = faces.faulty({
    changes: () => ({
      position: () => log.position(),
      changes: (question) =>
        question.after === '1'
          ? Promise.reject(new CoreError('GONE', 'no longer kept'))
          : log.changes(question),
    }),
  })
  await forgetful.rest.listen({ port: 0, host: '127.0.0.1' })
  const stream = await watch(portOf(forgetful.rest), url, { 'last-event-id': '1' })
  const reset = await stream.named('reset')
  const { name } = await make()
  const heard = await stream.changes(1)
  await forgetful.rest.close()

  expect(reset.data).toEqual({ position: reset.id })
  expect(namesOf(heard)).toEqual([name])
})

test.each([
  ['?models=Nothing', 'models', 'Nothing'],
  ['?models=', 'models', 'no model'],
  ['?models=Site,XOSBase', 'models', 'XOSBase'],
  ['?models=Site&models=User', 'models', 'once'],
  ['?after=yesterday', 'after', 'position'],
  ['?model=Site', 'model', 'models'],
])('%s is 400, not a stream', async (query, field, told) => {
  const answer = await call('GET', url + query)

  expect(answer.statusCode).toBe(400)
  const { specific_error: text, fields } = answer.json<{ specific_error: string; fields: object }>()
  expect(text).toContain(told)
  expect(Object.keys(fields)).toEqual([field])
})

test('a stranger gets no stream', async () => {
  const answer = await faces.rest.inject({ method: 'GET', url })

  expect(answer.statusCode).toBe(401)
})

test('one user has so many streams at most, and gets others when they have ended', async () => {
  const streams = await Promise.all(Array.from({ length: 20 }, () => watch(port, url)))
  const refused = await watch(port, url)

  expect(streams.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
  expect(refused.status).toBe(429)
  for (const stream of streams) stream.close()
  await expect
    .poll(async () => {
      const stream = await watch(port, url)
      stream.close()
      return stream.status
    })
    .toBe(200)
})

test('a stream ends after some minutes, so that who goes on watching shows again who they are', async () => {
  const stream = await watch(port, url)
  await stream.named('ready')
  await faces.clock.advance(600_000)

  await stream.ended()
})

test('a stream ends half a minute after the session of who watches has ended', async () => {
  const credentials = { username: 'admin@opencord.org', password: 'let:me in' }
  const login = await call('POST', '/xosapi/v1/utility/login', credentials)
  const id = login.json<{ sessionid: string }>().sessionid
  const session = { 'x-xossession': id, authorization: '' }
  const stream = await watch(port, url, session)
  await stream.named('ready')
  await faces.clock.advance(30_000)
  const { name } = await make()
  expect(namesOf(await stream.changes(1))).toEqual([name])

  await call('POST', '/xosapi/v1/utility/logout', {}, session)
  await faces.clock.advance(30_000)
  await stream.ended()
})

test('a stream ends half a minute after who watches is no administrator any more', async () => {
  const users = '/xosapi/v1/core/users'
  const user = { email: 'arya@example.org', firstname: 'Arya', lastname: 'Stark', site_id: 1 }
  const created = await call('POST', users, { ...user, password: 'needle', is_admin: true })
  const { id } = created.json<{ id: number }>()
  const stream = await watch(port, url, { authorization: basic(user.email, 'needle') })
  await stream.named('ready')

  await call('PUT', `${users}/${id}`, { is_admin: false })
  await faces.clock.advance(30_000)
  await stream.ended()
})

test('a client that takes nothing is cut off, and holds up nobody', async () => {
  const large = 'x'.repeat(200_000)
  const log = {
    position: () => Promise.resolve('1'),
    changes: () =>
      Promise.resolve({
        changes: [
          {
            position: '1',
            kind: 'updated' as const,
            model: 'Site',
            id: 1,
            revision: 1,
            at: 0,
            changedFields: [],
            object: { large },
          },
        ],
        position: '1',
        more: true,
        unsettled: false,
      }),
  }
  const flooding = faces.faulty({ changes: () => log })
  await flooding.rest.listen({ port: 0, host: '127.0.0.1' })
  const stream = await watch(portOf(flooding.rest), url)
  stream.answer.pause()
  const sockets = () =>
    new Promise<number>((resolve) =>
      flooding.rest.server.getConnections((_error, count) => resolve(count)),
    )
  await expect
    .poll(async () => {
      await faces.clock.advance(60_000)
      return sockets()
    })
    .toBe(0)
  await flooding.rest.close()
  expect(flooding.faults).toEqual([])
})

test('a stream that fails under way ends, and the failure is logged', async () => {
  const log = faces.store.changes({ userId: 1, email: 'admin@opencord.org', isAdmin: true })
  let questions = 0
  const broken = faces.faulty({
    changes: () => ({
      position: () => log.position(),
      changes(question) {
        questions += 1
        return questions === 1
          ? log.changes(question)
          : Promise.reject(new Error('secret of the cellar'))
      },
    }),
  })
  await broken.rest.listen({ port: 0, host: '127.0.0.1' })
  const stream = await watch(portOf(broken.rest), url)
  await make()
  await stream.ended()
  await broken.rest.close()

  expect(JSON.stringify(stream.events)).not.toContain('cellar')
  expect(broken.faults).toMatchObject([{ err: { message: 'secret of the cellar' } }])
})

test('a face that closes ends its streams', async () => {
  const closing = faces.faulty({})
  await closing.rest.listen({ port: 0, host: '127.0.0.1' })
  const stream = await watch(portOf(closing.rest), url)
  await stream.named('ready')
  await closing.rest.close()

  await stream.ended()
})

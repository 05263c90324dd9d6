import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HTTP, type CloudEvent } from 'cloudevents'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { decodeEvent, type Message } from '#contract'
import {
  openSink,
  startPublisher,
  type Deliver,
  type Delivery,
  type Publisher,
  type Store,
} from '#core'
import {
  administrator,
  asAdministrator,
  openTestStore,
  type TestStore,
} from '../../support/store.ts'

let under: TestStore
const publishers: Publisher[] = []

beforeAll(async () => {
  under = await openTestStore()
})
afterEach(async () => {
  await Promise.all(publishers.splice(0).map((publisher) => publisher.close()))
  await under.database.query(`delete from publisher`)
})
afterAll(() => under.core.close())

const told: object[] = []
const tell = (fields: object, message: string): void => void told.push({ ...fields, message })
const log = { info: tell, warn: tell, error: tell }

const start = (
  deliver: Deliver,
  owner = 'one',
  extensions = {},
  store: Store = under.store,
): Publisher => {
  told.length = 0
  const { clock } = under
  const publisher = startPublisher({
    ...{ store, clock, deliver, owner, extensions, log },
    ...{ random: () => 0.5, source: '/core', concurrency: 4 },
  })
  publishers.push(publisher)
  return publisher
}

const taken: Delivery = { kind: 'taken' }
const down: Delivery = { kind: 'failed', text: 'the sink answered 503' }

type Got = { readonly id: string; readonly subject: string; readonly name: unknown }

const gotOf = ({ headers, body }: Message): Got => {
  const event = decodeEvent(headers, body)
  const { object } = event.data as { object: Record<string, unknown> }
  return { id: event.id, subject: event.subject ?? '', name: object['name'] }
}

let names = 0
/** Nobody else has it. */
const named = (text: string): string => `${text}-${(names += 1)}`

const siteOf = (text: string) => {
  const name = named(text)
  return { name, login_base: name, abbreviated_name: name, site_url: 'http://x' }
}

const createSite = async (text: string): Promise<number> =>
  Number((await asAdministrator(under.store).create('Site', siteOf(text)))['id'])

/** Turns the clock until it is so. */
const until = async (isSo: () => boolean): Promise<void> => {
  for (let seconds = 0; !isSo() && seconds < 2000; seconds += 1) await under.clock.advance(1000)
  expect(isSo()).toBe(true)
}

const position = () => under.store.changes(administrator).position()

test('every change is brought to the sink as a CloudEvent that others can read', async () => {
  const messages: Message[] = []
  start(async (message) => (messages.push(message), taken), 'one', { cluster: 'east' })
  await until(() => under.clock.timerCount() > 0)
  const id = await createSite('events')
  await asAdministrator(under.store).update('Site', id, { name: 'renamed' })
  await asAdministrator(under.store).remove('Site', id)
  await until(() => messages.length === 4)

  const events = messages.map(
    ({ headers, body }) => HTTP.toEvent({ headers, body }) as CloudEvent<Record<string, unknown>>,
  )
  expect(events.map(({ type }) => type)).toEqual([
    'org.opencord.xos.model.created.v1',
    'org.opencord.xos.model.updated.v1',
    'org.opencord.xos.model.updated.v1',
    'org.opencord.xos.model.deleted.v1',
  ])
  for (const event of events) {
    expect(event.validate()).toBe(true)
    expect(event).toMatchObject({
      source: '/core',
      subject: `Site/${id}`,
      partitionkey: `Site/${id}`,
      cluster: 'east',
      dataschema: 'urn:syncstep:model:Site',
    })
  }
  expect(new Set(events.map((event) => event.id)).size).toBe(4)
  expect(events[1]!.data).toMatchObject({
    pk: id,
    model: 'Site',
    changed_fields: ['updated', 'name'],
    object: { id, name: 'renamed', enacted: null },
    class_names: 'Site,XOSBase',
  })
  expect(events[1]!.data).not.toHaveProperty('deleted')
  expect(events[2]!.data).toMatchObject({ object: { deleted: true } })
  expect(events[3]!.data).toMatchObject({ pk: id, deleted: true, object: { id } })
})

test('whatever the sink fails at, it gets every event, those of one record in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(taken, down, down), { minLength: 1, maxLength: 20 }),
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 12 }),
      async (answers, edits) => {
        const got: Got[] = []
        let calls = 0
        const publisher = start(async (message) => {
          const answer = calls < 40 ? answers[calls++ % answers.length]! : taken
          if (answer.kind === 'taken') got.push(gotOf(message))
          return answer
        })
        await until(() => under.clock.timerCount() > 0)
        const ids: number[] = []
        for (let n = 0; n < 4; n += 1) ids.push(await createSite('s'))
        const edited = edits.map((n) => ({ id: ids[n]!, name: named('edited') }))
        for (const { id, name } of edited) {
          await asAdministrator(under.store).update('Site', id, { name })
        }
        await until(() => got.length === ids.length + edits.length)
        for (const id of ids) {
          const inOrder = got.filter(({ subject }) => subject === `Site/${id}`)
          const expected = edited.filter((edit) => edit.id === id)
          expect(inOrder.slice(1).map(({ name }) => name)).toEqual(expected.map((e) => e.name))
        }
        expect(publisher.lagMs()).toBe(0)
        await publisher.close()
      },
    ),
    { numRuns: 8 },
  )
})

test('what a killed core had not noted comes again from another one, once its time is over', async () => {
  const { store, clock } = under
  let isKilled = false
  const alive = <T>(work: () => Promise<T>): Promise<T> =>
    isKilled ? new Promise<T>(() => undefined) : work()
  const first: Got[] = []
  const { publishing } = store
  start(
    (message) =>
      alive(async () => {
        first.push(gotOf(message))
        isKilled = first.length === 2
        return isKilled ? new Promise<Delivery>(() => undefined) : taken
      }),
    'killed',
    {},
    {
      ...store,
      publishing: {
        take: (...given) => alive(() => publishing.take(...given)),
        advance: (...given) => alive(() => publishing.advance(...given)),
        release: (...given) => publishing.release(...given),
      },
    },
  )
  // Nobody waits for its end.
  publishers.length = 0
  await until(() => clock.timerCount() > 0)
  await store.transaction(administrator, async (records) => {
    for (const name of ['k', 'k', 'k']) await records.create('Site', siteOf(name))
  })
  await until(() => first.length === 2)

  const second: Got[] = []
  start(async (message) => (second.push(gotOf(message)), taken), 'heir')
  await clock.advance(30_000)
  expect(second).toEqual([])
  await until(() => second.length === 3)
  expect(second.slice(0, 2)).toEqual(first)
})

test('of two cores one publishes', async () => {
  const got: string[] = []
  for (const owner of ['a', 'b']) {
    start(async (message) => (got.push(`${owner} ${gotOf(message).id}`), taken), owner)
  }
  await until(() => under.clock.timerCount() > 0)
  for (let n = 0; n < 5; n += 1) await createSite('two')
  await until(() => got.length >= 5)
  await under.clock.advance(100_000)
  expect(got).toHaveLength(5)
  expect(new Set(got.map((text) => text[0])).size).toBe(1)
})

test('an event that is refused for good does not stop the next ones, and is told', async () => {
  const got: Got[] = []
  start(async (message) => {
    const one = gotOf(message)
    if (one.name === 'bad') return { kind: 'refused', text: 'the sink answered 400' }
    got.push(one)
    return taken
  })
  await until(() => under.clock.timerCount() > 0)
  const id = await createSite('ok')
  await asAdministrator(under.store).update('Site', id, { name: 'bad' })
  await asAdministrator(under.store).update('Site', id, { name: 'good' })
  await until(() => got.length === 2)
  expect(told).toContainEqual(expect.objectContaining({ model: 'Site', id }))
})

test('a sink that is down stops no writer, and its lag is known', async () => {
  let isDown = true
  const got: Got[] = []
  const publisher = start(async (message) => {
    if (isDown) return down
    got.push(gotOf(message))
    return taken
  })
  await until(() => under.clock.timerCount() > 0)
  await createSite('down')
  await under.clock.advance(300_000)
  expect(publisher.lagMs()).toBeGreaterThanOrEqual(299_000)
  expect(told).toHaveLength(1)
  isDown = false
  await until(() => got.length === 1)
  await until(() => publisher.lagMs() === 0)
})

test('an event that gets no answer in time is tried again', async () => {
  let calls = 0
  start(
    (_message, signal) =>
      new Promise((resolve) => {
        calls += 1
        if (calls > 1) resolve(taken)
        else signal.addEventListener('abort', () => resolve(down))
      }),
  )
  await until(() => under.clock.timerCount() > 0)
  await createSite('slow')
  await until(() => calls === 2)
})

test('changes that were forgotten meanwhile are told, and the rest goes on', async () => {
  const keep = { changes: 1, changesMs: 1e12, auditMs: 1e12 }
  await under.store.publishing.take('sink', 'before', 1, await position())
  await createSite('forgotten')
  await createSite('kept')
  await under.store.keepWithin(keep)
  await under.clock.advance(10)
  const got: Got[] = []
  start(async (message) => (got.push(gotOf(message)), taken))
  await until(() => got.length === 1)
  expect(got[0]!.name).toMatch(/^kept/)
  expect(told).toContainEqual(
    expect.objectContaining({ message: 'Changes were forgotten before the sink took them' }),
  )
})

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

test('what a sink answers over HTTP decides whether an event is tried again', async () => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const status = Number(request.headers['ce-status'])
      response.writeHead(status, { location: '/elsewhere' }).end('x'.repeat(200_000))
    })
  })
  const url = await listening(server)
  const sink = openSink(url, 2)
  const kindAt = async (status: number): Promise<string> => {
    const headers = { 'content-type': 'application/json', 'ce-status': String(status) }
    return (await sink.deliver({ headers, body: '{}' }, AbortSignal.timeout(10_000))).kind
  }
  const kinds: Record<number, string> = {
    ...{ 200: 'taken', 202: 'taken', 204: 'taken' },
    ...{ 400: 'refused', 413: 'refused', 422: 'refused' },
    ...{ 302: 'failed', 401: 'failed', 404: 'failed', 429: 'failed', 500: 'failed', 503: 'failed' },
  }
  for (const [status, kind] of Object.entries(kinds)) {
    expect(await kindAt(Number(status)), status).toBe(kind)
  }
  await new Promise((resolve) => server.close(resolve).closeAllConnections())
  const nobody = await sink.deliver({ headers: {}, body: '' }, AbortSignal.timeout(10_000))
  expect(nobody).toEqual({ kind: 'failed', text: 'no answer from the sink: ECONNREFUSED' })
  await sink.close()
})

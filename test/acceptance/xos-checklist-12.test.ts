// Line 12 of the checklist in reference core-api.md 12. There is no Kafka here: what it told is told by
// GET /xosapi/v1/events, and by CloudEvents to a sink.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { decodeEvent } from '#contract'
import { openSink, startPublisher } from '#core'
import { watch } from '../core/rest/event-stream.ts'
import { asAdmin } from '../core/grpc/xos-core.ts'
import { helloWorldModels } from '../support/store.ts'
import { until } from '../support/until.ts'
import {
  asSynchronizer,
  named,
  openCoreOnSockets,
  type CoreOnSockets,
  type Fields,
} from './faces.ts'

let core: CoreOnSockets
beforeAll(async () => {
  core = await openCoreOnSockets()
  await core.load(helloWorldModels, [], 'hello-world')
  await core.dialAgain()
})
afterAll(() => core.close())

const created = 'org.opencord.xos.model.created.v1'
const updated = 'org.opencord.xos.model.updated.v1'
const deleted = 'org.opencord.xos.model.deleted.v1'

type Event = { readonly type: string; readonly subject: string; readonly data: Data }
type Data = {
  readonly pk: number
  readonly model: string
  readonly changed_fields: readonly string[]
  readonly object: Fields
  readonly class_names: string
  readonly deleted?: boolean
}

/** Both ways in which changes are told; each answers the first so many events. */
const overRest = async (query = '') => {
  const stream = await watch(core.restPort, `/xosapi/v1/events${query}`, asAdmin)
  onTestFinished(() => void stream.close())
  await stream.named('ready')
  return async (count: number): Promise<readonly Event[]> => {
    const events = await stream.changes(count)
    return events.map(({ data }) => data as Event)
  }
}

const overSink = async () => {
  const got: Event[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const headers = request.headers as IncomingHttpHeaders & Record<string, string>
      got.push(decodeEvent(headers, Buffer.concat(chunks)) as unknown as Event)
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sink = openSink(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 2)
  const { store, clock, log } = core
  await core.database.query('delete from publisher')
  const publisher = startPublisher({
    ...{ store, clock, log, deliver: sink.deliver, owner: named('core'), extensions: {} },
    ...{ random: () => 0.5, source: '/core', concurrency: 4 },
  })
  onTestFinished(async () => {
    await publisher.close()
    await sink.close()
    server.closeAllConnections()
    server.close()
  })
  await until('the place from which it publishes', async () => {
    const places = await core.database.query('select 1 from publisher')
    return places.length > 0
  })
  return async (count: number): Promise<readonly Event[]> => {
    for (let turns = 0; got.length < count && turns < 2000; turns += 1) await clock.advance(100)
    return got
  }
}

const create = (model: string, fields: Fields) => core.ask(`xos.xos/Create${model}`, fields)

describe('12. what happens to records is told', () => {
  describe.each([
    ['over the stream of REST', () => overRest()],
    ['to the sink', overSink],
  ])('%s', (_, follow) => {
    test('creates, updates, soft deletes as updates, and the end as a purge', async () => {
      const events = await follow()
      const name = named('slice')
      const { id } = await create('Slice', { name, site_id: 1 })
      const { updated: time } = await core.ask('xos.xos/UpdateSlice', { id, description: 'd' })
      const synced = { id, backend_need_delete: true, enacted: time, policed: time }
      await core.ask('xos.xos/UpdateSlice', synced, asSynchronizer)
      await core.ask('xos.xos/DeleteSlice', { id })
      await core.ask('xos.xos/UpdateSlice', { id, backend_need_reap: true }, asSynchronizer)

      const told = await events(6)
      expect(told.map(({ type }) => type)).toEqual([
        ...[created, updated, updated, updated, updated, deleted],
      ])
      for (const { subject, data } of told) {
        expect(subject).toBe(`Slice/${String(id)}`)
        expect(data).toMatchObject({ pk: id, model: 'Slice', class_names: 'Slice,XOSBase' })
        expect(data.object).toMatchObject({ id, name, site_id: 1, class_names: 'Slice,XOSBase' })
      }
      const [first, second, third, soft, , purge] = told.map(({ data }) => data)
      expect(first!.changed_fields).toEqual(
        expect.arrayContaining(['id', 'updated', 'leaf_model_name']),
      )
      // Nulls are there as nulls, links with `_id`.
      expect(first!.object).toMatchObject({ enacted: null, creator_id: 1, network: null })
      expect(second!.changed_fields.toSorted()).toEqual(['description', 'updated'])
      expect(second!.object).toMatchObject({ description: 'd' })
      const ofSync = ['backend_need_delete', 'enacted', 'policed']
      expect(third!.changed_fields.toSorted()).toEqual(ofSync)
      expect(soft!.changed_fields.toSorted()).toEqual(['deleted', 'enacted', 'policed'])
      expect(soft!.object).toMatchObject({ deleted: true, enacted: null, policed: null })
      for (const data of [first, second, third, soft]) expect(data).not.toHaveProperty('deleted')
      expect(purge!.deleted).toBe(true)
      expect(purge!.changed_fields).toEqual(expect.arrayContaining(['id', 'name', 'site']))
    })

    test('each record that a delete takes along', async () => {
      const slice = await create('Slice', { name: named('slice'), site_id: 1 })
      const template = await create('NetworkTemplate', { name: named('template') })
      const network = await create('Network', {
        ...{ name: named('net'), template_id: template['id'], owner_id: slice['id'] },
      })
      const events = await follow()
      await core.ask('xos.xos/DeleteSlice', { id: slice['id'] })
      const told = await events(4)
      for (const subject of [`Slice/${String(slice['id'])}`, `Network/${String(network['id'])}`]) {
        const own = told.filter((event) => event.subject === subject)
        expect(own.map(({ type }) => type)).toEqual([updated, deleted])
        expect(own[0]!.data.object).toMatchObject({ deleted: true })
      }
    })

    test('the event of a child lets the lists of its parents react', async () => {
      const events = await follow()
      const fields = { name: named('service'), hello_from: 'me' }
      const { id } = await create('HelloWorldService', fields)
      await core.ask('xos.xos/UpdateService', { id, name: named('renamed') })
      const told = await events(2)
      for (const { subject, data } of told) {
        // A comma behind `Service` is what the GUI of XOS looks for.
        expect(data.class_names).toBe('HelloWorldService,Service,XOSBase')
        expect(subject).toBe(`HelloWorldService/${String(id)}`)
      }
    })
  })

  test('who asks for a parent model hears of its children, and of no other model', async () => {
    const services = await overRest('?models=Service')
    await create('Slice', { name: named('slice'), site_id: 1 })
    const { id } = await create('HelloWorldService', { name: named('service'), hello_from: 'me' })
    const plain = await create('Service', { name: named('service') })
    await core.ask('xos.xos/DeleteHelloWorldService', { id })
    const told = await services(4)
    expect(told.map(({ type, subject }) => [type, subject])).toEqual([
      [created, `HelloWorldService/${String(id)}`],
      [created, `Service/${String(plain['id'])}`],
      [updated, `HelloWorldService/${String(id)}`],
      [deleted, `HelloWorldService/${String(id)}`],
    ])
  })
})

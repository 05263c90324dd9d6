import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFaces, type Faces } from '../faces.ts'
import { requestsTo } from './requests.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
  await faces.work.register({
    name: 'hello-world',
    version: '1.0.1',
    models: faces.helloWorld,
    steps: [],
    requiredModels: [],
    eventSteps: [{ step: 'onu', maxAttempts: 1 }],
  })
  const event = { source: '/voltha', type: 't', extensions: {}, data: { deep: true } }
  await faces.store.deliveries.accept(['1', '2', '3'].map((id) => ({ id, ...event })))
  const { work } = await faces.work.lease('tester', [
    { model: 'hello-world/onu', limit: 2, kind: 'event' },
  ])
  await faces.work.report(
    'tester',
    work.map(({ key, operation, token, change }) => ({
      key,
      operation,
      token,
      stamp: change.stamp,
      outcome: { kind: 'failed', text: 'No such port', retry: true },
      durationMs: 0,
    })),
  )
})
afterAll(() => faces.close())

const call = requestsTo(() => faces.rest)
const url = '/xosapi/v1/deliveries'

type List = { readonly items: readonly { readonly id: number }[]; readonly next?: string }

const list = async (query: string): Promise<List> => (await call('GET', `${url}${query}`)).json()

test('dead letters are listed, read with their event, retried and discarded', async () => {
  const { items } = await list('?state=dead&step=onu')
  const [first, second] = items.map(({ id }) => id)
  expect(items).toMatchObject([
    {
      step: 'hello-world/onu',
      kind: 'event',
      state: 'dead',
      source: '/voltha',
      event_id: '1',
      type: 't',
      received: 1_600_000_000,
      ended: 1_600_000_000,
      failures: 1,
      code: 2,
      status: 'No such port',
    },
    { event_id: '2' },
  ])
  expect((await call('GET', `${url}/${first}`)).json()).toMatchObject({
    id: first,
    event: { specversion: '1.0', id: '1', data: { deep: true } },
  })
  const retried = await call('POST', `${url}/${first}/retry`)
  const discarded = await call('DELETE', `${url}/${second}`)

  expect([retried.statusCode, discarded.statusCode]).toEqual([200, 200])
  expect(await list('?state=ready')).toMatchObject({
    items: [{ event_id: '1' }, { event_id: '3' }],
  })
  expect(await list('?state=done')).toMatchObject({
    items: [{ event_id: '2', status: 'Discarded' }],
  })
})

test('a list comes in pages', async () => {
  const first = await list('?limit=2')
  const second = await list(`?limit=2&after=${first.next}`)

  expect([first.items.length, second.items.length]).toEqual([2, 1])
  expect(second.next).toBeUndefined()
})

test.each([
  ['GET', '?state=lost', 400],
  ['GET', '?limit=0', 400],
  ['GET', '?stat=dead', 400],
  ['GET', '/999999', 404],
  ['GET', '/x', 404],
  ['POST', '/999999/retry', 404],
  ['DELETE', '/999999', 404],
  ['PUT', '/1', 405],
] as const)('%s %s is answered %i', async (method, path, status) => {
  expect((await call(method, `${url}${path}`)).statusCode).toBe(status)
})

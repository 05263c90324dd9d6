import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { asAdministrator } from '../../support/store.ts'
import { openFaces, type Faces } from '../faces.ts'
import { instances, requestsTo, services } from './requests.ts'

let faces: Faces
let id: number
let name: string
let tests = 0

beforeAll(async () => {
  faces = await openFaces()
})
afterAll(() => faces.close())
beforeEach(async () => {
  tests += 1
  name = `service ${tests}`
  const created = await asAdministrator(faces.store).create('HelloWorldService', {
    name,
    hello_from: 'me',
  })
  id = Number(created['id'])
})

const call = requestsTo(() => faces.rest)
const url = '/xosapi/v1/transaction'

const model = 'HelloWorldService'

type Item = {
  readonly model: string
  readonly id: number
  readonly revision?: number
  readonly record?: Readonly<Record<string, unknown>>
}

const answer = (operations: readonly object[], headers: Record<string, string> = {}) =>
  call('POST', url, { operations }, headers)

const done = async (...operations: readonly object[]): Promise<readonly Item[]> =>
  (await answer(operations)).json<{ items: readonly Item[] }>().items

/** Status, text and place of what is refused. */
const refused = async (...operations: readonly object[]) => {
  const response = await answer(operations)
  const { specific_error: text, operation } = response.json<Record<string, unknown>>()
  return [response.statusCode, text, operation]
}

const read = (what = id) => asAdministrator(faces.store).get(model, what)

describe('a transaction', () => {
  test('creates records that link to each other', async () => {
    const [service, instance] = await done(
      { op: 'create', model, values: { name: `${name} b`, hello_from: 'us', wide: 7 } },
      {
        op: 'create',
        model: 'HelloWorldServiceInstance',
        values: { name: 'i', hello_to: 'you', owner_id: { $ref: 0 } },
      },
    )

    expect(service).toMatchObject({ model, record: { hello_from: 'us', wide: 7 } })
    expect(instance?.record).toMatchObject({ owner_id: service?.id, hello_to: 'you' })
    expect(service?.revision).toBeGreaterThan(0)
  })

  test('updates what it names, and touches', async () => {
    await done(
      { op: 'update', model, id, values: { helloFrom: 'them', wide: '9' } },
      { op: 'touch', model, id },
    )

    expect(await read()).toMatchObject({ name, hello_from: 'them', wide: 9 })
  })

  test('updates what has the values that it is found by, and creates it else', async () => {
    const values = { name: `${name} u`, hello_from: 'one' }
    const [first] = await done({ op: 'upsert', model, by: ['name'], values })
    const [second, third] = await done(
      { op: 'upsert', model, by: ['name'], values: { ...values, hello_from: 'two' } },
      { op: 'update', model, id: { $ref: 0 }, values: { wide: 3 } },
    )

    expect([second?.id, third?.id]).toEqual([first?.id, first?.id])
    expect(third?.record).toMatchObject({ hello_from: 'two', wide: 3 })
  })

  test('creates one record when several want the same at once', async () => {
    const by = `${name} at once`
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map((loudness) =>
        done(
          { op: 'touch', model, id },
          { op: 'upsert', model, by: ['name'], values: { name: by, hello_from: 'x', loudness } },
        ),
      ),
    )

    expect(new Set(answers.map(([, item]) => item?.id)).size).toBe(1)
    expect(await asAdministrator(faces.store).find(model, { name: by })).toHaveLength(1)
  })

  test('deletes, also what is gone', async () => {
    const deleting = { op: 'delete', model, id }

    expect(await done(deleting, deleting, { ...deleting, id: 999_999 })).toEqual([
      { model, id },
      { model, id },
      { model, id: 999_999 },
    ])
  })

  test('is done all or not at all, and says which operation cannot be', async () => {
    expect(
      await refused(
        { op: 'update', model, id, values: { hello_from: 'x' } },
        { op: 'create', model: 'HelloWorldServiceInstance', values: { owner_id: id, name: 'i' } },
      ),
    ).toEqual([400, expect.stringMatching(/^Operation 1: .*hello_to/), 1])
    expect(await read()).toMatchObject({ hello_from: 'me' })
  })

  test('of one operation tells what is wrong as any other request', async () => {
    expect(await refused({ op: 'update', model, id, values: { loudness: 99 } })).toEqual([
      400,
      expect.stringMatching(/^HelloWorldService is not valid. loudness/),
      undefined,
    ])
  })

  test('writes only the version that was seen', async () => {
    const [item] = await done({ op: 'touch', model, id })
    const seen = { op: 'update', model, id, values: { wide: 1 }, if_revision: item?.revision }
    const deleting = { op: 'delete', model, id, if_revision: item?.revision }

    expect((await answer([seen])).statusCode).toBe(200)
    expect((await answer([seen])).statusCode).toBe(412)
    expect((await answer([deleting])).statusCode).toBe(412)
    expect(await read()).toMatchObject({ deleted: false })
  })

  test('is carried out once, however often it is sent with its key', async () => {
    const operations = [{ op: 'create', model, values: { name: `${name} k`, hello_from: 'x' } }]
    const headers = { 'idempotency-key': `key-${tests}` }
    const [first, again] = [await answer(operations, headers), await answer(operations, headers)]

    expect(again.body).toBe(first.body)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect((await answer([{ op: 'touch', model, id }], headers)).statusCode).toBe(422)
  })

  test.each<[string, object, number, string]>([
    ['no operation', { operations: [] }, 400, 'with 1 to 1000 operations'],
    ['too many', { operations: Array(1001).fill({}) }, 400, 'with 1 to 1000 operations'],
    ['no list', { operations: 5 }, 400, 'Expected {"operations": [...]}'],
    ['something else', { operations: [{}], more: 1 }, 400, 'Expected {"operations": [...]}'],
    ['no op', { operations: [{ op: 'read', model }] }, 400, 'one of create, update, upsert'],
    ['no model', { operations: [{ op: 'touch', id: 1 }] }, 400, 'Expected model'],
    [
      'an unknown model',
      { operations: [{ op: 'touch', model: 'HelloWorldServise', id: 1 }] },
      404,
      'There is no model HelloWorldServise; did you mean HelloWorldService',
    ],
    [
      'a record that is not there',
      { operations: [{ op: 'touch', model, id: 999_999 }] },
      404,
      'There is no HelloWorldService with id 999999',
    ],
    ['no id', { operations: [{ op: 'touch', model }] }, 400, 'Expected id'],
    ['a text as id', { operations: [{ op: 'touch', model, id: '1' }] }, 400, 'Expected id'],
    ['no values', { operations: [{ op: 'create', model }] }, 400, 'Send at least {}'],
    [
      'an unknown member',
      { operations: [{ op: 'touch', model, id: 1, value: {} }] },
      400,
      'touch has no value',
    ],
    [
      'a place that is not before',
      { operations: [{ op: 'touch', model, id: { $ref: 0 } }] },
      400,
      'Expected $ref to be the place of an earlier operation',
    ],
    [
      'a value that is not given',
      { operations: [{ op: 'upsert', model, by: ['name'], values: { hello_from: 'x' } }] },
      400,
      'as name, which it is found by',
    ],
  ])('with %s is refused', async (_what, body, status, text) => {
    const response = await call('POST', url, body)

    expect(response.statusCode).toBe(status)
    expect(response.json<{ specific_error: string }>().specific_error).toContain(text)
  })

  test('finds several records by one value, and writes none', async () => {
    await done({ op: 'create', model, values: { name: `${name} x`, hello_from: 'twin' } })
    await done({ op: 'create', model, values: { name: `${name} y`, hello_from: 'twin' } })

    expect(
      await refused({ op: 'upsert', model, by: ['hello_from'], values: { hello_from: 'twin' } }),
    ).toEqual([
      400,
      'There are several records of HelloWorldService with this hello_from',
      undefined,
    ])
  })
})

describe('records by the name of their model', () => {
  test('are those at the path of XOS, with numbers as numbers', async () => {
    await done({ op: 'update', model, id, values: { wide: 5 } })
    const byName = await call('GET', `/xosapi/v1/records/${model}/${id}`)
    const byPath = await call('GET', `${services}/${id}`)

    expect(byName.json()).toEqual({ ...byPath.json<object>(), wide: 5 })
    expect(byName.headers.etag).toMatch(/^"\d+\./)
  })

  test('are listed page by page', async () => {
    const list = `/xosapi/v1/records/${model}`
    const first = (await call('GET', `${list}?limit=1&order=-id`)).json<{
      items: Item[]
      next: string
    }>()
    const second = await call('GET', `${list}?limit=1&order=-id&after=${first.next}`)

    expect(first.items.map((item) => item.id)).toEqual([id])
    expect(second.json<{ items: Item[] }>().items[0]?.id).toBeLessThan(id)
    expect((await call('GET', `${list}?name=${name}`)).json<object>()).toMatchObject({
      items: [{ id }],
    })
    expect((await call('GET', `${list}?nam=x`)).statusCode).toBe(400)
  })

  test('are not found where there is no such model or record', async () => {
    expect((await call('GET', '/xosapi/v1/records/XOSBase')).statusCode).toBe(404)
    expect((await call('GET', `/xosapi/v1/records/${model}/999999`)).statusCode).toBe(404)
  })

  test('do not stand in the way of the paths of XOS', async () => {
    expect((await call('GET', instances)).statusCode).toBe(200)
  })
})

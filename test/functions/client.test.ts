import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CoreAccess, StepKind } from '#contract'
import {
  CoreClientError,
  createCoreClient,
  type CoreClient,
  type CoreClientOptions,
} from '../../functions/sdk/client.ts'
import { processClock } from '../../functions/sdk/this-process.ts'
import { openFaces, type Faces } from '../core/faces.ts'
import { asAdministrator } from '../support/store.ts'

const service = 'HelloWorldService'
const instance = 'HelloWorldServiceInstance'

let faces: Faces
let address: string

beforeAll(async () => {
  faces = await openFaces({ restAddress: () => address })
  address = await faces.rest.listen({ port: 0, host: '127.0.0.1' })
  await faces.work.register({
    name: 'hello-world',
    version: '1.0.1',
    models: faces.helloWorld,
    steps: [{ step: 'greet', model: service, include: [] }],
    requiredModels: [],
    policies: [
      {
        step: 'watch',
        model: instance,
        include: [],
        operations: ['policy_create', 'policy_update'],
      },
    ],
    pullSteps: [{ step: 'look', everyMs: 1000 }],
  })
})
afterAll(() => faces.close())

const records = () => asAdministrator(faces.store)

let names = 0
/** A name that no other test uses. */
const newName = (): string => `n${(names += 1)}`

let id: number
let access: CoreAccess
beforeEach(async () => {
  const { id: created } = await records().create(service, { name: newName(), hello_from: 'me' })
  id = Number(created)
  await records().create(instance, { name: newName(), hello_to: 'you', owner_id: id })
  access = await accessOf('policy', instance)
})

/** What the core gives to a call of that step. */
const accessOf = async (kind: StepKind, model: string): Promise<CoreAccess> => {
  const { work } = await faces.work.lease('tester', [{ kind, model, limit: 1 }])
  await faces.work.leave('tester')
  const [one] = work
  if (one?.access === undefined) throw new Error(`Expected work with access for ${kind} ${model}`)
  return one.access
}

const clientWith = (options: Partial<CoreClientOptions> = {}): CoreClient =>
  createCoreClient({ ...access, fetch, clock: processClock, newKey: randomUUID, ...options })

const errorOf = (work: Promise<unknown>): Promise<CoreClientError> =>
  work.then(
    () => {
      throw new Error('Expected it to be refused')
    },
    (error: unknown) => {
      if (error instanceof CoreClientError) return error
      throw error
    },
  )

describe('reading', () => {
  test('gets a record by its id, with numbers as numbers', async () => {
    await records().update(service, id, { wide: 5 })
    const record = await clientWith().get(service, id)

    expect(record).toMatchObject({ id, hello_from: 'me', wide: 5, leaf_model_name: service })
  })

  test('says that a record is not there', async () => {
    const error = await errorOf(clientWith().get(service, 999_999))

    expect(error).toMatchObject({
      code: 'NOT_FOUND',
      status: 404,
      detail: 'There is no HelloWorldService with id 999999',
    })
    expect(await clientWith().first(service, { name: 'nobody' })).toBeUndefined()
    expect(await clientWith().exists(service, { name: 'nobody' })).toBe(false)
  })

  test('finds records by values, by none, by comparisons and by what they link to', async () => {
    const client = clientWith()
    const owner = await client.get(service, id)
    const idsOf = async (model: string, where: Record<string, unknown>) =>
      (await client.find(model, where)).map((record) => record.id)

    expect(await idsOf(service, { name: String(owner['name']), polite: true })).toEqual([id])
    expect(await idsOf(service, { id__gt: id - 1, id__lte: id, loudness: null })).toEqual([id])
    expect(await client.find(instance, { owner })).toMatchObject([{ owner_id: id }])
    expect((await client.first(instance, { owner_id: id }))?.['owner_id']).toBe(id)
    expect(await client.exists(service, { id })).toBe(true)
    expect(await client.exists(instance, { owner: null })).toBe(false)
  })

  test('refuses what no record is found by', async () => {
    expect(await errorOf(clientWith().find(service, { nam: 'x' }))).toMatchObject({
      code: 'INVALID',
      status: 400,
    })
    await expect(clientWith().find(service, { name: ['x'] })).rejects.toThrow(TypeError)
  })

  test('lists any number of records, page by page, in the order that is asked for', async () => {
    const client = clientWith()
    const hello_from = newName()
    await client.transaction((writes) => {
      for (let n = 0; n < 450; n += 1) writes.create(service, { name: newName(), hello_from })
    })
    const found: number[] = []
    for await (const record of client.list(service, { where: { hello_from }, order: ['-id'] })) {
      found.push(record.id)
    }

    expect(found).toHaveLength(450)
    expect(found).toEqual(found.toSorted((a, b) => b - a))
    expect(await client.find(service, { hello_from })).toHaveLength(450)
  })
})

describe('writing', () => {
  test('creates, updates, touches and deletes', async () => {
    const client = clientWith()
    const owner = await client.get(service, id)
    const made = await client.create(instance, { name: newName(), hello_to: 'all', owner })
    const updated = await client.update(instance, made, { hello_to: 'some' })
    const touched = await client.touch(instance, made.id)
    await client.delete(instance, touched)
    await client.delete(instance, touched)

    expect(made).toMatchObject({ hello_to: 'all', owner_id: id })
    expect(updated).toMatchObject({ id: made.id, hello_to: 'some' })
    expect(Number(touched['updated'])).toBeGreaterThan(Number(made['updated']))
    expect(await client.exists(instance, { id: made.id })).toBe(false)
  })

  test('of a policy is stamped as its change', async () => {
    const before = await clientWith().get(service, id)
    const after = await clientWith().update(service, id, { hello_from: 'us' })

    expect(after['updated']).toBe(before['updated'])
    expect(after['changed_by_policy']).toBeGreaterThan(0)
  })

  test('of a pull step calls steps when it changes what should exist, and else when it is asked to', async () => {
    const { token } = await accessOf('pull', 'hello-world/look')
    const client = clientWith({ token })
    const stamps = []
    for (const [values, options] of [
      [{ hello_from: newName() }, {}],
      [{ backend_handle: newName() }, {}],
      [{}, {}],
      [{ backend_handle: newName() }, { touch: true }],
    ] as const) {
      const before = await client.get(service, id)
      const same = { hello_from: before['hello_from'] }
      const after = await client.update(service, id, { ...same, ...values }, options)
      stamps.push(Number(after['updated']) > Number(before['updated']))
      expect(after['changed_by_policy']).toBeUndefined()
    }
    expect(stamps).toEqual([true, false, false, true])
  })

  test('is part of the trace of its call', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    await clientWith({ traceparent }).update(service, id, { hello_from: 'us' })
    const { work } = await faces.work.lease('tester', [{ model: service, limit: 1000 }])
    await faces.work.leave('tester')

    expect(work.find(({ key }) => key.id === id)?.traces).toContain(traceparent)
  })

  test('makes one record of two that are wanted at once', async () => {
    const name = newName()
    const client = clientWith()
    const made = await Promise.all(
      [1, 2, 3].map((loudness) =>
        client.upsert(service, ['name'], { name, hello_from: 'me', loudness }),
      ),
    )

    expect(new Set(made.map((record) => record.id)).size).toBe(1)
    expect(await client.find(service, { name })).toHaveLength(1)
  })

  test('finds by a link what it updates', async () => {
    const client = clientWith()
    const owner = await client.get(service, id)
    const [before] = await client.find(instance, { owner })
    const after = await client.upsert(instance, ['owner'], { owner, hello_to: 'us' })

    expect(after).toMatchObject({ id: before?.id, hello_to: 'us' })
  })

  test('does not write over what somebody else has written since', async () => {
    const client = clientWith()
    const seen = await client.get(service, id)
    await records().update(service, id, { hello_from: 'somebody else' })
    const error = await errorOf(
      client.update(service, seen, { hello_from: 'us' }, { ifUnchanged: seen }),
    )
    const again = await client.get(service, id)
    const written = await client.update(service, id, { loudness: 1 }, { ifUnchanged: again })
    await client.delete(service, id, { ifUnchanged: written })

    expect(error).toMatchObject({ code: 'CONFLICT', status: 412 })
    await expect(client.update(service, id, {}, { ifUnchanged: { id } })).rejects.toThrow(TypeError)
  })

  test('tells which field cannot have a value', async () => {
    expect(await errorOf(clientWith().update(service, id, { loudness: 99 }))).toMatchObject({
      code: 'INVALID',
      status: 400,
      fields: { loudness: expect.any(String) as string },
      operation: undefined,
    })
  })

  test('tells what its step may do', async () => {
    const error = await errorOf(clientWith().update('Site', 1, { name: 'x' }))

    expect(error).toMatchObject({
      code: 'PERMISSION_DENIED',
      status: 403,
      message:
        'The token of policy step hello-world/watch may not write Site: it writes HelloWorldService, HelloWorldServiceInstance. What else it needs belongs into required_models',
    })
  })
})

describe('a transaction', () => {
  test('writes records that link to each other', async () => {
    const [made, second, gone] = await clientWith().transaction((writes) => {
      const owner = writes.create(service, { name: newName(), hello_from: 'x' })
      writes.create(instance, { name: newName(), hello_to: 'y', owner })
      writes.delete(service, id)
      writes.update(service, owner, { loudness: 3 })
    })

    expect(second).toMatchObject({ owner_id: made?.id })
    expect(gone).toBeUndefined()
    expect(await records().get(service, made!.id)).toMatchObject({ loudness: 3 })
  })

  test('writes nothing when one of its writes cannot be', async () => {
    const error = await errorOf(
      clientWith().transaction((writes) => {
        writes.update(service, id, { hello_from: 'x' })
        writes.update(service, id, { loudness: 99 })
      }),
    )

    expect(error).toMatchObject({
      code: 'INVALID',
      operation: 1,
      fields: { loudness: expect.any(String) as string },
    })
    expect(await records().get(service, id)).toMatchObject({ hello_from: 'me' })
  })

  test('without writes asks nobody', async () => {
    const client = clientWith({ url: 'http://nowhere.invalid' })

    expect(await client.transaction(() => undefined)).toEqual([])
  })
})

/** Pauses take no time, and no request takes too long. */
const hurriedClock = {
  after(ms: number, callback: () => void) {
    if (ms >= 30_000) return () => undefined
    const timer = setImmediate(callback)
    return () => clearImmediate(timer)
  },
}

describe('a core that does not answer', () => {
  test('is asked again, and does nothing twice', async () => {
    const name = newName()
    let lost = 0
    const losing: typeof fetch = async (...request) => {
      const response = await fetch(...request)
      lost += 1
      if (lost > 2) return response
      throw new TypeError('fetch failed')
    }
    const made = await clientWith({ fetch: losing, clock: hurriedClock }).create(service, {
      name,
      hello_from: 'x',
    })

    expect(lost).toBe(3)
    expect(await records().find(service, { name })).toMatchObject([{ id: made.id }])
  })

  test('is given up after some tries, and nothing tells the token', async () => {
    let tries = 0
    const failing: typeof fetch = async () => {
      tries += 1
      throw new TypeError('fetch failed')
    }
    const error = await errorOf(
      clientWith({ fetch: failing, clock: hurriedClock }).get(service, id),
    )

    expect(tries).toBe(4)
    expect(error).toMatchObject({ code: 'UNAVAILABLE', status: undefined })
    expect(error.message).toBe(`The core at ${address} does not answer: fetch failed`)
    expect(`${JSON.stringify(error)}${error.stack}`).not.toContain(access.token)
  })

  test('is left alone once the call is over', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const silent: typeof fetch = (_url, asked) =>
      new Promise((_resolve, reject) => {
        asked?.signal?.addEventListener('abort', () => reject(new Error('cut off')))
      })
    const asked = clientWith({ fetch: silent, signal }).get(service, id)
    const over = new Error('The deadline of the call has passed')
    controller.abort(over)

    await expect(asked).rejects.toBe(over)
    await expect(clientWith({ signal }).get(service, id)).rejects.toBe(over)
  })
})

describe('something that is no core', () => {
  let server: Server
  let asked: string[]
  let answer: (path: string) => { status: number; headers?: Record<string, string>; body: string }
  let url: string
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '')
      const { status, headers = {}, body } = answer(request.url ?? '')
      response.writeHead(status, headers).end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  beforeEach(() => {
    asked = []
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  const ask = () => errorOf(clientWith({ url, clock: hurriedClock }).get(service, id))

  test('leads nobody elsewhere', async () => {
    answer = () => ({ status: 302, headers: { location: '/elsewhere' }, body: '' })

    expect(await ask()).toMatchObject({ code: 'FAILED', status: 302 })
    expect(asked).toHaveLength(1)
  })

  test('is told from a core', async () => {
    answer = () => ({ status: 200, body: '<html>' })

    expect(await ask()).toMatchObject({ code: 'FAILED', status: 200 })
  })

  test('cannot fill the memory', async () => {
    answer = () => ({ status: 200, body: ' '.repeat(33 * 2 ** 20) })

    expect(await ask()).toMatchObject({ code: 'TOO_LARGE' })
  })

  test('is asked again when it is a proxy whose core is away', async () => {
    answer = () => ({ status: 503, body: 'no healthy upstream' })

    expect(await ask()).toMatchObject({ code: 'UNAVAILABLE', status: 503 })
    expect(asked).toHaveLength(4)
  })
})

test('a token that is none is not let in', async () => {
  const error = await errorOf(clientWith({ token: 'ssc_none' }).get(service, id))

  expect(error).toMatchObject({ code: 'NOT_AUTHENTICATED', status: 401 })
})

import { request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fields } from '#contract'
import { asAdmin, openFaces, type Faces } from '../faces.ts'
import { instances, requestsTo, services } from './requests.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
  const service = async (name: string): Promise<number> => {
    const answer = await call('POST', services, { name, hello_from: name })
    return answer.json<{ id: number }>().id
  }
  const arya = await service('arya')
  const bran = await service('bran')
  const greetings = [
    { name: 'one', hello_to: 'a', owner_id: arya },
    { name: 'two', hello_to: 'b', owner_id: arya },
    { name: 'three', hello_to: 'c', owner_id: bran },
    { name: 'limit', hello_to: '50% off', owner_id: bran },
  ]
  for (const greeting of greetings) await call('POST', instances, greeting)
})
afterAll(() => faces.close())

const call = requestsTo(() => faces.rest)

const names = (records: readonly Fields[]): unknown[] => records.map(({ name }) => name)

const listed = async (query: string): Promise<unknown[]> =>
  names((await call('GET', `${instances}?${query}`)).json<{ items: Fields[] }>().items)

test.each([
  ['', ['one', 'two', 'three', 'limit']],
  ['name=two', ['two']],
  ['name!=two', ['one', 'three', 'limit']],
  ['name=two&hello_to=b', ['two']],
  ['name=two&name=one', []],
  ['owner__name=bran', ['three', 'limit']],
  ['name__startswith=t', ['two', 'three']],
  ['name__contains!=t', ['one']],
  ['hello_to__contains=%25', ['limit']],
  ['owner_id__gt=0&order=name', ['limit', 'one', 'three', 'two']],
  ['order=-name', ['two', 'three', 'one', 'limit']],
  ['order=-owner_id,name', ['limit', 'three', 'one', 'two']],
  ['state=dirty&name=one', ['one']],
  ['state=deleted', []],
  ['state=default', ['one', 'two', 'three', 'limit']],
])('?%s lists %j', async (query, expected) => {
  expect(await listed(query)).toEqual(expected)
})

test.each([
  ['naem=two', 'naem'],
  ['name__startwith=t', 'startwith'],
  ['owner__naem=bran', 'naem'],
  ['owner_id=arya', 'owner_id'],
  ['__proto__=x', 'no field'],
  ['%00=x', ''],
  ['order=naem', 'naem'],
  ['order=name&order=id', 'order'],
  ['state=dusty', 'deletedpol'],
  ['limit=0', 'limit'],
  ['limit=1001', 'limit'],
  ['limit=many', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['after=x', 'limit'],
  ['limit=2&after=x', ''],
  [`name=${'x'.repeat(12_000)}&naem=x`, 'naem'],
])('?%s is 400, and lists nothing', async (query, told) => {
  const answer = await call('GET', `${instances}?${query}`)

  expect(answer.statusCode).toBe(400)
  expect(answer.json<{ specific_error: string }>().specific_error).toContain(told)
})

test('pages follow each other until there is no next one, whatever comes between', async () => {
  const read: unknown[] = []
  let after = ''
  for (let pages = 0; pages < 9; pages += 1) {
    const answer = await call('GET', `${instances}?order=-name&limit=2${after}`)
    const { items, next } = answer.json<{ items: Fields[]; next?: string }>()
    read.push(...names(items))
    if (next === undefined) break
    after = `&after=${encodeURIComponent(next)}`
    if (pages === 0) await call('POST', instances, { name: 'zero', hello_to: 'z' })
  }

  expect(read).toEqual(['two', 'three', 'one', 'limit'])
  const [zero] = (await call('GET', `${instances}?name=zero`)).json<{ items: Fields[] }>().items
  await call('DELETE', `${instances}/${Number(zero?.['id'])}`)
})

test('a list of several batches is one list', async () => {
  const batches = [[{ id: 1 }], [], [{ id: 2 }, { id: 3 }]]
  const replaced = faces.faulty({
    as: (caller) => ({
      ...faces.store.as(caller),
      async *query() {
        yield* batches
      },
    }),
  })
  const answer = await replaced.rest.inject({ method: 'GET', url: services, headers: asAdmin })

  expect(answer.json()).toEqual({ items: [{ id: 1 }, { id: 2 }, { id: 3 }] })
})

/** A face whose list never ends; `taken` counts its batches, and `hasEnded` tells that nobody reads it any more. */
const endless = () => {
  const state = { taken: 0, hasEnded: false }
  const batch = Array.from({ length: 500 }, (_, id) => ({ id, text: 'x'.repeat(1000) }))
  const { rest, faults } = faces.faulty({
    as: (caller) => ({
      ...faces.store.as(caller),
      async *query() {
        try {
          for (;;) {
            state.taken += 1
            yield batch
          }
        } finally {
          state.hasEnded = true
        }
      },
    }),
  })
  return { rest, faults, state }
}

const opened = async (rest: Faces['rest']) => {
  await rest.listen({ port: 0, host: '127.0.0.1' })
  const { port } = rest.server.address() as AddressInfo
  return new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: services, headers: asAdmin }, resolve)
      .on('error', reject)
      .end()
  })
}

test('a list is read from the store only as fast as the client takes it, and no further when it goes', async () => {
  const { rest, faults, state } = endless()
  const answer = await opened(rest)
  await expect.poll(() => state.taken).toBeGreaterThan(2)
  let before = 0
  // What fits into the buffers in between is taken; then it stands still.
  await expect
    .poll(() => {
      const isStill = before === state.taken
      before = state.taken
      return isStill
    })
    .toBe(true)

  expect(state.taken).toBeLessThan(100)
  answer.destroy()
  await expect.poll(() => state.hasEnded).toBe(true)
  await rest.close()
  expect(faults).toEqual([])
})

test('a list that fails under way is cut off, so that it cannot be taken for a whole one', async () => {
  const broken = faces.faulty({
    as: (caller) => ({
      ...faces.store.as(caller),
      async *query() {
        yield [{ id: 1 }]
        await Promise.resolve()
        throw new Error('secret of the cellar')
      },
    }),
  })
  const answer = await opened(broken.rest)

  await expect(answer.toArray()).rejects.toThrow('aborted')
  await broken.rest.close()
  expect(broken.faults).toMatchObject([{ err: { message: 'secret of the cellar' } }])
})

test('no query string makes the core fail', async () => {
  const names = fc.constantFrom(
    'name',
    'owner',
    'owner_id',
    'owner__name',
    'owner__service_instances__name__icontains',
    'slices__id__in',
    'updated__gt',
    'backend_code__lt',
    'no_sync',
    'name__regex',
    'id__isnull',
    '__proto__',
    "name' or 1=1 --",
    'order',
    'limit',
    'after',
    'state',
  )
  const values = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      '0',
      '-1',
      '1e999',
      'true',
      '\0',
      '%',
      '_',
      '(a+)+$',
      '[',
      "'",
      '-name',
      'NaN',
      '9'.repeat(40),
    ),
  )
  const queries = fc.array(fc.tuple(names, fc.boolean(), values), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(queries, async (query) => {
      const text = query
        .map(([name, isInverted, value]) => {
          const key = encodeURIComponent(isInverted ? `${name}!` : name)
          return `${key}=${encodeURIComponent(value)}`
        })
        .join('&')
      const answer = await call('GET', `${instances}?${text}`)
      expect([200, 400]).toContain(answer.statusCode)
    }),
    { numRuns: 200 },
  )
  expect(faces.faults).toEqual([])
})

test.each([
  ['?%'],
  ['?%zz=1'],
  ['?name=%ff%fe'],
  ['?&&&'],
  ['?='],
  ['?name'],
  ['?a& 4000 times', `?${'a&'.repeat(4000)}`],
])('a query string as broken as %s is answered', async (name, query = name) => {
  const answer = await call('GET', instances + query)

  expect([200, 400]).toContain(answer.statusCode)
  expect(faces.faults).toEqual([])
})

test.each(['order', 'state', 'limit', 'backend_code'])(
  'an error about %s that is cut in the middle of a character is text all the same',
  async (name) => {
    const answer = await call(
      'GET',
      `${instances}?${name}=a${encodeURIComponent('\u{1f600}'.repeat(99))}`,
    )

    expect(answer.statusCode).toBe(400)
    expect(answer.body).not.toMatch(/\\ud8/)
  },
)

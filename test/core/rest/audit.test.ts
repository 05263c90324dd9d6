import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic, openFaces, type Faces } from '../faces.ts'
import { requestsTo, services } from './requests.ts'

let faces: Faces
beforeAll(async () => {
  faces = await openFaces()
})
afterAll(() => faces.close())

const call = requestsTo(() => faces.rest)
const url = '/xosapi/v1/audit'

type Audit = {
  items: { number: number; operation: string; model: string; id: number }[]
  next?: string
}

const audit = async (query: string): Promise<Audit> => (await call('GET', `${url}?${query}`)).json()

test('who wrote what is told, the youngest first, and the face it came through', async () => {
  const { id } = (await call('POST', services, { name: 'a', hello_from: 'x' })).json<{
    id: number
  }>()
  await call('PUT', `${services}/${id}`, { hello_from: 'secret' })
  await call('DELETE', `${services}/${id}`)
  const { items } = await audit(`model=HelloWorldService&id=${id}`)

  expect(items.map(({ operation }) => operation)).toEqual(
    ['purged', 'deleted', 'updated', 'created'].slice(-items.length),
  )
  expect(items.find(({ operation }) => operation === 'updated')).toEqual({
    number: expect.any(Number) as number,
    at: 1_600_000_000,
    user_id: 1,
    email: 'admin@opencord.org',
    face: 'rest',
    operation: 'updated',
    model: 'HelloWorldService',
    id,
    changed_fields: expect.arrayContaining(['hello_from']) as string[],
  })
  expect(JSON.stringify(items)).not.toContain('secret')
})

test('pages follow each other until there is no next one', async () => {
  for (const name of ['p1', 'p2', 'p3']) await call('POST', services, { name, hello_from: 'x' })
  const all = await audit('')
  const read: Audit['items'] = []
  let after = ''
  do {
    const page = await audit(`limit=2${after}`)
    read.push(...page.items)
    after = page.next === undefined ? '' : `&after=${page.next}`
  } while (after !== '')

  expect(all.items.length).toBeGreaterThan(3)
  expect(read).toEqual(all.items)
})

test.each([
  ['modle=Site', 'model'],
  ['id=one', 'whole number'],
  ['limit=0', '1 to 1000'],
  ['limit=1001', '1 to 1000'],
  ['limit=1&limit=2', 'once'],
  ['after=-1', 'whole number'],
])('?%s is 400', async (query, told) => {
  const answer = await call('GET', `${url}?${query}`)

  expect(answer.statusCode).toBe(400)
  expect(answer.body).toContain(told)
})

test('it is not for everybody', async () => {
  await call('POST', '/xosapi/v1/core/users', {
    email: 'reader@opencord.org',
    password: 'secret',
    firstname: 'R',
    lastname: 'R',
    site_id: 1,
  })
  const authorization = basic('reader@opencord.org', 'secret')

  expect((await call('GET', url, undefined, { authorization })).statusCode).toBe(403)
})

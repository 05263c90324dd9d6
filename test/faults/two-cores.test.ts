import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  adminBasic,
  startCoreProcess,
  stopCore,
  type CoreProcess,
} from '../support/core-process.ts'
import { newPostgresDatabase } from '../support/database.ts'
import { recipeOf } from './groups.ts'

const isLong = process.env['SYNCSTEP_LONG'] !== undefined
const times = isLong ? 50 : 6
const writers = Array.from({ length: 8 }, (_, n) => n)

let cores: readonly CoreProcess[]

beforeAll(async () => {
  const data = await newPostgresDatabase()
  // Together, as after an outage: both make the tables, and neither twice.
  cores = await Promise.all([startCoreProcess({ data }), startCoreProcess({ data })])
}, 240_000)

afterAll(() => Promise.all(cores.map(stopCore)))

/** Eight writers, four at each core. */
const eight = <T>(work: (core: CoreProcess, writer: number) => Promise<T>): Promise<T[]> =>
  Promise.all(writers.map((writer) => work(cores[writer % 2]!, writer)))

const create = async (core: CoreProcess, name: string): Promise<number> => {
  const { status, body } = await core.rest('POST', 'core/services', { name, description: '0' })
  expect([status, body]).toEqual([200, expect.objectContaining({ name })])
  return Number(body['id'])
}

/** Reads the counter in the record and writes the next number if nobody did meanwhile; how often it had to try. */
const countOne = async ({ ports }: CoreProcess, id: number): Promise<number> => {
  const url = `http://127.0.0.1:${ports.rest}/xosapi/v1/core/services/${id}`
  for (let tries = 1; ; tries += 1) {
    const read = await fetch(url, { headers: { authorization: adminBasic } })
    const { description } = (await read.json()) as { readonly description: string }
    const { status } = await fetch(url, {
      method: 'PUT',
      headers: {
        authorization: adminBasic,
        'content-type': 'application/json',
        'if-match': read.headers.get('etag') ?? '',
      },
      body: JSON.stringify({ description: String(Number(description) + 1) }),
    })
    if (status === 200) return tries
    expect(status).toBe(412)
  }
}

test('eight clients of two cores that count in one record, each if nobody wrote meanwhile, lose no count', async () => {
  const id = await create(cores[0]!, 'counted')
  await eight(async (core) => {
    for (let n = 0; n < times; n += 1) await countOne(core, id)
  })
  for (const core of cores) {
    const { body } = await core.rest('GET', `core/services/${id}`)
    expect(body['description']).toBe(String(writers.length * times))
  }
})

test('eight clients of two cores get no id twice', async () => {
  const made = await eight(async (core, writer) => {
    const ids: number[] = []
    for (let n = 0; n < times; n += 1) ids.push(await create(core, `id ${writer} ${n}`))
    return ids
  })
  expect(new Set(made.flat()).size).toBe(writers.length * times)
})

test('one client of eight gets a unique name, and the others are told', async () => {
  for (let n = 0; n < times; n += 1) {
    const replies = await eight((core) => core.rest('POST', 'core/services', { name: `one ${n}` }))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { status, body } of replies) {
      if (status !== 200) expect(JSON.stringify(body)).toContain('already')
    }
  }
})

test("recipes and deletes of eight clients that stand in each other's way are all answered, and none in halves", async () => {
  const names = ['left', 'right']
  const replies = await eight(async (core, writer) => {
    const answered: number[] = []
    const kind = writer < 6 ? 'run' : 'delete'
    for (let n = 0; n < times; n += 1) {
      for (const name of writer % 4 < 2 ? names : names.toReversed()) {
        answered.push((await core.recipe(kind, recipeOf(name))).status)
      }
    }
    return answered
  })
  expect(replies.flat()).toEqual(writers.flatMap(() => Array<number>(2 * times).fill(200)))
  const [services, attributes] = await Promise.all(
    ['core/services', 'core/serviceattributes'].map(async (path) => {
      const { body } = await cores[1]!.rest('GET', path)
      return (body['items'] as readonly { readonly name: string }[]).map(({ name }) => name)
    }),
  )
  for (const name of names) {
    const parts = attributes!.filter((attribute) => attribute.startsWith(`${name}-`))
    expect(parts).toHaveLength(services!.includes(name) ? 3 : 0)
  }
})

import { status as codes } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Refusal, type XosClient } from '../core/grpc/xos-core.ts'
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

/** Reads the counter in the record and writes the next number; false when somebody else wrote meanwhile. */
type CountOnce = (id: number) => Promise<boolean>

const countByRest =
  ({ ports }: CoreProcess): CountOnce =>
  async (id) => {
    const url = `http://127.0.0.1:${ports.rest}/xosapi/v1/core/services/${id}`
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
    if (status !== 200) expect(status).toBe(412)
    return status === 200
  }

const countByGrpc =
  ({ ask }: XosClient): CountOnce =>
  async (id) => {
    const { reply, header } = await ask('xos.xos/GetService', { id })
    const description = String(Number(reply['description']) + 1)
    const [seen] = header.get('syncstep-revision')
    return ask('xos.xos/UpdateService', { id, description }, { 'if-revision': seen }).then(
      () => true,
      (error: unknown) => {
        expect((error as Refusal).code).toBe(codes.ABORTED)
        return false
      },
    )
  }

test('eight clients of two cores that count in one record, over REST and gRPC, each if nobody wrote meanwhile, lose no count', async () => {
  const id = await create(cores[0]!, 'counted')
  const clients = await Promise.all(cores.map(({ ports }) => connect(ports.grpc)))
  await eight(async (core, writer) => {
    const count = writer < 4 ? countByRest(core) : countByGrpc(clients[writer % 2]!)
    for (let n = 0; n < times;) if (await count(id)) n += 1
  })
  for (const { client } of clients) client.close()
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

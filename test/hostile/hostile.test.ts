import fc from 'fast-check'
import { status as codes } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { adminBasic } from '../support/core-process.ts'
import { anyBytes, messageBytes, nastyTexts } from './random.ts'
import { holdOpen, nonsense, throwAt } from './sockets.ts'
import { openUnderAttack, type UnderAttack } from './under-attack.ts'

/** `npm run test:long` throws more, other things each time; the quick form throws the same ones at every change. */
const isLong = process.env['SYNCSTEP_LONG'] !== undefined
const seed = isLong ? {} : { seed: 20_261_122 }
const runs = (quick: number): { readonly numRuns: number } => ({
  numRuns: isLong ? quick * 20 : quick,
})

/** Far more than the core needs for any of this, and far less than what keeping all of it would take. */
const memoryBound = 600 * 2 ** 20

let core: UnderAttack
let memoryBefore: number

beforeAll(async () => {
  core = await openUnderAttack()
  await core.serves()
  memoryBefore = await core.memory()
})

afterEach(async () => {
  await core.serves()
  expect(core.program.stderr()).toBe('')
  // A fault of the core's own is logged as one, whatever the client is told.
  expect(core.program.lines.filter((line) => line.startsWith('{"level":50'))).toEqual([])
  expect((await core.memory()) - memoryBefore).toBeLessThan(memoryBound)
})

afterAll(() => core.close())

/** What no answer may show. */
const indiscreet = /\n\s+at |node_modules|core\/store|letmein|select .* from /

const url = (path: string): string => `http://127.0.0.1:${core.ports.rest}/xosapi/v1/${path}`

const sent = async (
  path: string,
  init: RequestInit,
): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await fetch(url(path), {
    ...init,
    headers: { authorization: adminBasic, 'content-type': 'application/json' },
  })
  const text = await response.text()
  expect(text).not.toMatch(indiscreet)
  return { status: response.status, text }
}

test('nonsense at any port leaves the others served', { timeout: 300_000 }, async () => {
  const ports = Object.values(core.ports)
  await fc.assert(
    fc.asyncProperty(fc.array(nonsense, { minLength: 5, maxLength: 5 }), async (all) => {
      await Promise.all(all.flatMap((bytes) => ports.map((port) => throwAt(port, bytes))))
    }),
    { ...seed, ...runs(20) },
  )
})

test(
  'every method of every service ends whatever it is sent, and says nothing that it should not',
  { timeout: 900_000 },
  async () => {
    expect(core.methods.length).toBeGreaterThan(6 * 30)
    for (const { path, request } of core.methods) {
      // It ends when its client does.
      if (path === '/grpc.health.v1.Health/Watch') continue
      await fc.assert(
        fc.asyncProperty(fc.oneof(anyBytes, messageBytes(request)), async (bytes) => {
          const { code, details } = await core.calls.send(path, bytes)
          expect([path, code]).not.toEqual([path, codes.DEADLINE_EXCEEDED])
          expect(details).not.toMatch(indiscreet)
        }),
        // After more failed logins the core would answer nothing else from this address for a while.
        { ...seed, ...(path === '/xos.utility/Login' ? { numRuns: 4 } : runs(4)) },
      )
    }
  },
)

test(
  'every method that asks for credentials does so before it looks at what it is sent',
  { timeout: 300_000 },
  async () => {
    const open = core.methods.filter(({ path }) =>
      /^\/(grpc\.|schema\.|xos\.modeldefs\/|xos\.utility\/(Login|Logout|NoOp|GetXproto|GetVersion|GetDatabaseInfo)$)/.test(
        path,
      ),
    )
    for (const { path, request } of core.methods) {
      if (open.some((one) => one.path === path)) continue
      const [bytes = Buffer.alloc(0)] = fc.sample(messageBytes(request), { ...seed, numRuns: 1 })
      const { code } = await core.calls.send(path, bytes, '')
      expect([path, code]).toEqual([path, codes.UNAUTHENTICATED])
    }
  },
)

test('bodies of any JSON are answered', { timeout: 300_000 }, async () => {
  const paths = [
    'core/services',
    'core/slices',
    'core/users',
    'core/serviceinstancelinks',
    'dynamicload/load_models',
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.json({ maxDepth: 6 }), async (path, body) => {
      const { status } = await sent(path, { method: 'POST', body })
      expect([200, 400, 403, 404, 409, 413, 415, 422, 500]).toContain(status)
    }),
    { ...seed, ...runs(100) },
  )
})

test(
  'texts that trouble others are stored as they are or refused with a reason',
  { timeout: 300_000 },
  async () => {
    for (const [n, text] of nastyTexts.entries()) {
      const fields = { name: `nasty ${n}`, description: text }
      const { status, text: answer } = await sent('core/services', {
        method: 'POST',
        body: JSON.stringify(fields),
      })
      const body = JSON.parse(answer) as Readonly<Record<string, unknown>>
      if (status === 200) expect(body).toMatchObject(fields)
      else expect(body).toMatchObject({ error: expect.any(String) as string })
      const named = await sent('core/services', {
        method: 'POST',
        body: JSON.stringify({ name: text }),
      })
      if (named.status !== 200) {
        expect(JSON.parse(named.text)).toMatchObject({ error: expect.any(String) as string })
      }
    }
  },
)

const refusedBodies: readonly (readonly [string, () => string | Buffer, number])[] = [
  [
    'a text of 10 MB',
    () => JSON.stringify({ name: 'big', description: 'x'.repeat(10_000_000) }),
    413,
  ],
  ['arrays 100 000 deep', () => '['.repeat(100_000) + ']'.repeat(100_000), 400],
  ['objects 100 000 deep', () => '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000), 400],
  ['half a text', () => '{"name":"x', 400],
  ['a key that poisons', () => '{"__proto__":{"isAdmin":true},"name":"y"}', 400],
  ['bytes that are no UTF-8', () => Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 400],
]

test.each(refusedBodies)('%s over REST is refused', async (_, body, expected) => {
  const { status, text } = await sent('core/services', { method: 'POST', body: body() })
  expect([status, text.length < 1_000]).toEqual([expected, true])
})

test('messages beyond the limit are refused over gRPC, also in many parts', async () => {
  const big = Buffer.alloc(10_000_000, 'x')
  expect((await core.calls.send('/xos.xos/CreateService', big)).code).toBe(codes.RESOURCE_EXHAUSTED)
  const parts = Array.from({ length: 200 }, () => Buffer.alloc(1_000_000, 'x'))
  expect((await core.calls.send('/xos.filetransfer/Upload', parts)).code).not.toBe(codes.OK)
})

test(
  'filters with any name, lookup and value are answered in time',
  { timeout: 300_000 },
  async () => {
    const { request } = core.methods.find(({ path }) => path === '/xos.xos/FilterService')!
    await sent('core/services', {
      method: 'POST',
      body: JSON.stringify({ name: 'a'.repeat(30), description: `${'a'.repeat(50_000)}!` }),
    })
    const names = ['name', 'description', 'site__name', 'id', 'slices__site__name', ...nastyTexts]
    for (const operator of [0, 1, 4, 5, 6, 7, 8, 9, 42]) {
      for (const name of names.slice(0, 5)) {
        for (const sValue of nastyTexts) {
          const message = request.fromObject({ elements: [{ operator, name, sValue }] })
          const { code } = await core.calls.send(
            '/xos.xos/FilterService',
            Buffer.from(request.encode(message).finish()),
          )
          expect([codes.OK, codes.UNKNOWN, codes.INVALID_ARGUMENT]).toContain(code)
        }
      }
    }
    for (const name of names) {
      const message = request.fromObject({ elements: [{ operator: 0, name, sValue: 'x' }] })
      const bytes = Buffer.from(request.encode(message).finish())
      expect((await core.calls.send('/xos.xos/FilterService', bytes)).code).not.toBe(
        codes.DEADLINE_EXCEEDED,
      )
      if (name.length > 5_000) continue
      const { status } = await sent(`core/services?${encodeURIComponent(name)}=x`, {})
      expect([200, 400, 414, 431, 500]).toContain(status)
    }
  },
)

test('a regular expression that explodes in other engines holds nobody up', async () => {
  const { request } = core.methods.find(({ path }) => path === '/xos.xos/FilterService')!
  const explosive = { operator: 8, name: 'description', sValue: '(a+)+(a+)+(a+)+$' }
  const bytes = Buffer.from(request.encode(request.fromObject({ elements: [explosive] })).finish())
  const asked = Array.from({ length: 8 }, () => core.calls.send('/xos.xos/FilterService', bytes))
  expect((await core.rest('GET', 'core/sites')).status).toBe(200)
  for (const { code } of await Promise.all(asked)) expect(code).not.toBe(codes.DEADLINE_EXCEEDED)
})

test('recipes of any text are answered', { timeout: 300_000 }, async () => {
  const start = 'tosca_definitions_version: tosca_simple_yaml_1_0\n'
  const bombs = [
    `${start}a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from(
      { length: 12 },
      (_, n) =>
        `k${n}: &b${n} [${Array<string>(9)
          .fill(n === 0 ? '*a' : `*b${n - 1}`)
          .join(',')}]`,
    ).join('\n')}`,
    `${start}${'['.repeat(50_000)}`,
    `${start}topology_template: { node_templates: { ${'x: {'.repeat(3_000)}`,
    `${start}topology_template:\n  node_templates:\n    n: { type: tosca.nodes.__proto__, properties: {} }`,
  ]
  for (const text of [...bombs, ...nastyTexts]) {
    const { status, text: answer } = await core.recipe('run', text)
    expect([200, 400, 500]).toContain(status)
    expect(answer).not.toMatch(indiscreet)
  }
})

test('a hundred requests that never end keep nobody from being served', async () => {
  const head = Buffer.from(
    'POST /xosapi/v1/core/sites HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{',
  )
  const sockets = await Promise.all(
    Array.from({ length: 100 }, () => holdOpen(core.ports.rest, head)),
  )
  await core.serves()
  for (const socket of sockets) socket.destroy()
})

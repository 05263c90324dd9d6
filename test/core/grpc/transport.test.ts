import { randomBytes } from 'node:crypto'
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { credentials, type ServiceError } from '@grpc/grpc-js'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates, type Certificates } from '#core'
import { until } from './support.ts'
import { issueToken } from '../../../core/access/tokens.ts'
import { administrator, helloWorldModels, helloWorldSteps } from '../../support/store.ts'
import { openXosCore, refusalOf, type Refusal, type XosClient, type XosCore } from './xos-core.ts'

let core: XosCore
let admin: XosClient
beforeAll(async () => {
  core = await openXosCore()
  await core.load(helloWorldModels, helloWorldSteps, 'hello-world')
  admin = await core.dial()
})
afterAll(() => core.close())

/** Sends bytes as they are; answers the bytes, or how the call failed. */
const send = (name: string, bytes: Uint8Array): Promise<Buffer | Refusal> =>
  new Promise((resolve) => {
    admin.client.makeUnaryRequest(
      admin.method(name).path,
      (request: Uint8Array) => Buffer.from(request),
      (reply: Buffer) => reply,
      bytes,
      admin.metadata(),
      (error: ServiceError | null, reply) => {
        if (error === null) resolve(reply ?? Buffer.alloc(0))
        else resolve(refusalOf(error))
      },
    )
  })

describe('TLS', () => {
  let certificates: Certificates
  let port: number
  beforeAll(async () => {
    certificates = await makeCertificates({ randomBytes, now: Date.now() })
    port = await core.face.listenTls(0, 'localhost', certificates)
  })

  test.each(['localhost', 'xos-core', 'xos-core.default', 'xos-core.default.svc.cluster.local'])(
    'serves the same as %s, to who trusts the authority',
    async (name) => {
      const channel = credentials.createSsl(Buffer.from(certificates.ca))
      const client = await core.dial({}, channel, port, name)
      expect((await client.ask('xos.utility/GetVersion')).reply).toMatchObject({ version: '4.0.4' })
      expect(await client.refused('xos.xos/ListSite')).toMatchObject({ code: 16 })
    },
  )

  test('is not for who does not trust the authority, nor under another name', async () => {
    const trusting = credentials.createSsl(Buffer.from(certificates.ca))
    await expect(core.dial({}, trusting, port, 'example.org')).rejects.toMatchObject({ code: 14 })
    await expect(core.dial({}, credentials.createSsl(), port)).rejects.toMatchObject({ code: 14 })
  })

  test('an authority vouches for its own server, however many were made before it', async () => {
    const { X509Certificate } = await import('node:crypto')
    const make = () => makeCertificates({ randomBytes, now: Date.now() })
    const [one, other] = [await make(), await make()]
    const isIssued = (cert: string, ca: string): boolean =>
      new X509Certificate(cert).checkIssued(new X509Certificate(ca))

    expect(isIssued(one.cert, one.ca)).toBe(true)
    expect(isIssued(other.cert, other.ca)).toBe(true)
    expect(isIssued(one.cert, other.ca)).toBe(false)
  })

  test('the certificate is good from yesterday for 825 days', async () => {
    const now = Date.UTC(2026, 4, 1)
    const { cert, notAfter } = await makeCertificates({ randomBytes, now })
    const { X509Certificate } = await import('node:crypto')
    const { validFrom, validTo, subject, issuer } = new X509Certificate(cert)
    expect({ subject, issuer }).toEqual({ subject: 'CN=xos-core', issuer: 'CN=CORD Test Root CA' })
    expect(Date.parse(validFrom)).toBe(now - 24 * 3_600_000)
    expect(Date.parse(validTo)).toBe(notAfter)
    expect(notAfter).toBe(now + 825 * 24 * 3_600_000)
  })

  test('speaks no old version of TLS', async () => {
    const code = await new Promise((resolve) => {
      const socket = connectTls(
        {
          port,
          host: 'localhost',
          rejectUnauthorized: false,
          maxVersion: 'TLSv1.1',
          minVersion: 'TLSv1',
        },
        () => {
          resolve('connected')
        },
      )
      socket.on('error', ({ message }) => {
        resolve(message)
      })
    })
    expect(code).not.toBe('connected')
  })
})

test('a step is known by its token, which is no administrator', async () => {
  const { store, clock } = core
  const { token } = await issueToken({ store, clock, randomBytes }, administrator, 'instance')
  const step = await core.dial({ authorization: `Bearer ${token}` })
  await expect(step.ask('xos.utility/AuthenticatedNoOp')).resolves.toBeDefined()
  expect(await step.refused('xos.dynamicload/LoadModels', { name: 'x' })).toMatchObject({ code: 7 })
  const wrong = { authorization: `Bearer sst_${'x'.repeat(43)}` }
  const anybody = await core.dial({})
  expect(await anybody.refused('xos.utility/AuthenticatedNoOp', {}, wrong)).toMatchObject({
    code: 7,
  })
})

describe('limits', () => {
  test.each([5, 20])('a request of %i MiB is refused as too large', async (size) => {
    const reply = await send('xos.xos/CreateSite', Buffer.alloc(size * 1024 * 1024))
    expect(reply).toMatchObject({ code: 8 })
  })

  test('bytes that are no message are refused', async () => {
    const cut = Buffer.from([0x0a, 0x7f, 0x41])
    expect(await send('xos.xos/CreateSite', cut)).toMatchObject({
      code: 3,
      errorCode: 'VALIDATION',
    })
  })

  test('no bytes at all make the core fail', async () => {
    const names = ['xos.xos/FilterSite', 'xos.xos/UpdateSlice', 'xos.utility/ListDirtyModels']
    const { length } = core.log.lines.filter(({ level }) => level === 'error')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.uint8Array({ maxLength: 64 }),
        async (name, bytes) => {
          const reply = await send(name, bytes)
          if (!Buffer.isBuffer(reply)) expect([2, 3, 5, 7]).toContain(reply.code)
        },
      ),
      { numRuns: 100 },
    )
    expect(core.log.lines.filter(({ level }) => level === 'error')).toHaveLength(length)
  })

  test.each([
    ['HTTP/1.1', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['TLS', '\x16\x03\x01'.padEnd(100)],
    ['nothing', '\0'.repeat(1000)],
  ])(
    'a connection that speaks %s on the plaintext port ends, and others are served',
    async (_, text) => {
      const socket: Socket = connect(core.port, 'localhost')
      socket.on('error', () => undefined)
      const ended = new Promise((resolve) => socket.on('close', resolve))
      socket.resume().write(text)
      await ended
      await expect(admin.ask('xos.utility/NoOp')).resolves.toBeDefined()
    },
  )

  test('a call whose deadline passes ends, and leaves no trace in the log', async () => {
    const { length } = core.log.lines
    const call = admin.ask('xos.xos/ListSite', {}, {}, { deadline: Date.now() - 1 })
    await expect(call).rejects.toMatchObject({ code: 4 })
    await expect(admin.ask('xos.xos/ListSite')).resolves.toBeDefined()
    expect(core.log.lines).toHaveLength(length)
  })
})

/** Sends what may be a part of a message only, and ends nothing. Answers the status that comes all the same. */
const statusAfter = (path: string, frame: Uint8Array, headers: IncomingHttpHeaders = {}) =>
  new Promise<string | undefined>((resolve, reject) => {
    const session = connectHttp2(`http://localhost:${core.port}`).on('error', reject)
    const grpc = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' }
    const stream = session.request({ ...grpc, ':path': path, ...headers })
    const note = ({ 'grpc-status': status }: IncomingHttpHeaders): void => {
      if (typeof status === 'string') resolve(status)
    }
    stream.on('response', note).on('trailers', note).on('error', reject)
    stream.on('close', () => {
      session.destroy()
      resolve(undefined)
    })
    stream.resume().write(frame)
  })

/** The first bytes of a message that is said to have that many. */
const beginning = (bytes: number): Buffer => {
  const frame = Buffer.alloc(1000)
  frame.writeUInt32BE(bytes, 1)
  return frame
}

describe('strangers', () => {
  const large = 10 * 1024 * 1024

  test.each(['CreateSite', 'ListSite'])('are refused before a byte of %s is read', async (name) => {
    expect(await statusAfter(`/xos.xos/${name}`, beginning(large))).toBe('16')
  })

  test.each(['/xos.filetransfer/Download', '/xos.filetransfer/Upload'])(
    'are refused before a byte of %s is read',
    async (path) => {
      expect(await statusAfter(path, beginning(large))).toBe('16')
    },
  )

  test.each([
    '/xos.utility/Login',
    '/schema.SchemaService/GetSchema',
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    '/grpc.health.v1.Health/Check',
  ])('send no large message to %s', async (path) => {
    expect(await statusAfter(path, beginning(large))).toBe('8')
    expect(await statusAfter(path, beginning(17 * 1024))).toBe('8')
  })

  test('send no message that becomes large when it is unpacked', async () => {
    const packed = gzipSync(Buffer.alloc(large))
    const frame = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), packed])
    frame.writeUInt32BE(packed.length, 1)
    expect(packed.length).toBeLessThan(16 * 1024)
    expect(await statusAfter('/xos.utility/Login', frame, { 'grpc-encoding': 'gzip' })).toBe('8')
  })

  test('have a minute to say what they want', async () => {
    const timers = core.clock.timerCount()
    const late = statusAfter('/xos.utility/Login', beginning(1500))
    await until(() => core.clock.timerCount() > timers)
    await core.clock.advance(60_000)

    expect(await late).toBe('4')
  })
})

test('a fault of the core is told to its log, and to nobody else', async () => {
  // Nobody can write what the database does not hold any more.
  await core.database.query('alter table session rename to gone')
  const anybody = await core.dial({ 'x-xossession': 'a'.repeat(32) })
  const refusal = await anybody.refused('xos.utility/AuthenticatedNoOp')
  await core.database.query('alter table gone rename to session')
  expect(refusal).toMatchObject({ code: 13, errorCode: 'INTERNAL' })
  expect(JSON.parse(refusal.details)).toEqual({
    error: 'XOSProgrammingError',
    specific_error: 'The core failed on this request; its log says why',
    fields: {},
  })
  expect(core.log.lines.at(-1)).toMatchObject({
    level: 'error',
    message: 'gRPC request failed',
    fields: { method: '/xos.utility/AuthenticatedNoOp' },
  })
})

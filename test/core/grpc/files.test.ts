import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceError } from '@grpc/grpc-js'
import protobuf from 'protobufjs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from './support.ts'
import { openXosCore, refusalOf, type Refusal, type XosClient, type XosCore } from './xos-core.ts'

let core: XosCore
let admin: XosClient
beforeAll(async () => {
  core = await openXosCore()
  admin = await core.dial()
})
afterEach(() => {
  for (const name of readdirSync(core.files)) rmSync(join(core.files, name), { recursive: true })
})
afterAll(() => core.close())

const at = (name: string): string => `file:///var/run/xos/backup/local/${name}`

// A client that sends bytes where the text says string, as cordctl does.
const { root } = protobuf.parse(
  `syntax = "proto3";
   message Chunk { string uri = 1; bytes chunk = 2; }
   message Contents { bytes chunk = 1; }`,
  { keepCase: true },
)
const chunkType = root.lookupType('Chunk')
const contentsType = root.lookupType('Contents')

type Chunk = { readonly uri?: string; readonly chunk?: Uint8Array }

const upload = (chunks: readonly Chunk[]): Promise<object> =>
  new Promise((resolve, reject) => {
    const { path, responseDeserialize } = admin.method('xos.filetransfer/Upload')
    const call = admin.client.makeClientStreamRequest(
      path,
      (chunk: Chunk) => Buffer.from(chunkType.encode(chunk).finish()),
      responseDeserialize,
      admin.metadata(),
      (error, reply) => {
        if (error === null) resolve(reply ?? {})
        else reject(error)
      },
    )
    for (const chunk of chunks) call.write(chunk)
    call.end()
  })

const download = (uri: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const { path, requestSerialize } = admin.method('xos.filetransfer/Download')
    const chunks: Buffer[] = []
    const call = admin.client.makeServerStreamRequest(
      path,
      requestSerialize,
      (bytes: Buffer) => {
        const { chunk } = contentsType.decode(bytes) as unknown as { chunk: Buffer }
        return Buffer.from(chunk)
      },
      { uri },
      admin.metadata(),
    )
    call.on('data', (chunk: Buffer) => chunks.push(chunk))
    call.on('error', reject)
    call.on('end', () => {
      resolve(Buffer.concat(chunks))
    })
  })

const refused = (call: Promise<unknown>): Promise<Refusal> =>
  call.then(
    () => {
      throw new Error('Expected a refusal')
    },
    (error: unknown) => refusalOf(error as ServiceError),
  )

const checksumOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

test('a file of any bytes goes in and comes out, in pieces that cut letters in two', async () => {
  const content = Buffer.concat([Buffer.from('snow ☃ man '), randomBytes(300_000)])
  const pieces = [content.subarray(0, 6), content.subarray(6, 200_000), content.subarray(200_000)]
  const [first, ...rest] = pieces.map((chunk) => ({ chunk }))
  const status = await upload([{ uri: at('f-1.bin'), ...first }, ...rest])
  expect(status).toEqual({
    status: 'SUCCESS',
    checksum: checksumOf(content),
    chunks_received: 3,
    bytes_received: content.length,
  })
  expect(readFileSync(join(core.files, 'f-1.bin'))).toEqual(content)
  expect(await download(at('f-1.bin'))).toEqual(content)
})

test('the first chunk names the file', async () => {
  await upload([
    { uri: at('one'), chunk: Buffer.from('a') },
    { uri: at('two'), chunk: Buffer.from('b') },
  ])
  expect(readdirSync(core.files)).toEqual(['one'])
  expect(readFileSync(join(core.files, 'one'), 'utf8')).toBe('ab')
})

test('a file is replaced as a whole', async () => {
  await upload([{ uri: at('f'), chunk: Buffer.from('long content') }])
  await upload([{ uri: at('f'), chunk: Buffer.from('short') }])
  expect((await download(at('f'))).toString()).toBe('short')
})

test('an upload without chunks is a success of nothing', async () => {
  // Success and zeros are what is not sent.
  expect(await upload([])).toEqual({})
  expect(readdirSync(core.files)).toEqual([])
})

test('an empty file is a file', async () => {
  await upload([{ uri: at('empty') }])
  expect(await download(at('empty'))).toHaveLength(0)
})

test.each([
  'file:///etc/passwd',
  '/var/run/xos/backup/local/f',
  'https://example.org/f',
  '',
  at(''),
  at('..'),
  at('../f'),
  at('a/b'),
  at('.upload-1'),
  at('a\0b'),
  at('a%2e'),
  at('x'.repeat(300)),
])('uri %j is refused as an exception, in either direction', async (uri) => {
  const written = await refused(upload([{ uri, chunk: Buffer.from('evil') }]))
  expect(written.code).toBe(2)
  expect(written.details).toMatch(/^Exception calling application: Expected a uri file:/)
  const read = await refused(download(uri))
  expect(read.code).toBe(2)
  expect(read.details).toMatch(/^Exception iterating responses: Expected a uri file:/)
  expect(readdirSync(core.files)).toEqual([])
})

test('what is no plain file of the folder is not there', async () => {
  writeFileSync(join(core.files, 'target'), 'secret')
  symlinkSync('/etc/hostname', join(core.files, 'link-out'))
  symlinkSync('target', join(core.files, 'link-in'))
  mkdirSync(join(core.files, 'folder'))
  for (const name of ['missing', 'link-out', 'link-in', 'folder']) {
    expect(await refused(download(at(name)))).toEqual({
      code: 2,
      details: `Exception iterating responses: There is no file ${at(name)}`,
      errorCode: 'NOT_FOUND',
    })
  }
})

test('an upload replaces a link, and never writes through it', async () => {
  writeFileSync(join(core.files, 'target'), 'kept')
  symlinkSync('target', join(core.files, 'link'))
  await upload([{ uri: at('link'), chunk: Buffer.from('new') }])
  expect(readFileSync(join(core.files, 'target'), 'utf8')).toBe('kept')
  expect(readFileSync(join(core.files, 'link'), 'utf8')).toBe('new')
})

test('an upload that breaks off leaves nothing behind', async () => {
  const { path, responseDeserialize } = admin.method('xos.filetransfer/Upload')
  let end: (error: unknown) => void = () => undefined
  const ended = new Promise((resolve) => (end = resolve))
  const call = admin.client.makeClientStreamRequest(
    path,
    (chunk: Chunk) => Buffer.from(chunkType.encode(chunk).finish()),
    responseDeserialize,
    admin.metadata(),
    (error) => {
      end(error)
    },
  )
  call.write({ uri: at('half'), chunk: randomBytes(100_000) })
  await until(() => readdirSync(core.files).length > 0)
  call.cancel()
  expect(await ended).toMatchObject({ code: 1 })
  await until(() => readdirSync(core.files).length === 0)
  expect(await refused(download(at('half')))).toMatchObject({ errorCode: 'NOT_FOUND' })
})

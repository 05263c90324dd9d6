import { connect, type IncomingHttpHeaders } from 'node:http2'
import { afterEach, expect, test } from 'vitest'
import { createBench, createWork } from './support.ts'

const bench = createBench()
afterEach(() => bench.close())

/** Plain HTTP/2, so that the bytes are those of the published definition: field 1, a string. */
const requestOf = (service: string): Buffer => {
  const text = Buffer.from(service)
  const message = service === '' ? Buffer.alloc(0) : Buffer.from([0x0a, text.length, ...text])
  return Buffer.from([0, 0, 0, 0, message.length, ...message])
}

const open = (port: number, method: 'Check' | 'Watch', service: string) => {
  const session = connect(`http://127.0.0.1:${port}`)
  const stream = session.request({
    ':method': 'POST',
    ':path': `/grpc.health.v1.Health/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.end(requestOf(service))
  return { session, stream }
}

/** All bytes of the answer, and the status at its end. */
const ask = (port: number, method: 'Check' | 'Watch', service: string) =>
  new Promise<{ bytes: number[]; status: unknown }>((resolve, reject) => {
    const { session, stream } = open(port, method, service)
    const bytes: number[] = []
    let status: unknown
    stream.on('response', (headers) => (status = headers['grpc-status']))
    stream.on('trailers', (trailers: IncomingHttpHeaders) => (status = trailers['grpc-status']))
    stream.on('data', (chunk: Buffer) => bytes.push(...chunk))
    stream.on('error', reject)
    stream.on('close', () => {
      session.close()
      resolve({ bytes, status: Number(status) })
    })
  })

const serving = [0, 0, 0, 0, 2, 0x08, 1]
const notServing = [0, 0, 0, 0, 2, 0x08, 2]
const serviceUnknown = [0, 0, 0, 0, 2, 0x08, 3]

test.each(['', 'syncstep.v1.Dispatch'])('%j is serving, without credentials', async (service) => {
  const { port } = await bench.serve(createWork().work)
  expect(await ask(port, 'Check', service)).toEqual({ bytes: serving, status: 0 })
})

test('a service that is not there is not found', async () => {
  const { port } = await bench.serve(createWork().work)
  expect(await ask(port, 'Check', 'xos.xos')).toEqual({ bytes: [], status: 5 })
})

test.each([
  ['', [...serving, ...notServing]],
  ['xos.xos', [...serviceUnknown, ...serviceUnknown]],
])('a watcher of %j hears that the server stops', async (service, bytes) => {
  const { port, close } = await bench.serve(createWork().work)
  const { session, stream } = open(port, 'Watch', service)
  const heard: number[] = []
  const ended = new Promise((resolve) => stream.on('close', resolve))
  await new Promise<void>((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      heard.push(...chunk)
      resolve()
    })
  })

  await close()
  await ended
  session.close()

  expect(heard).toEqual(bytes)
})

test('a port that is taken is one clear sentence, with the code of Node', async () => {
  const { port } = await bench.serve(createWork().work)
  await expect(bench.serve(createWork().work, { port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: `Cannot listen for gRPC on 127.0.0.1:${port}: EADDRINUSE`,
  })
})

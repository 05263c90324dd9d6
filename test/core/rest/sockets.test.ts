import { request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asAdmin, openFaces, toscaAsAdmin, type Faces } from '../faces.ts'

const services = '/xosapi/v1/hello-world/helloworldservices'
const size = 100 * 2 ** 20

let faces: Faces
let ports: { readonly rest: number; readonly tosca: number }
beforeAll(async () => {
  faces = await openFaces()
  await faces.rest.listen({ port: 0, host: '127.0.0.1' })
  await faces.tosca.listen({ port: 0, host: '127.0.0.1' })
  const portOf = ({ server }: Faces['rest']) => (server.address() as AddressInfo).port
  ports = { rest: portOf(faces.rest), tosca: portOf(faces.tosca) }
})
afterAll(() => faces.close())

type Sent = { readonly status: number; readonly body: string; readonly sentBytes: number }

/** Sends up to 100 MB as fast as they are taken, until there is an answer. */
const sendBig = (port: number, path: string, headers: Record<string, string>): Promise<Sent> =>
  new Promise((resolve, reject) => {
    const chunk = Buffer.alloc(2 ** 16, ' ')
    let sentBytes = 0
    let answered = false
    const outgoing = request({ port, host: '127.0.0.1', path, method: 'POST', headers })
    const pump = (): void => {
      while (!answered && sentBytes < size) {
        sentBytes += chunk.length
        if (!outgoing.write(chunk)) return
      }
    }
    const read = async (answer: IncomingMessage): Promise<void> => {
      answered = true
      const body = Buffer.concat((await answer.toArray()) as Buffer[]).toString()
      outgoing.destroy()
      resolve({ status: answer.statusCode ?? 0, body, sentBytes })
    }
    outgoing.on('drain', pump)
    outgoing.on('response', (answer) => void read(answer))
    outgoing.on('error', (error) => {
      if (!answered) reject(error)
    })
    if (headers['expect'] === undefined) pump()
    else outgoing.on('continue', pump).flushHeaders()
  })

const json = { ...asAdmin, 'content-type': 'application/json' }
const length = { 'content-length': String(size) }
const chunked = { 'transfer-encoding': 'chunked' }
const expectation = { expect: '100-continue' }

test.each([
  ['REST', 'rest', services, 413, { ...json, ...length }],
  ['REST in chunks', 'rest', services, 413, { ...json, ...chunked }],
  ['REST from a stranger', 'rest', services, 401, { 'content-type': 'text/x', ...length }],
  ['TOSCA', 'tosca', '/run', 413, { ...toscaAsAdmin, ...length }],
  ['TOSCA in chunks', 'tosca', '/delete', 413, { ...toscaAsAdmin, ...chunked }],
  ['a path that is not there', 'tosca', '/nowhere', 404, { ...length }],
] as const)(
  'a body of 100 MB to %s is refused long before it is read',
  async (_what, face, path, status, headers) => {
    const answer = await sendBig(ports[face], path, headers)

    expect(answer.status).toBe(status)
    expect(answer.body).toMatch(/XOS/)
    expect(answer.sentBytes).toBeLessThan(size / 2)
  },
)

test.each([
  ['a body that is too large', 413, { ...json, ...length, ...expectation }],
  ['a body from a stranger', 401, { ...length, ...expectation }],
])('%s is not asked for when the client waits to be asked', async (_what, status, headers) => {
  const answer = await sendBig(ports.rest, services, headers)

  expect(answer).toMatchObject({ status, sentBytes: 0 })
})

test('a body that the client waits to be asked for is asked for when it is wanted', async () => {
  const answer = await fetchText(
    { ...json, ...expectation, connection: 'close' },
    '{"name":"asked","hello_from":"x"}',
  )

  expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
})

test('a client that is refused while it sends hears no more after the answer', async () => {
  const answer = await fetchText({ ...length, connection: 'keep-alive' }, 'the first of 100 MB')

  expect(answer).toMatch(/^HTTP\/1\.1 401 /)
  expect(answer).not.toContain('Timeout')
})

/** Sends one request as bytes; all the bytes that come back until the server ends the connection. */
const fetchText = (headers: Record<string, string>, body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(ports.rest, '127.0.0.1')
    const lines = Object.entries({
      host: 'x',
      'content-length': String(body.length),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`)
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (data: string) => {
      text += data
    })
    socket.on('end', () => {
      socket.destroy()
      resolve(text)
    })
    socket.on('error', reject)
    socket.write(`POST ${services} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  })

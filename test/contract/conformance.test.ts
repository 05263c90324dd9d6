import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { decodeEvent, type CloudEvent } from '#contract'

// The scenarios by which the CloudEvents project tells whether an SDK has the HTTP protocol binding, by real HTTP.

const data = '{\n    "message": "Hello World!"\n}'

const binaryRequest = (contentType: string): string =>
  [
    'POST /someresource HTTP/1.1',
    'Host: example.com',
    'ce-specversion: 1.0',
    'ce-type: com.example.someevent',
    'ce-time: 2018-04-05T03:56:24Z',
    'ce-id: 1234-1234-1234',
    'ce-source: /mycontext/subcontext',
    `Content-Type: ${contentType}`,
    `Content-Length: ${data.length}`,
    '',
    data,
  ].join('\r\n')

const envelope = JSON.stringify({
  specversion: '1.0',
  type: 'com.example.someevent',
  time: '2018-04-05T03:56:24Z',
  id: '1234-1234-1234',
  source: '/mycontext/subcontext',
  datacontenttype: 'application/json',
  data: { message: 'Hello World!' },
})

const structuredRequest = (contentType: string): string =>
  [
    'POST /someresource HTTP/1.1',
    'Host: example.com',
    `Content-Type: ${contentType}`,
    `Content-Length: ${envelope.length}`,
    '',
    envelope,
  ].join('\r\n')

/** What arrives of a request that is sent as it is written here. */
const received = async (request: string): Promise<CloudEvent> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write(request)
  const [message] = (await once(server, 'request')) as [IncomingMessage]
  const event = decodeEvent(message.headersDistinct, await buffer(message))
  socket.destroy()
  server.close()
  return event
}

const expected = {
  id: '1234-1234-1234',
  type: 'com.example.someevent',
  source: '/mycontext/subcontext',
  time: '2018-04-05T03:56:24Z',
  extensions: {},
  data: { message: 'Hello World!' },
}

test.each(['application/json', 'application/json; charset=utf-8'])(
  'binary content mode (%s)',
  async (datacontenttype) => {
    const event = await received(binaryRequest(datacontenttype))
    expect(event).toEqual({ ...expected, datacontenttype })
  },
)

test.each(['application/cloudevents+json', 'application/cloudevents+json; charset=utf-8'])(
  'structured content mode (%s)',
  async (contentType) => {
    const event = await received(structuredRequest(contentType))
    expect(event).toEqual({ ...expected, datacontenttype: 'application/json' })
  },
)

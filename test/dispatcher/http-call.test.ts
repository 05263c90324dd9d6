import { getEventListeners } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  decodeChange,
  decodeEvent,
  type Change,
  type CloudEvent,
  type Delivery,
  type Outcome,
} from '#contract'
import { createHttpCall, type Target } from '#dispatcher'
import { toNodeHandler, type Step } from '#functions'
import { createManualClock } from '../support/manual-clock.ts'
import { targetFor } from '../support/started-dispatcher.ts'

const change: Change = {
  operation: 'sync',
  model: 'Color',
  record: { id: 7, name: 'red' },
  expanded: {},
  stamp: 1_000_000,
  attempt: 1,
}

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

type Answering = (request: IncomingMessage, response: ServerResponse) => void

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

const listen = async (server: Server | ReturnType<typeof createTcpServer>): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const serve = async (answering: Answering): Promise<string> => {
  const server = createServer(answering)
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${await listen(server)}/`
}

/** A server that does not keep to HTTP. */
const serveRaw = async (onSocket: (socket: Socket) => void): Promise<string> => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  cleanups.push(() => {
    server.close()
  })
  return `http://127.0.0.1:${await listen(server)}/`
}

const callTo = (url: string, changes: Partial<Target> = {}, token?: string) => {
  const { call, close } = createHttpCall({
    synchronizer: 'paint',
    clock: createManualClock(1_000),
    ...(token === undefined ? {} : { token }),
  })
  cleanups.push(close)
  const target = targetFor('Color', { url, ...changes })
  return (signal = new AbortController().signal): Promise<Outcome> =>
    call(target, change, signal, { traceparent })
}

test('connections are kept, but not for longer than a minute, in which a name may come to lead elsewhere', async () => {
  const ports: (number | undefined)[] = []
  const url = await serve((request, response) => {
    ports.push(request.socket.remotePort)
    response.writeHead(204).end()
  })
  const clock = createManualClock(1_000)
  const { call, close } = createHttpCall({ synchronizer: 'paint', clock })
  cleanups.push(close)
  const target = targetFor('Color', { url, concurrency: 1 })
  const { signal } = new AbortController()

  await call(target, change, signal)
  await clock.advance(59_999)
  await call(target, change, signal)
  await clock.advance(1)
  await call(target, change, signal)

  expect(ports[1]).toBe(ports[0])
  expect(ports[2]).not.toBe(ports[0])
})

const oneByte = 'x'

describe('a request', () => {
  test('says where the call may be completed, when it may', async () => {
    const seen: unknown[] = []
    const url = await serve((request, response) => {
      seen.push(request.headers['ce-completionurl'])
      response.writeHead(202).end()
    })
    const clock = createManualClock(1_000)
    const { call, close } = createHttpCall({ synchronizer: 'paint', clock })
    cleanups.push(close)
    const { signal } = new AbortController()

    await call(targetFor('Color', { url }), change, signal, {
      completionUrl: 'https://core.test/right',
    })
    await call(targetFor('Color', { url }), change, signal)

    expect(seen).toEqual(['https://core.test/right', undefined])
  })

  test('shows its function the token and a signature that its host believes', async () => {
    const secret = Buffer.alloc(32, 7).toString('base64')
    const clock = createManualClock(1_000)
    const nothing = (): undefined => undefined
    const step: Step = { observes: 'Color', sync_record: nothing, delete_record: nothing }
    const statuses = []
    for (const callers of [{ tokens: ['t'] }, { secrets: [secret] }]) {
      const handler = toNodeHandler(step, { callers, clock })
      const target = targetFor('Color', { url: await serve(handler) })
      for (const shown of [{ token: 't', secret }, { token: 't' }, { secret }, {}]) {
        const { call, close } = createHttpCall({ synchronizer: 'paint', clock, ...shown })
        cleanups.push(close)
        const { kind } = await call(target, change, new AbortController().signal)
        statuses.push(kind)
      }
    }

    expect(statuses).toEqual([
      ...['synced', 'synced', 'target-misconfigured', 'target-misconfigured'],
      ...['synced', 'target-misconfigured', 'synced', 'target-misconfigured'],
    ])
  })

  test('carries what its function may do in the core, in headers that are no part of the event', async () => {
    const seen: unknown[] = []
    const url = await serve(({ headers }, response) => {
      seen.push([headers['syncstep-core'], headers['syncstep-token']])
      response.writeHead(204).end()
    })
    const { call, close } = createHttpCall({
      synchronizer: 'paint',
      clock: createManualClock(1_000),
    })
    cleanups.push(close)
    const { signal } = new AbortController()
    const access = { url: 'http://core:30006', token: 'good for this call' }

    await call(targetFor('Color', { url }), change, signal, { access })

    expect(seen).toEqual([['http://core:30006', 'good for this call']])
  })

  test('of an event step is the event as it came, with the attempt and the deadline', async () => {
    const seen: CloudEvent[] = []
    const url = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        seen.push(decodeEvent(request.rawHeaders, Buffer.concat(chunks)))
        response.writeHead(204).end()
      })
    })
    const { call, close } = createHttpCall({
      synchronizer: 'paint',
      clock: createManualClock(1_000),
    })
    cleanups.push(close)
    const event = {
      specversion: '1.0',
      id: 'e1',
      source: '/ports#colors',
      type: 'org.example.port',
      partitionkey: 'p7',
      datacontenttype: 'application/json',
      data: { up: true },
    }
    const delivery: Delivery = { operation: 'event', event, stamp: 5, attempt: 3 }
    const target = targetFor('paint/listen', { url, kind: 'event', timeoutMs: 2_000 })

    const outcome = await call(target, delivery, new AbortController().signal)

    expect(outcome).toEqual({ kind: 'synced' })
    expect(seen).toEqual([
      {
        id: 'e1',
        source: '/ports#colors',
        type: 'org.example.port',
        datacontenttype: 'application/json',
        extensions: { partitionkey: 'p7', attempt: '3', expirytime: '1970-01-01T00:00:03.000Z' },
        data: { up: true },
      },
    ])
  })

  test('is the change as one CloudEvent, with its deadline and the trace that it is part of', async () => {
    const seen: { request: IncomingMessage; body: string }[] = []
    const url = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () => {
        seen.push({ request, body })
        response.writeHead(204).end()
      })
    })

    await callTo(`${url}paint?all=1`, {}, 'open sesame')()

    const [{ request, body }] = seen as [(typeof seen)[0]]
    expect(request.method).toBe('POST')
    expect(request.url).toBe('/paint?all=1')
    expect(request.headers.authorization).toBe('Bearer open sesame')
    const decoded = decodeChange(request.headers, body)
    expect(decoded).toMatchObject({ change, deadline: 31_000 })
    expect(decoded.event.source).toBe('/synchronizers/paint')
    expect(request.headers['traceparent']).toBe(traceparent)
  })

  test('leaves nothing on the signal', async () => {
    const url = await serve((_request, response) => response.writeHead(204).end())
    const { signal } = new AbortController()

    await callTo(url)(signal)

    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('goes over a connection of those before', async () => {
    const connections = new Set<Socket>()
    const url = await serve(({ socket }, response) => {
      connections.add(socket)
      response.writeHead(204).end()
    })
    const call = callTo(url)

    for (let count = 0; count < 20; count += 1) expect(await call()).toEqual({ kind: 'synced' })

    expect(connections.size).toBeLessThanOrEqual(2)
  })

  test('has a connection to itself, as many as may be under way at once', async () => {
    const waiting: ServerResponse[] = []
    const url = await serve((_request, response) => {
      if (waiting.push(response) === 3) for (const one of waiting) one.writeHead(204).end()
    })
    const call = callTo(url, { concurrency: 3 })

    expect(await Promise.all([call(), call(), call()])).toEqual(Array(3).fill({ kind: 'synced' }))
  })
})

describe('an answer', () => {
  const problem = { 'content-type': 'application/problem+json', 'retry-after': '60' }
  const cases: readonly (readonly [string, Answering, Outcome])[] = [
    ['204', (_, response) => response.writeHead(204).end(), { kind: 'synced' }],
    [
      '200 with feedback in pieces',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write('{"feedback":{"label":"(ro')
        setImmediate(() => response.end('se)"}}'))
      },
      { kind: 'synced', feedback: { label: '(rose)' } },
    ],
    [
      '200 in letters of several bytes, cut between them',
      (_, response) => {
        const body = Buffer.from('{"note":"größer"}')
        response.writeHead(200)
        response.write(body.subarray(0, 12))
        setImmediate(() => response.end(body.subarray(12)))
      },
      { kind: 'synced', note: 'größer' },
    ],
    [
      '103 before the true one',
      (_, response) => {
        response.writeEarlyHints({ link: '</style.css>; rel=preload' })
        response.writeHead(204).end()
      },
      { kind: 'synced' },
    ],
    [
      '409 with Retry-After',
      (_, response) => response.writeHead(409, problem).end('{"detail":"Maybe later"}'),
      { kind: 'deferred', text: 'Maybe later', retryAfterMs: 60_000 },
    ],
    [
      '500',
      (_, response) => response.writeHead(500).end('Maybe not'),
      { kind: 'failed', text: 'Maybe not', retry: true },
    ],
  ]
  test.each(cases)('%s', async (_title, answering, outcome) => {
    expect(await callTo(await serve(answering))()).toEqual(outcome)
  })

  test('that redirects is not followed', async () => {
    let visits = 0
    const url = await serve((_request, response) => {
      visits += 1
      response.writeHead(307, { location: '/elsewhere' }).end()
    })

    expect(await callTo(url)()).toMatchObject({ kind: 'target-misconfigured' })
    expect(visits).toBe(1)
  })

  test('of 1 MiB is read, one byte more is too large', async () => {
    let size = 1_048_576
    const url = await serve((_request, response) =>
      response.writeHead(500).end(oneByte.repeat(size)),
    )
    const call = callTo(url)

    expect(await call()).toMatchObject({ text: expect.stringMatching(/^x+/) as unknown })
    size += 1
    expect(await call()).toEqual({
      kind: 'failed',
      text: 'Expected an answer of at most 1048576 bytes, got more',
      retry: true,
    })
  })

  test('that never ends is left when it is too large', async () => {
    let closed = (): void => undefined
    const isClosed = new Promise<void>((resolve) => (closed = resolve))
    const url = await serve((_request, response) => {
      response.writeHead(200)
      const pour = (): void => {
        while (response.write(oneByte.repeat(65_536)));
      }
      response.on('drain', pour)
      response.on('close', closed)
      pour()
    })

    expect(await callTo(url)()).toMatchObject({ kind: 'failed', retry: true })
    await isClosed
  })

  test('that is cut off in its body has failed', async () => {
    const url = await serveRaw((socket) => {
      socket.once('data', () => {
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"feedback":')
      })
    })

    expect(await callTo(url)()).toMatchObject({
      kind: 'failed',
      text: expect.stringMatching(/^The answer was cut off: /) as unknown,
      retry: true,
    })
  })

  test('that is no HTTP has failed', async () => {
    const url = await serveRaw((socket) => {
      socket.once('data', () => socket.end('220 mail.example.org ESMTP\r\n'))
    })

    expect(await callTo(url)()).toMatchObject({
      kind: 'failed',
      text: expect.stringMatching(/^The answer cannot be read: /) as unknown,
      retry: true,
    })
  })
})

describe('without an answer', () => {
  test('a refused connection shows that the target is down', async () => {
    const server = createTcpServer()
    const port = await listen(server)
    await new Promise((resolve) => server.close(resolve))

    expect(await callTo(`http://127.0.0.1:${port}/`)()).toEqual({
      kind: 'target-down',
      text: `Waiting for function color: connect ECONNREFUSED 127.0.0.1:${port}`,
    })
  })

  test('a connection that is reset before the answer shows that the target is down', async () => {
    const url = await serveRaw((socket) => {
      socket.once('data', () => socket.resetAndDestroy())
    })

    expect(await callTo(url)()).toMatchObject({ kind: 'target-down' })
  })

  test('a hint before the answer is none', async () => {
    const url = await serveRaw((socket) => {
      socket.once('data', () => {
        socket.end('HTTP/1.1 103 Early Hints\r\n\r\n')
      })
    })

    expect(await callTo(url)()).toMatchObject({ kind: 'target-down' })
  })

  test('a name that nobody knows shows that the target is down', async () => {
    expect(await callTo('http://color.invalid/')()).toMatchObject({ kind: 'target-down' })
  })

  test('a call that is cut off in the middle has failed, and its connection is closed', async () => {
    const controller = new AbortController()
    let closed = (): void => undefined
    const isClosed = new Promise<void>((resolve) => (closed = resolve))
    const url = await serve((request) => {
      request.socket.on('close', closed)
      controller.abort(new Error('No answer within 30 s'))
    })

    expect(await callTo(url)(controller.signal)).toEqual({
      kind: 'failed',
      text: 'No answer within 30 s',
      retry: true,
    })
    await isClosed
  })

  test('a call that is cut off before there is a connection shows that the target is down', async () => {
    const url = await serve(() => undefined)
    const controller = new AbortController()

    const outcome = callTo(url)(controller.signal)
    controller.abort(new Error('No answer within 30 s'))

    expect(await outcome).toEqual({
      kind: 'target-down',
      text: 'Waiting for function color: no connection was made (No answer within 30 s)',
    })
  })

  test('a call that was cut off before it began is not made', async () => {
    let visits = 0
    const url = await serve((_request, response) => {
      visits += 1
      response.writeHead(204).end()
    })

    expect(await callTo(url)(AbortSignal.abort(new Error('The dispatcher stops')))).toMatchObject({
      kind: 'target-down',
    })
    expect(visits).toBe(0)
  })

  test('a call that was cut off does not disturb the next one', async () => {
    let visits = 0
    const url = await serve((_request, response) => {
      visits += 1
      if (visits === 1) controller.abort(new Error('No answer within 30 s'))
      else response.writeHead(204).end()
    })
    const controller = new AbortController()
    const call = callTo(url, { concurrency: 1 })

    expect(await call(controller.signal)).toMatchObject({ kind: 'failed' })
    expect(await call()).toEqual({ kind: 'synced' })
  })
})

describe('after its deadline', () => {
  test.each([
    [204, '', { kind: 'failed', text: 'The answer came 2 s after the deadline', retry: true }],
    [
      409,
      'Not yet',
      { kind: 'failed', text: 'The answer came 2 s after the deadline', retry: true },
    ],
    [500, 'No disk', { kind: 'failed', text: 'No disk', retry: true }],
    [
      504,
      'request timeout',
      {
        kind: 'failed',
        text: 'The function did not answer in the time it has (HTTP 504: request timeout)',
        retry: true,
      },
    ],
    [
      504,
      'activator request timeout',
      {
        kind: 'target-down',
        text: 'Waiting for function color: nobody answers for it (HTTP 504: activator request timeout)',
      },
    ],
  ])('%i %s', async (status, body, outcome) => {
    const clock = createManualClock(1_000)
    const url = await serve((_request, response) => {
      void clock.advance(3_000).then(() => response.writeHead(status).end(body))
    })
    const { call, close } = createHttpCall({ synchronizer: 'paint', clock })
    cleanups.push(close)
    const target = targetFor('Color', { url, timeoutMs: 1_000 })

    expect(await call(target, change, new AbortController().signal)).toEqual(outcome)
  })
})

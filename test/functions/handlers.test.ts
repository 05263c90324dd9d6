import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { encodeChange, maxEventBytes, type Change, type Message, type Mode } from '#contract'
import { toFetchHandler, toNodeHandler, type HandlerOptions, type Log, type Step } from '#functions'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 0, 31, 12)

const change: Change = {
  operation: 'sync',
  model: 'Color',
  record: { id: 7, name: 'red' },
  expanded: {},
  stamp: 5,
  attempt: 1,
}

const message = (mode: Mode = 'binary', sent = change): Message =>
  encodeChange(sent, { source: '/s', time: start, deadline: start + 30_000, mode })

const echoing: Step = {
  observes: 'Color',
  sync_record: (o) => ({ seen: o['name'] }),
  delete_record: () => undefined,
}

const errors: unknown[] = []
const nothing = (): undefined => undefined
const log: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: (...line: readonly unknown[]): void => void errors.push(line),
}

const options: HandlerOptions = { callers: 'anyone', clock: createManualClock(start), log }

/** Both kinds of handler, as something that answers a request. */
type Ask = (request: Request) => Promise<Response>

const listening = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const overNode = async (step: Step, own: HandlerOptions): Promise<Ask> => {
  const url = await listening(toNodeHandler(step, own))
  return async ({ method, headers, url: asked, body }) =>
    fetch(`${url}${new URL(asked).pathname}`, {
      method,
      headers,
      ...(body === null ? {} : { body, duplex: 'half' }),
    })
}

const overFetch = (step: Step, own: HandlerOptions): Promise<Ask> =>
  Promise.resolve(toFetchHandler(step, own))

const post = ({ headers, body }: Message): Request =>
  new Request('http://functions.test/steps/color', { method: 'POST', headers, body })

describe.each([
  ['a server of Node.js', overNode],
  ['a server of the Fetch API', overFetch],
])('in %s', (_, open) => {
  test.each<Mode>(['binary', 'structured'])('a step answers events in %s mode', async (mode) => {
    const ask = await open(echoing, options)
    const response = await ask(post(message(mode)))
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ feedback: { seen: 'red' } })
  })

  test('a step that returns nothing answers 204', async () => {
    const ask = await open({ ...echoing, sync_record: nothing }, options)
    expect((await ask(post(message()))).status).toBe(204)
  })

  test('a step describes itself at whatever path it stands', async () => {
    const ask = await open(echoing, options)
    const response = await ask(new Request('http://functions.test/steps/color'))
    expect(await response.json()).toEqual({ step: 'Color', observes: 'Color', include: [] })
  })

  test('strangers are refused', async () => {
    const ask = await open(echoing, { ...options, callers: { tokens: ['s3cret'] } })
    expect((await ask(post(message()))).status).toBe(401)
    const { headers, body } = message()
    const known = { ...headers, authorization: 'Bearer s3cret' }
    expect((await ask(post({ headers: known, body }))).status).toBe(200)
  })

  test('what is no event is refused', async () => {
    const ask = await open(echoing, options)
    expect((await ask(post({ headers: {}, body: 'x' }))).status).toBe(400)
    const put = new Request('http://functions.test/', { method: 'PUT' })
    expect((await ask(put)).status).toBe(405)
  })

  test('a body above 1 MiB is refused', async () => {
    const ask = await open(echoing, options)
    const big = { ...change, record: { id: 7, name: 'x'.repeat(maxEventBytes) } }
    expect((await ask(post(message('binary', big)))).status).toBe(413)
  })
})

test('a step hears that the caller of the Fetch API has gone', async () => {
  const caller = new AbortController()
  const step: Step = {
    ...echoing,
    sync_record: (_, { signal }) => {
      caller.abort()
      throw signal.reason
    },
  }
  const { headers, body } = message()
  const request = new Request('http://functions.test/', {
    method: 'POST',
    headers,
    body,
    signal: caller.signal,
  })
  const response = await toFetchHandler(step, options)(request)
  expect(await response.json()).toMatchObject({ detail: 'The caller has gone' })
})

test('a body that another server has read already is taken from where functions-framework and express leave it', async () => {
  const handler = toNodeHandler(echoing, options)
  for (const name of ['rawBody', 'body']) {
    const url = await listening((request, response) => {
      void buffer(request).then((body) => {
        handler(Object.assign(request, { [name]: body }), response)
      })
    })
    expect((await fetch(url, { method: 'POST', ...message() })).status).toBe(200)
  }
})

test('a body that another server has read and thrown away is the fault of that server, and said in the log', async () => {
  const handler = toNodeHandler(echoing, options)
  const url = await listening((request, response) => {
    void buffer(request).then(() => {
      handler(Object.assign(request, { body: {} }), response)
    })
  })
  errors.splice(0)
  expect((await fetch(url, { method: 'POST', ...message() })).status).toBe(500)
  const told = {
    err: expect.objectContaining({
      message: expect.stringMatching(/no parser/) as string,
    }) as Error,
  }
  expect(errors).toEqual([[told, 'Request failed']])
})

import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  createSigner,
  encodeChange,
  maxEventBytes,
  outcomeOfAnswer,
  type Change,
  type Mode,
  type Outcome,
} from '#contract'
import {
  createHost,
  DeferredException,
  InProgressException,
  TerminalException,
  type Host,
  type FunctionOptions,
  type Log,
  type Step,
  type StepContext,
} from '#functions'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 0, 31, 12, 0, 0)

const change: Change = {
  operation: 'sync',
  model: 'Color',
  record: { id: 7, name: 'red' },
  expanded: {},
  stamp: 5,
  attempt: 1,
}

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

const running: { readonly host: Host; readonly clock: ManualClock }[] = []
afterEach(async () => {
  for (const { host, clock } of running.splice(0)) {
    const closed = host.close(0)
    await clock.advance(0)
    await closed
  }
})

const serve = async (step: Partial<Step>, options: Partial<FunctionOptions> = {}) => {
  const clock = createManualClock(start)
  const whole = {
    observes: 'Color',
    sync_record: () => undefined,
    delete_record: () => undefined,
    ...step,
  }
  const host = createHost(whole, {
    name: 'color',
    log: silent,
    clock,
    callers: 'anyone',
    ...options,
  })
  running.push({ host, clock })
  const { port } = await host.listen(0, '127.0.0.1')
  return { host, clock, port, url: `http://127.0.0.1:${port}` }
}

type Sent = {
  readonly change?: Change
  readonly deadline?: number
  readonly mode?: Mode
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly completionUrl?: string
}

const post = (url: string, sent: Sent = {}): Promise<Response> => {
  const { headers, body } = encodeChange(sent.change ?? change, {
    source: '/synchronizers/test',
    time: start,
    deadline: sent.deadline ?? start + 30_000,
    mode: sent.mode ?? 'binary',
    ...(sent.completionUrl === undefined ? {} : { completionUrl: sent.completionUrl }),
  })
  return fetch(url, {
    method: 'POST',
    headers: { ...headers, ...sent.headers },
    body,
    signal: sent.signal ?? null,
  })
}

const outcomeFrom = async (response: Response): Promise<Outcome> =>
  outcomeOfAnswer(
    {
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      body: await response.text(),
    },
    { target: 'color', operation: 'sync', now: start },
  )

const problemOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  return (await response.json()) as { code: string; status: number; detail: string }
}

const reject: (value: unknown) => Promise<never> = Promise.reject.bind(Promise)

/** A step that throws what is no error. */
const throwing = (value: unknown) => () => reject(value)

/** A promise and the function that resolves it. */
const gate = <T>() => {
  let open: (value: T) => void = () => undefined
  const opened = new Promise<T>((resolve) => (open = resolve))
  return { opened, open }
}

test.each<[string, Mode, string | undefined]>([
  ['where to complete the call', 'binary', 'https://core.test/right'],
  ['where to complete the call', 'structured', 'https://core.test/right'],
  ['that it cannot complete the call', 'binary', undefined],
])('a step is told %s by a %s event', async (_what, mode, completionUrl) => {
  const told: (string | undefined)[] = []
  const { url } = await serve({
    sync_record: (_o, context) => {
      told.push(context.completionUrl)
    },
  })

  await post(url, { mode, ...(completionUrl === undefined ? {} : { completionUrl }) })

  expect(told).toEqual([completionUrl])
})

describe('what a step does reaches the dispatcher', () => {
  test.each<[string, Step['sync_record'], Outcome]>([
    ['returning nothing', () => undefined, { kind: 'synced' }],
    ['returning null', () => Promise.resolve(null as never), { kind: 'synced' }],
    [
      'returning feedback',
      async () => ({ handle: 'vm-7' }),
      { kind: 'synced', feedback: { handle: 'vm-7' } },
    ],
    [
      'deferring',
      () => {
        throw new DeferredException('Maybe later')
      },
      { kind: 'deferred', text: 'Maybe later' },
    ],
    [
      'deferring for a while',
      () => Promise.reject(new DeferredException('Maybe later', { retryAfter: '1.5s' })),
      { kind: 'deferred', text: 'Maybe later', retryAfterMs: 2000 },
    ],
    [
      'deferring until another record changes',
      () =>
        Promise.reject(new DeferredException('No page', { waitingOn: { model: 'Page', id: 3 } })),
      { kind: 'deferred', text: 'No page', waitingOn: { model: 'Page', id: 3, state: 'changed' } },
    ],
    [
      'beginning',
      () => Promise.reject(new InProgressException('Building')),
      { kind: 'in-progress', text: 'Building' },
    ],
    [
      'refusing',
      () => Promise.reject(new TerminalException('Never')),
      { kind: 'failed', text: 'Never', retry: false },
    ],
    [
      'failing',
      () => Promise.reject(new Error('Maybe not')),
      { kind: 'failed', text: 'Maybe not', retry: true },
    ],
    [
      'failing without a word',
      () => Promise.reject(new RangeError()),
      { kind: 'failed', text: 'RangeError', retry: true },
    ],
    [
      'deferring without a word',
      () => Promise.reject(new DeferredException('')),
      { kind: 'deferred', text: 'DeferredException' },
    ],
    [
      'failing beyond Latin',
      () => Promise.reject(new Error('Nö € 😀')),
      { kind: 'failed', text: 'Nö € 😀', retry: true },
    ],
    ['throwing a text', throwing('no error'), { kind: 'failed', text: 'no error', retry: true }],
    [
      'throwing an object',
      throwing({ secret: 's' }),
      { kind: 'failed', text: 'The step threw a value of type object, not an Error', retry: true },
    ],
    [
      'returning a list',
      () => [] as never,
      {
        kind: 'failed',
        text: 'Expected sync_record to return nothing or an object of feedback fields, got a list',
        retry: true,
      },
    ],
    [
      'returning a number JSON cannot carry',
      () => ({ size: 1n }),
      { kind: 'failed', text: 'Do not know how to serialize a BigInt', retry: true },
    ],
  ])('%s', async (_, sync_record, outcome) => {
    const { url } = await serve({ sync_record })
    expect(await outcomeFrom(await post(url))).toEqual(outcome)
  })

  test.each<Mode>(['binary', 'structured'])('in %s mode', async (mode) => {
    const { url } = await serve({ sync_record: (o) => ({ seen: o['name'] }) })
    const outcome = await outcomeFrom(await post(url, { mode }))
    expect(outcome).toEqual({ kind: 'synced', feedback: { seen: 'red' } })
  })

  test('a delete calls delete_record and nothing else', async () => {
    const called: string[] = []
    const { url } = await serve({
      sync_record: () => void called.push('sync'),
      delete_record: (o) => void called.push(`delete ${o.id}`),
    })
    const response = await post(url, { change: { ...change, operation: 'delete' } })
    expect(response.status).toBe(204)
    expect(called).toEqual(['delete 7'])
  })

  test('methods of a step keep their this', async () => {
    class Counting {
      readonly observes = 'Color'
      #calls = 0
      sync_record() {
        this.#calls += 1
        return { calls: this.#calls }
      }
      delete_record() {
        return undefined
      }
    }
    const step = new Counting()
    const clock = createManualClock(start)
    const host = createHost(step, { name: 'c', log: silent, clock, callers: 'anyone' })
    running.push({ host, clock })
    const { port } = await host.listen(0, '127.0.0.1')
    expect(await outcomeFrom(await post(`http://127.0.0.1:${port}`))).toEqual({
      kind: 'synced',
      feedback: { calls: 1 },
    })
  })
})

test('lines of a step carry its record, and an unexpected error is logged with its stack', async () => {
  const lines: unknown[] = []
  const keep = (...line: readonly unknown[]): void => {
    lines.push(line)
  }
  const log: Log = { ...silent, info: keep, error: keep }
  const boom = new Error('boom')
  const { url } = await serve(
    {
      sync_record: (_, context) => {
        context.log.info({ a: 1 }, 'hello')
        context.log.info('bare')
        throw boom
      },
    },
    { log },
  )
  await post(url)
  const bound = { model_name: 'Color', pk: 7, event_id: 'Color/7@5/sync' }
  expect(lines).toEqual([
    [{ ...bound, a: 1 }, 'hello'],
    [bound, 'bare'],
    [{ ...bound, err: boom }, 'Step threw an error'],
  ])
})

test('lines of a step carry the trace of the call', async () => {
  const lines: unknown[] = []
  const info = (...line: readonly unknown[]): void => {
    lines.push(line)
  }
  const { url } = await serve(
    {
      sync_record: (_, { log }) => {
        log.info('hello')
      },
    },
    { log: { ...silent, info } },
  )
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  await post(url, { headers: { traceparent } })
  const trace = { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) }
  expect(lines).toEqual([
    [{ model_name: 'Color', pk: 7, event_id: 'Color/7@5/sync', ...trace }, 'hello'],
  ])
})

test('a deferral or a refusal is no error in the log', async () => {
  const errors: unknown[] = []
  const keep = (...line: readonly unknown[]): void => {
    errors.push(line)
  }
  const log: Log = { ...silent, error: keep }
  const { url } = await serve(
    { sync_record: () => Promise.reject(new DeferredException('x')) },
    { log },
  )
  await post(url)
  expect(errors).toEqual([])
})

describe('the signal of a step', () => {
  const hold = () => {
    const entered = gate<AbortSignal>()
    const aborted = gate<unknown>()
    const step: Partial<Step> = {
      sync_record: (_, { signal }: StepContext) => {
        entered.open(signal)
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted.open(signal.reason)
            resolve(undefined)
          })
        })
      },
    }
    return { step, entered: entered.opened, aborted: aborted.opened }
  }

  test('fires at the deadline, and not before', async () => {
    const { step, entered, aborted } = hold()
    const { url, clock } = await serve(step)
    const answer = post(url, { deadline: start + 1000 })
    const signal = await entered
    await clock.advance(999)
    expect(signal.aborted).toBe(false)
    await clock.advance(1)
    expect(await aborted).toMatchObject({ message: 'The deadline of the call has passed' })
    expect((await answer).status).toBe(204)
  })

  test('fires when the caller has gone', async () => {
    const { step, entered, aborted } = hold()
    const { url } = await serve(step)
    const caller = new AbortController()
    const answer = post(url, { signal: caller.signal })
    await entered
    caller.abort()
    await expect(answer).rejects.toThrow()
    expect(await aborted).toMatchObject({ message: 'The caller has gone' })
  })

  test('is quiet when all went well', async () => {
    const signals: AbortSignal[] = []
    const { url, clock } = await serve({
      sync_record: (_, { signal }) => void signals.push(signal),
    })
    await post(url)
    await clock.advance(60_000)
    expect(signals[0]?.aborted).toBe(false)
  })

  test('a change that arrives after its deadline is not handed to the step', async () => {
    let calls = 0
    const { url } = await serve({ sync_record: () => void (calls += 1) })
    const problem = await problemOf(await post(url, { deadline: start - 250 }))
    expect(problem).toMatchObject({ status: 500, code: 'TOO_LATE' })
    expect(problem.detail).toMatch(/passed 250 ms before/)
    expect(calls).toBe(0)
  })
})

describe('refused with a problem', () => {
  test.each<[string, string, RequestInit, number, string]>([
    ['another path', '/other?x=1', {}, 404, 'NOT_FOUND'],
    ['another method', '/', { method: 'PUT', body: 'x' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a post to a probe', '/health/readiness', { method: 'POST' }, 405, 'METHOD_NOT_ALLOWED'],
    [
      'no event',
      '/',
      { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } },
      400,
      'EVENT_MALFORMED',
    ],
    [
      'a form',
      '/',
      { method: 'POST', body: new URLSearchParams({ a: 'b' }) },
      400,
      'EVENT_MALFORMED',
    ],
    [
      'a batch of what are no events',
      '/',
      {
        method: 'POST',
        body: '[{}]',
        headers: { 'content-type': 'application/cloudevents-batch+json' },
      },
      400,
      'EVENT_MALFORMED',
    ],
  ])('%s', async (_, path, init, status, code) => {
    const { url } = await serve({})
    const response = await fetch(`${url}${path}`, init)
    expect(response.status).toBe(status)
    expect(await problemOf(response)).toMatchObject({ status, code })
  })

  test('a record of another model', async () => {
    const { url } = await serve({ observes: 'Paper' })
    const response = await post(url)
    expect(response.status).toBe(422)
    expect((await problemOf(response)).detail).toMatch(/record of Paper, got one of Color/)
  })

  test('a header that stands twice', async () => {
    const { port } = await serve({})
    const { headers, body } = encodeChange(change, {
      source: '/s',
      time: start,
      deadline: start + 1,
    })
    const request = httpRequest({
      port,
      method: 'POST',
      headers: { ...headers, 'ce-id': ['a', 'b'] },
    })
    request.end(body)
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }]
    response.resume()
    expect(response.statusCode).toBe(400)
  })

  test('a body above 1 MiB, and the host lives on', async () => {
    const { url } = await serve({})
    const big = { ...change, record: { id: 7, name: 'x'.repeat(maxEventBytes) } }
    const response = await post(url, { change: big })
    expect(response.status).toBe(413)
    expect(await problemOf(response)).toMatchObject({ code: 'EVENT_TOO_LARGE' })
    expect((await post(url)).status).toBe(204)
  })

  test('an endless body, long before its end', async () => {
    const { port } = await serve({})
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString()))
    socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n',
    )
    const chunk = Buffer.alloc(256 * 1024)
    let sent = 0
    const push = (): void => {
      while (!socket.destroyed && socket.write(chunk)) sent += chunk.length
    }
    socket.on('drain', push)
    push()
    await closed
    expect(sent).toBeLessThan(32 * maxEventBytes)
    expect(received === '' || received.startsWith('HTTP/1.1 413')).toBe(true)
  })
})

describe('a batch', () => {
  const postBatch = (url: string, names: readonly string[]): Promise<Response> => {
    const envelopes = names.map((name, index) => {
      const { body } = encodeChange(
        { ...change, record: { id: index + 1, name } },
        { source: '/s', time: start, deadline: start + 30_000, mode: 'structured' },
      )
      return body
    })
    return fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: `[${envelopes.join(',')}]`,
    })
  }

  const painting = (): { readonly painted: unknown[]; readonly step: Partial<Step> } => {
    const painted: unknown[] = []
    const step: Partial<Step> = {
      sync_record: async (o) => {
        const { name } = o
        painted.push(`begin ${String(name)}`)
        await new Promise((resolve) => setImmediate(resolve))
        painted.push(`end ${String(name)}`)
        if (name === 'wet') throw new DeferredException('Not dry', { retryAfter: '3s' })
        if (name === 'infrared') throw new TerminalException('Not seen')
        return name === 'red' ? { handle: 'r' } : undefined
      },
    }
    return { painted, step }
  }

  test('is run one event after another, and answered with 200 when all are done', async () => {
    const { painted, step } = painting()
    const { url } = await serve(step)
    const response = await postBatch(url, ['red', 'blue'])
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      answers: [
        { id: 'Color/1@5/sync', status: 200, feedback: { handle: 'r' } },
        { id: 'Color/2@5/sync', status: 204 },
      ],
    })
    expect(painted).toEqual(['begin red', 'end red', 'begin blue', 'end blue'])
  })

  test('has the status of the first event that is not done, and those after it are run too', async () => {
    const { painted, step } = painting()
    const { url } = await serve(step)
    const response = await postBatch(url, ['red', 'wet', 'infrared', 'blue'])
    expect(response.status).toBe(409)
    expect(response.headers.get('retry-after')).toBe('3')
    expect(await problemOf(response)).toMatchObject({
      code: 'BATCH_NOT_DONE',
      detail: '2 of 4 events are not done; the first is Color/2@5/sync',
      answers: [
        { status: 200 },
        { status: 409 },
        { status: 422, detail: 'Not seen' },
        { status: 204 },
      ],
    })
    expect(painted).toContain('end blue')
  })

  test('may be empty', async () => {
    const { url } = await serve({})
    expect((await postBatch(url, [])).status).toBe(200)
  })

  test('with an event for another model runs the others', async () => {
    const { url } = await serve({ observes: 'Paper' })
    expect(await problemOf(await postBatch(url, ['red']))).toMatchObject({
      status: 422,
      answers: [{ code: 'WRONG_MODEL' }],
    })
  })
})

describe('with secrets', () => {
  const older = Buffer.alloc(32, 1).toString('base64')
  const newer = `whsec_${Buffer.alloc(32, 2).toString('base64')}`

  const postSigned = (url: string, secret: string, at = start, pk = 7): Promise<Response> => {
    const { headers, body } = encodeChange(
      { ...change, record: { id: pk } },
      { source: '/s', time: start, deadline: start + 30_000 },
    )
    const signed = createSigner(secret)({ id: 'Color/7@5/sync', body }, at)
    const sent = pk === 7 ? body : body.replace('{', '{ ')
    return fetch(url, { method: 'POST', headers: { ...headers, ...signed }, body: sent })
  }

  test('a call signed by any of them is let in', async () => {
    const { url } = await serve({}, { callers: { secrets: [newer, older] } })
    expect((await postSigned(url, older)).status).toBe(204)
    expect((await postSigned(url, newer)).status).toBe(204)
  })

  test('a call that was signed too long ago, by a stranger, or changed on its way is refused', async () => {
    let calls = 0
    const { url } = await serve(
      { sync_record: () => void (calls += 1) },
      { callers: { secrets: [older] } },
    )
    expect((await postSigned(url, newer)).status).toBe(401)
    expect((await postSigned(url, older, start - 301_000)).status).toBe(401)
    expect((await postSigned(url, older, start, 8)).status).toBe(401)
    expect((await post(url)).status).toBe(401)
    expect(calls).toBe(0)
  })

  test('the description is told only to whoever signs', async () => {
    const { url } = await serve({}, { callers: { secrets: [older] } })
    expect((await fetch(url)).status).toBe(401)
    const headers = createSigner(older)({ id: 'describe', body: '' }, start)
    expect((await fetch(url, { headers })).status).toBe(200)
  })

  test('tokens are good beside them', async () => {
    const { url } = await serve({}, { callers: { tokens: ['new', 'old'], secrets: [older] } })
    for (const token of ['new', 'old']) {
      expect((await post(url, { headers: { authorization: `Bearer ${token}` } })).status).toBe(204)
    }
    expect((await postSigned(url, older)).status).toBe(204)
  })

  test('a host that nobody could call is not made', () => {
    const step = { observes: 'A', sync_record: () => undefined, delete_record: () => undefined }
    const options = { name: 'x', log: silent, clock: createManualClock() }
    expect(() => createHost(step, { ...options, callers: {} })).toThrow(/tokens or secrets/)
    expect(() => createHost(step, { ...options, callers: { secrets: ['x'] } })).toThrow(/base64/)
  })
})

describe('with a token', () => {
  test.each([
    [undefined, 401],
    ['Bearer wrong', 401],
    ['Bearer s3cret2', 401],
    ['Bearer', 401],
    ['s3cret', 401],
    ['Basic s3cret', 401],
    ['Bearer s3cret', 204],
    ['bearer s3cret', 204],
  ])('Authorization %s is answered with %d', async (authorization, status) => {
    let calls = 0
    const { url } = await serve(
      { sync_record: () => void (calls += 1) },
      { callers: { tokens: ['s3cret'] } },
    )
    const response = await post(
      url,
      authorization === undefined ? {} : { headers: { authorization } },
    )
    expect(response.status).toBe(status)
    expect(calls).toBe(status === 204 ? 1 : 0)
    expect(await response.text()).not.toContain('s3cret')
  })

  test('probes need none, the description does', async () => {
    const { url } = await serve({}, { callers: { tokens: ['s3cret'] } })
    expect((await fetch(`${url}/health/readiness`)).status).toBe(200)
    expect((await fetch(url)).status).toBe(401)
  })

  test('that is empty nothing is served', () => {
    const options = {
      name: 'x',
      log: silent,
      clock: createManualClock(),
      callers: { tokens: [''] },
    }
    const step = { observes: 'A', sync_record: () => undefined, delete_record: () => undefined }
    expect(() => createHost(step, options)).toThrow('token of a function not to be empty')
  })
})

describe('a sender that asks before it sends', () => {
  const ask = async (origin: string, allowedOrigins: readonly string[]): Promise<Response> => {
    const { url } = await serve({}, { callers: { tokens: ['s3cret'] }, allowedOrigins })
    return fetch(url, { method: 'OPTIONS', headers: { 'webhook-request-origin': origin } })
  }

  test.each([[['a.example', 'b.example']], [['*']]])(
    'is told that it may, by %j',
    async (allowed) => {
      const response = await ask('b.example', allowed)
      expect(response.status).toBe(200)
      expect(response.headers.get('webhook-allowed-origin')).toBe('b.example')
      expect(response.headers.get('webhook-allowed-rate')).toBe('*')
      expect(response.headers.get('allow')).toBe('GET, POST, OPTIONS')
    },
  )

  test('is told that it may not', async () => {
    const response = await ask('c.example', ['a.example'])
    expect(response.headers.get('webhook-allowed-origin')).toBeNull()
    expect(await problemOf(response)).toMatchObject({ status: 403, code: 'ORIGIN_NOT_ALLOWED' })
  })

  test('finds nobody to ask where nobody may send so', async () => {
    expect((await ask('a.example', [])).status).toBe(401)
  })
})

test('a host describes its step', async () => {
  const { url } = await serve({ include: ['owner', 'owner.site'] })
  const response = await fetch(url)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual({
    step: 'color',
    observes: 'Color',
    include: ['owner', 'owner.site'],
  })
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(200)
})

test('probes answer', async () => {
  const { url } = await serve({})
  for (const path of ['/health/liveness', '/health/readiness']) {
    const response = await fetch(`${url}${path}`)
    expect([response.status, await response.text()]).toEqual([200, 'OK'])
  }
})

test('a port that is taken is an error, not a crash', async () => {
  const { port } = await serve({})
  const other = createHost(
    { observes: 'A', sync_record: () => undefined, delete_record: () => undefined },
    { name: 'x', log: silent, clock: createManualClock(), callers: 'anyone' },
  )
  await expect(other.listen(port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

describe('close', () => {
  const holding = () => {
    const entered = gate<true>()
    const leave = gate<undefined>()
    const step: Partial<Step> = {
      sync_record: () => {
        entered.open(true)
        return leave.opened
      },
    }
    return { step, entered: entered.opened, leave: () => leave.open(undefined) }
  }

  test('lets a call finish, and takes no new connections', async () => {
    const { step, entered, leave } = holding()
    const { host, url } = await serve(step)
    const answer = post(url)
    await entered
    const closed = host.close(5000)
    await expect(fetch(`${url}/health/readiness`)).rejects.toThrow()
    leave()
    const response = await answer
    expect(response.status).toBe(204)
    expect(response.headers.get('connection')).toBe('close')
    await closed
  })

  test('cuts off what is still under way when the grace is over', async () => {
    const { step, entered } = holding()
    const { host, url, clock } = await serve(step)
    const answer = expect(post(url)).rejects.toThrow()
    await entered
    const closed = host.close(5000)
    await clock.advance(5000)
    await answer
    await closed
  })

  /** What a host answers on a connection that was open, but silent, when the host was told to stop. */
  const askLate = async (request: string): Promise<string> => {
    const { host, port } = await serve({})
    const accepted = once(host.server, 'connection')
    const socket = connect(port, '127.0.0.1')
    const hungUp = once(socket, 'close')
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString()))
    await accepted
    const closed = host.close(5000)
    socket.write(request)
    await Promise.all([closed, hungUp])
    return received
  }

  test('answers a late call: come back later', async () => {
    const received = await askLate('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')
    expect(received).toMatch(/^HTTP\/1\.1 503 /)
    expect(received).toMatch(/\r\nretry-after: 1\r\n/i)
    expect(received).toContain('"code":"DRAINING"')
  })

  test('lets readiness fail while it lasts', async () => {
    const received = await askLate('GET /health/readiness HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(received).toMatch(/^HTTP\/1\.1 503 /)
  })

  test('waits a second, not longer, for a connection that never asked for anything', async () => {
    const { host, port, clock } = await serve({})
    const accepted = once(host.server, 'connection')
    const hungUp = once(connect(port, '127.0.0.1').resume(), 'close')
    await accepted
    let isClosed = false
    const closed = host.close(30_000).then(() => (isClosed = true))
    await clock.advance(999)
    expect(isClosed).toBe(false)
    await clock.advance(1)
    await Promise.all([closed, hungUp])
  })

  test('is harmless twice, and before listening', async () => {
    const { host } = await serve({})
    await Promise.all([host.close(1), host.close(1)])
    const idle = createHost(
      { observes: 'A', sync_record: () => undefined, delete_record: () => undefined },
      { name: 'x', log: silent, clock: createManualClock(), callers: 'anyone' },
    )
    await idle.close(1)
  })
})

import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import {
  dispatchLimits,
  type Change,
  type Leased,
  type Registration,
  type Report,
  type Want,
} from '#contract'
import { CoreError } from '#core'
import { createBench, createWork, gate, until, workOf } from './support.ts'

const bench = createBench()
afterEach(() => bench.close())

const registration: Registration = {
  name: 'hello-world',
  version: '1.0.0',
  models: [
    { filename: 'hello-world.xproto', contents: 'option name = "hello-world";\n# ünïcode\n' },
  ],
  steps: [
    {
      step: 'hello-world-service',
      model: 'HelloWorldService',
      include: ['owner', 'a.b'],
      afterPolicy: true,
      fields: ['hello_from'],
    },
    {
      step: 'page',
      model: 'Page',
      include: [],
      resyncMs: 3_600_000,
      afterPolicy: false,
      fields: [],
    },
  ],
  requiredModels: ['HelloWorldService'],
  dependencies: [{ model: 'Color', on: 'HelloWorldService', path: 'page.owner' }],
  policies: [
    { step: 'page-policy', model: 'Page', include: ['owner'], operations: ['policy_create'] },
  ],
  eventSteps: [
    { step: 'seen', types: ['a.*'], sources: ['/s'], topics: [], maxAttempts: 3 },
    { step: 'log', types: [], sources: [], topics: [] },
  ],
  pullSteps: [{ step: 'look', everyMs: 1_000.5 }],
  awaited: ['later'],
}

const outcomes: readonly Report['outcome'][] = [
  { kind: 'synced' },
  { kind: 'synced', feedback: { a: [1, { b: null }] }, note: '' },
  { kind: 'in-progress', text: 'half way', retryAfterMs: 0 },
  { kind: 'deferred', text: 'Maybe later' },
  { kind: 'deferred', text: '', waitingOn: { model: 'Page', id: 3, state: 'synced' } },
  { kind: 'target-busy', text: 'busy', retryAfterMs: 1500.5 },
  { kind: 'target-down', text: 'down' },
  { kind: 'target-misconfigured', text: 'who are you' },
  { kind: 'failed', text: 'Maybe not', retry: true },
  { kind: 'failed', text: '', retry: false },
  { kind: 'released' },
]

const reportOf = (id: number, outcome: Report['outcome']): Report => ({
  key: { model: 'Color', id },
  operation: 'delete',
  token: Number.MAX_SAFE_INTEGER,
  stamp: 1_700_000_000_123_456,
  outcome,
  durationMs: 1.25,
})

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

describe('what a dispatcher asks reaches the core as it was asked', () => {
  test('register', async () => {
    const { work, asked } = createWork()
    const { port } = await bench.serve(work)

    await bench.dial(port).register(registration)

    expect(asked).toEqual([['register', registration]])
  })

  test('lease', async () => {
    const completion = { url: 'https://core.test/right', timeoutMs: 1.5 }
    const leased: Leased = {
      work: [workOf(1), { ...workOf(2), failures: 3, completion, traces: [traceparent] }],
      nextDueMs: 0,
    }
    const { work, asked } = createWork({ lease: () => Promise.resolve(leased) })
    const { port } = await bench.serve(work)
    const wants: Want[] = [
      { model: 'Color', limit: dispatchLimits.leased, kind: 'sync' },
      { model: 'hello-world/seen', limit: 1, kind: 'event' },
    ]

    const held = [1, Number.MAX_SAFE_INTEGER]
    expect(await bench.dial(port).lease('d1', wants, held)).toEqual(leased)
    expect(asked).toEqual([['lease', 'd1', wants, held]])
  })

  test('a lease of nothing, with nothing due, by who does not say what it holds', async () => {
    const { work, asked } = createWork()
    const { port } = await bench.serve(work)
    expect(await bench.dial(port).lease('d1', [])).toEqual({ work: [] })
    expect(asked).toEqual([['lease', 'd1', [], undefined]])
  })

  test('report', async () => {
    // Events are counted for ever, unlike records.
    const event = { model: 'olt/onu', id: Number.MAX_SAFE_INTEGER }
    const refused = [{ key: event, token: 20 }]
    const { work, asked } = createWork({ report: () => Promise.resolve(refused) })
    const { port } = await bench.serve(work)
    const reports = [
      ...outcomes.map((outcome, index) => reportOf(index + 1, outcome)),
      { ...reportOf(99, { kind: 'synced' }), retryInMs: 0, traceparent },
      { ...reportOf(1, { kind: 'synced' }), key: event, operation: 'event' } as const,
    ]

    expect(await bench.dial(port).report('d1', reports)).toEqual(refused)
    expect(asked).toEqual([['report', 'd1', reports]])
  })

  test('heartbeat and leave', async () => {
    const { work, asked } = createWork()
    const { port } = await bench.serve(work)
    const source = bench.dial(port)

    await source.heartbeat('d1')
    await source.leave('d1')

    expect(asked).toEqual([
      ['heartbeat', 'd1'],
      ['leave', 'd1'],
    ])
  })

  test('requests are answered out of order', async () => {
    const slow = gate<Leased>()
    const { work } = createWork({ lease: () => slow.opened })
    const { port } = await bench.serve(work)
    const source = bench.dial(port)

    const leased = source.lease('d1', [])
    await source.heartbeat('d1')
    slow.open({ work: [workOf(1)] })

    expect(await leased).toEqual({ work: [workOf(1)] })
  })
})

/** JSON has no negative zero, and neither has the store. */
const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)))
const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString'))
const fields = fc
  .array(fc.tuple(name, json))
  .map((entries) => Object.fromEntries(entries) as Record<string, unknown>)
const plain = { noNullPrototype: true } as const
const change: fc.Arbitrary<Change> = fc.record(
  {
    operation: fc.constantFrom('sync', 'delete'),
    model: fc.string(),
    record: fields,
    expanded: fields.map((owner) => ({
      owner: { model: 'Owner', record: owner, expanded: {} },
      absent: null,
      many: [],
    })),
    stamp: fc.maxSafeNat(),
    attempt: fc.nat(),
    previous: fc.record({ code: fc.constantFrom(0, 1, 2), text: fc.string() }, plain),
  },
  { requiredKeys: ['operation', 'model', 'record', 'expanded', 'stamp', 'attempt'], ...plain },
)

test('any change and any feedback survive the wire exactly', async () => {
  let leased: Leased = { work: [] }
  const { work, asked } = createWork({ lease: () => Promise.resolve(leased) })
  const { port } = await bench.serve(work)
  const source = bench.dial(port)

  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 5 }), fields, async (changes, feedback) => {
      leased = { work: changes.map((one, index) => ({ ...workOf(index), change: one })) }
      const reports = [reportOf(1, { kind: 'synced', feedback })]

      // Node's own comparison: others stumble over fields named `constructor`.
      deepStrictEqual(await source.lease('d1', []), leased)
      await source.report('d1', reports)
      deepStrictEqual(asked.at(-1), ['report', 'd1', reports])
    }),
    { numRuns: 300 },
  )
})

describe('size', () => {
  const large = 'x'.repeat(600_000)

  test('a lease larger than any message comes in parts, in order', async () => {
    const all = Array.from({ length: 40 }, (_, id) => workOf(id, { record: { id, large } }))
    const { work } = createWork({ lease: () => Promise.resolve({ work: all, nextDueMs: 5 }) })
    const { port } = await bench.serve(work)

    const leased = await bench.dial(port).lease('d1', [])

    expect(leased.nextDueMs).toBe(5)
    expect(leased.work.map(({ key }) => key.id)).toEqual(all.map(({ key }) => key.id))
    expect(leased.work).toEqual(all)
  })

  test('a change that no message can carry fails for good, and holds up nothing else', async () => {
    const huge = workOf(2, { record: { id: 2, text: 'x'.repeat(dispatchLimits.itemCharacters) } })
    const { work, asked } = createWork({
      lease: () => Promise.resolve({ work: [workOf(1), huge, workOf(3)] }),
    })
    const { port } = await bench.serve(work)

    const leased = await bench.dial(port).lease('d1', [])

    expect(leased.work.map(({ key }) => key.id)).toEqual([1, 3])
    expect(asked.at(-1)).toMatchObject([
      'report',
      'd1',
      [{ key: huge.key, token: huge.token, outcome: { kind: 'failed', retry: false } }],
    ])
  })

  test('reports larger than any message go in parts', async () => {
    const { work, asked } = createWork({
      report: (_, reports) => Promise.resolve(reports.map(({ key, token }) => ({ key, token }))),
    })
    const { port } = await bench.serve(work)
    const reports = Array.from({ length: 40 }, (_, id) =>
      reportOf(id, { kind: 'synced', feedback: { large } }),
    )

    const refused = await bench.dial(port).report('d1', reports)

    expect(refused.map(({ key }) => key.id)).toEqual(reports.map(({ key }) => key.id))
    expect(asked.length).toBeGreaterThan(1)
    expect(asked.flatMap(([, , part]) => part)).toEqual(reports)
  })

  test('models too large to send are refused with their size', async () => {
    const { port } = await bench.serve(createWork().work)
    const contents = 'x'.repeat(dispatchLimits.itemCharacters + 1)

    await expect(
      bench.dial(port).register({ ...registration, models: [{ filename: 'a.xproto', contents }] }),
    ).rejects.toMatchObject({
      code: 'VALIDATION',
      message: 'Expected models of at most 5242880 characters in all, got 5242881',
    })
  })

  test('a dispatcher never has more requests under way than agreed', async () => {
    const never = gate<Leased>()
    const { work, asked } = createWork({ lease: () => never.opened })
    const { port } = await bench.serve(work)
    const source = bench.dial(port)
    const leases = Array.from({ length: dispatchLimits.outstanding + 1 }, () =>
      source.lease('d1', []),
    )

    await expect(leases.at(-1)).rejects.toThrow('256 requests wait for an answer already')
    await until(() => asked.length === dispatchLimits.outstanding)
    never.open({ work: [] })
    await Promise.allSettled(leases)
  })

  test('the core does not read on while it owes as many answers as agreed', async () => {
    const held = gate<Leased>()
    const { work, asked } = createWork({ lease: () => held.opened })
    const { port } = await bench.serve(work)
    const { call, replies } = bench.stream(port)
    for (let id = 1; id <= dispatchLimits.outstanding + 50; id += 1)
      call.write({ id, lease: { dispatcher: 'd1', wants: [] } })

    await until(() => asked.length >= dispatchLimits.outstanding)
    // A second stream comes and goes meanwhile: time enough to read what must not be read.
    const other = bench.stream(port)
    other.call.write({ id: 1, heartbeat: { dispatcher: 'd2' } })
    await until(() => other.replies.length === 1)
    expect(asked.filter(([method]) => method === 'lease')).toHaveLength(dispatchLimits.outstanding)

    held.open({ work: [] })
    await until(() => replies.length === dispatchLimits.outstanding + 50)
  })
})

describe('errors', () => {
  test('keep their code, their message and their fields', async () => {
    const mistakes = JSON.parse('{"__proto__":"is no field","name":"is taken"}') as Record<
      string,
      string
    >
    const { work } = createWork({
      register: () => Promise.reject(new CoreError('VALIDATION', 'a.xproto:1:1 oops', mistakes)),
    })
    const { port } = await bench.serve(work)

    await expect(bench.dial(port).register(registration)).rejects.toStrictEqual(
      expect.objectContaining({
        code: 'VALIDATION',
        message: 'a.xproto:1:1 oops',
        fields: mistakes,
      }),
    )
  })

  test('that are the core’s own are logged and not told', async () => {
    const { work } = createWork({ heartbeat: () => Promise.reject(new Error('disk on fire')) })
    const { port, log } = await bench.serve(work)

    await expect(bench.dial(port).heartbeat('d1')).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'The core failed on this request; its log says why',
    })
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { err: { message: 'disk on fire' } } },
    ])
  })

  const key = { model: 'Color', id: 1 }
  const report = {
    key,
    operation: 'sync',
    token: 1,
    stamp: 1,
    outcome: { kind: 'synced', text: '', retry: false },
    durationMs: 1,
  }
  const reporting = (part: object): object => ({
    report: { dispatcher: 'd1', reports: [{ ...report, ...part }] },
  })

  test.each<[string, object]>([
    ['Expected one of register, lease, report, heartbeat and leave, got none of them', {}],
    ['Expected the name of a dispatcher, of 1 to 253 characters', { heartbeat: {} }],
    [
      'Expected the name of a dispatcher, of 1 to 253 characters',
      { leave: { dispatcher: 'd'.repeat(254) } },
    ],
    [
      'Expected a limit from 1 to 10000 for Color, got 0',
      { lease: { dispatcher: 'd1', wants: [{ model: 'Color' }] } },
    ],
    [
      'Expected a limit from 1 to 10000 for Color, got 10001',
      { lease: { dispatcher: 'd1', wants: [{ model: 'Color', limit: 10_001 }] } },
    ],
    ['Expected every report to carry a key and an outcome', reporting({ key: null })],
    ['Expected every report to carry a key and an outcome', reporting({ outcome: null })],
    ['Expected an operation such as sync, got "drop"', reporting({ operation: 'drop' })],
    ['Expected a kind of outcome, got "toString"', reporting({ outcome: { kind: 'toString' } })],
    [
      'Expected feedback to be a JSON object',
      reporting({ outcome: { kind: 'synced', feedbackJson: '[]' } }),
    ],
    [
      'Expected feedback to be a JSON object',
      reporting({ outcome: { kind: 'synced', feedbackJson: '{' } }),
    ],
  ])('say what was expected: %s', async (message, request) => {
    const { work, asked } = createWork()
    const { port } = await bench.serve(work)
    const { call, replies } = bench.stream(port)

    call.write({ id: 7, ...request })
    await until(() => replies.length === 1)

    expect(replies[0]).toMatchObject({ id: 7, failed: { code: 'VALIDATION', message } })
    expect(asked).toEqual([])
  })

  test('one stream may not speak for any number of dispatchers', async () => {
    const { port } = await bench.serve(createWork().work)
    const source = bench.dial(port)
    for (let n = 0; n < dispatchLimits.dispatchers; n += 1) await source.heartbeat(`d${n}`)

    await expect(source.heartbeat('one too many')).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      message: 'Expected at most 16 dispatchers on one stream',
    })
  })
})

describe('credentials', () => {
  test('that are wrong let nothing through, and are not repeated in the message', async () => {
    const { work, asked, listeners } = createWork()
    const { port } = await bench.serve(work)

    const source = bench.dial(port, { password: 'guess' })
    await expect(source.register(registration)).rejects.toMatchObject({
      code: 'NOT_AUTHENTICATED',
      message: `The core at 127.0.0.1:${port} does not let us in: Wrong user or password`,
    })

    expect(asked).toEqual([])
    expect(listeners.size).toBe(0)
    expect(JSON.stringify(source.log.lines)).not.toContain('guess')
  })

  test('of somebody who may not dispatch are refused as such', async () => {
    const { port } = await bench.serve(createWork().work, {
      authenticate: () =>
        Promise.reject(new CoreError('PERMISSION_DENIED', 'Not an administrator')),
    })

    await expect(bench.dial(port).heartbeat('d1')).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
  })

  test('cannot be judged: the reason stays in the log', async () => {
    const { port, log } = await bench.serve(createWork().work, {
      authenticate: () => Promise.reject(new Error('no table users')),
    })

    await expect(bench.dial(port).heartbeat('d1')).rejects.toThrow(
      'The core failed on this request; its log says why',
    )
    expect(log.lines).toMatchObject([
      { level: 'error', fields: { err: { message: 'no table users' } } },
    ])
  })

  test('that are right leave a dispatcher all the time to speak', async () => {
    const { port, clock } = await bench.serve(createWork().work)
    const { call, replies } = bench.stream(port)
    call.write({ id: 1, heartbeat: { dispatcher: 'd1' } })
    await until(() => replies.length === 1)
    await clock.advance(3_600_000)

    call.write({ id: 2, heartbeat: { dispatcher: 'd1' } })
    await until(() => replies.length === 2)
  })

  test('that are good no more end the stream half a minute later; trouble in asking does not', async () => {
    let refusal: Error | undefined
    const { work, methods } = createWork()
    const authenticate = () => (refusal === undefined ? Promise.resolve() : Promise.reject(refusal))
    const { port, clock } = await bench.serve(work, { authenticate })
    const { call, replies } = bench.stream(port)
    const beat = async (id: number): Promise<void> => {
      call.write({ id, heartbeat: { dispatcher: 'd1' } })
      await until(() => replies.length === id)
    }
    await beat(1)
    refusal = new Error('no table users')
    await clock.advance(30_000)
    await beat(2)

    refusal = new CoreError('NOT_AUTHENTICATED', 'The password has changed')
    const ended = new Promise((resolve) => call.on('status', resolve))
    await clock.advance(30_000)
    expect(await ended).toMatchObject({ code: 16, details: 'The password has changed' })
    await until(() => methods().includes('leave'))
    expect(clock.timerCount()).toBe(0)
  })

  test('are asked about less often than a lost core is dialled', async () => {
    let asked = 0
    const { port } = await bench.serve(createWork().work, {
      authenticate: () => {
        asked += 1
        return Promise.reject(new CoreError('NOT_AUTHENTICATED', 'no'))
      },
    })
    const source = bench.dial(port)
    await expect(source.heartbeat('d1')).rejects.toThrow()

    await source.clock.advance(7_000)
    expect(asked).toBe(1)
    await source.clock.advance(8_001)
    await until(() => asked === 2)
  })
})

import { describe, expect, test } from 'vitest'
import {
  changeEventType,
  coreTokenHeader,
  coreUrlHeader,
  descriptionFrom,
  encodeBatch,
  encodeChange,
  encodeDelivery,
  encodeEvent,
  type Change,
  type CloudEvent,
  type Message,
  type Operation,
} from '#contract'
import {
  createHost,
  DeferredException,
  EventStep,
  ModelPolicy,
  PullStep,
  TerminalException,
  toFetchHandler,
  type AnyRecord,
  type AnyStep,
  type EventContext,
  type EventStepLike,
  type FunctionOptions,
  type HandlerOptions,
  type Log,
  type Policy,
  type PullStepLike,
} from '#functions'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 0, 31, 12)
const deadline = start + 30_000

const nothing = (): undefined => undefined
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

const ask = (
  step: AnyStep,
  { headers, body }: Message,
  options: Partial<HandlerOptions> = {},
): Promise<Response> => {
  const clock = createManualClock(start)
  const handler = toFetchHandler(step, { callers: 'anyone', clock, log: silent, ...options })
  return handler(new Request('http://functions.test/', { method: 'POST', headers, body }))
}

const color = (operation: Operation, more: Partial<Change> = {}): Message => {
  const change = { model: 'Color', record: { id: 7, name: 'red' }, expanded: {}, stamp: 5 }
  return encodeChange(
    { ...change, operation, attempt: 1, ...more },
    { source: '/synchronizers/paint', time: start, deadline },
  )
}

const portDown: CloudEvent = {
  id: '17',
  source: '/onos#onos.events.port',
  type: 'org.onos.port.down',
  extensions: {},
  data: { port: 3 },
}

const delivery = (event: CloudEvent, operation: 'event' | 'pull' = 'event'): Message => {
  const { extensions, ...attributes } = event
  const json = { specversion: '1.0', ...attributes, ...extensions }
  return encodeDelivery({ operation, event: json, stamp: 1, attempt: 2 }, { deadline })
}

const problemOf = async (response: Response) => {
  const problem = (await response.json()) as { code: string; detail: string }
  return { status: response.status, code: problem.code, detail: problem.detail }
}

describe('a policy', () => {
  const recording = () => {
    const calls: unknown[] = []
    const policy: Policy = {
      observes: 'Color',
      handle_create: (o) => void calls.push(['create', o['name']]),
      handle_update: (o, { change }) => void calls.push(['update', o.id, change.stamp]),
      handle_delete: async (o) => void calls.push(['delete', o.leaf_model['name']]),
    }
    return { policy, calls }
  }

  test('has a method for each operation', async () => {
    const { policy, calls } = recording()
    for (const operation of ['policy_create', 'policy_update', 'policy_delete'] as const) {
      expect((await ask(policy, color(operation))).status).toBe(204)
    }
    expect(calls).toEqual([
      ['create', 'red'],
      ['update', 7, 5],
      ['delete', 'red'],
    ])
  })

  test('has done what it has no method for', async () => {
    const policy: Policy = { observes: 'Color', handle_delete: nothing }
    expect((await ask(policy, color('policy_create'))).status).toBe(204)
  })

  test('may be a class', async () => {
    const names: unknown[] = []
    class ColorPolicy extends ModelPolicy {
      readonly observes = 'Color'
      handle_update(o: AnyRecord): void {
        names.push(o['name'])
      }
    }
    expect((await ask(new ColorPolicy(), color('policy_update'))).status).toBe(204)
    expect(names).toEqual(['red'])
  })

  test.each<[string, unknown, number, string]>([
    ['puts off', new DeferredException('No page yet'), 409, 'No page yet'],
    ['refuses', new TerminalException('No such shade'), 422, 'No such shade'],
    ['fails', new Error('no route'), 500, 'no route'],
  ])('%s a record by what it throws', async (_, thrown, status, detail) => {
    const policy: Policy = {
      observes: 'Color',
      handle_create: () => {
        throw thrown
      },
    }
    const response = await ask(policy, color('policy_create'))
    expect(await problemOf(response)).toMatchObject({ status, detail })
  })

  test('makes a mistake when it returns fields', async () => {
    const policy: Policy = { observes: 'Color', handle_create: () => ({ name: 'blue' }) as never }
    expect(await problemOf(await ask(policy, color('policy_create')))).toEqual({
      status: 500,
      code: 'STEP_FAILED',
      detail:
        'Expected handle_create to return nothing, got a value of type object. Write records with the client of its context',
    })
  })

  test('refuses what is for a sync step, and a sync step what is for a policy', async () => {
    const { policy, calls } = recording()
    const step = { observes: 'Color', sync_record: nothing, delete_record: nothing }
    expect(await problemOf(await ask(policy, color('sync')))).toEqual({
      status: 422,
      code: 'WRONG_OPERATION',
      detail: 'This is a model policy, which knows no sync; check the URL of the step',
    })
    expect(await problemOf(await ask(step, color('policy_delete')))).toEqual({
      status: 422,
      code: 'WRONG_OPERATION',
      detail: 'This is a sync step, which knows no policy_delete; check the URL of the step',
    })
    expect(calls).toEqual([])
  })

  test('refuses records of another model', async () => {
    const { policy } = recording()
    const response = await ask(policy, color('policy_create', { model: 'Page' }))
    expect(await problemOf(response)).toMatchObject({ status: 422, code: 'WRONG_MODEL' })
  })
})

describe('an event step', () => {
  const recording = () => {
    const seen: CloudEvent[] = []
    const step: EventStepLike = { process_event: (event) => void seen.push(event) }
    return { step, seen }
  }

  test.each(['binary', 'structured'] as const)('gets events in %s mode', async (mode) => {
    const { step, seen } = recording()
    expect((await ask(step, encodeEvent(portDown, mode))).status).toBe(204)
    expect(seen).toEqual([{ ...portDown, datacontenttype: 'application/json' }])
  })

  test('gets what the dispatcher delivers, with the number of the attempt', async () => {
    const { step, seen } = recording()
    expect((await ask(step, delivery(portDown))).status).toBe(204)
    expect(seen[0]).toMatchObject({ id: '17', data: { port: 3 }, extensions: { attempt: '2' } })
  })

  test('gets the events of a batch one after the other', async () => {
    const { step, seen } = recording()
    const events = ['1', '2', '3'].map((id) => ({ ...portDown, id }))
    expect((await ask(step, encodeBatch(events))).status).toBe(200)
    expect(seen.map(({ id }) => id)).toEqual(['1', '2', '3'])
  })

  test('gets events without data, and those that tell what changed in the core', async () => {
    const { step, seen } = recording()
    const { id, source, type: bare } = portDown
    await ask(step, encodeEvent({ id, source, type: bare, extensions: {} }, 'structured'))
    const type = 'org.opencord.xos.model.updated.v1'
    await ask(step, encodeEvent({ ...portDown, type }, 'binary'))
    expect(seen.map((event) => [event.type, event.data])).toEqual([
      ['org.onos.port.down', undefined],
      [type, { port: 3 }],
    ])
  })

  test('refuses what asks for a record to be synced', async () => {
    const { step, seen } = recording()
    expect(await problemOf(await ask(step, color('sync')))).toEqual({
      status: 422,
      code: 'WRONG_EVENT',
      detail: `Expected an event that is about no record, got ${changeEventType('sync')}; check the URL of the step`,
    })
    expect(seen).toEqual([])
  })

  test('is not called for what comes too late', async () => {
    const { step, seen } = recording()
    const extensions = { expirytime: new Date(start - 1).toISOString() }
    const late = encodeEvent({ ...portDown, extensions }, 'binary')
    expect(await problemOf(await ask(step, late))).toMatchObject({ status: 500, code: 'TOO_LATE' })
    const never = encodeEvent({ ...portDown, extensions: { expirytime: 'never' } }, 'binary')
    expect(await problemOf(await ask(step, never))).toMatchObject({ code: 'EVENT_MALFORMED' })
    expect(seen).toEqual([])
  })

  test('has lines in the log that name the event', async () => {
    const lines: unknown[] = []
    const log: Log = { ...silent, info: (...line: readonly unknown[]) => void lines.push(line) }
    class Ports extends EventStep {
      process_event(_event: CloudEvent, context: EventContext): void {
        context.log.info('seen')
      }
    }
    await ask(new Ports(), encodeEvent(portDown, 'binary'), { log })
    expect(lines).toEqual([[{ event_type: 'org.onos.port.down', event_id: '17' }, 'seen']])
  })

  test('makes a mistake when it returns something', async () => {
    const step: EventStepLike = { process_event: () => 'done' as never }
    expect((await problemOf(await ask(step, delivery(portDown)))).detail).toBe(
      'Expected process_event to return nothing, got a value of type string. Write records with the client of its context',
    )
  })
})

describe('a pull step', () => {
  test.each(['org.opencord.xos.pull.v1', 'dev.knative.sources.ping'])(
    'is called by events of type %s',
    async (type) => {
      const ids: string[] = []
      class Ports extends PullStep {
        pull_records({ event }: EventContext): void {
          ids.push(event.id)
        }
      }
      expect((await ask(new Ports(), delivery({ ...portDown, type }, 'pull'))).status).toBe(204)
      expect(ids).toEqual(['17'])
    },
  )

  test('comes back when it fails, and makes a mistake when it returns records', async () => {
    const failing: PullStepLike = { pull_records: () => Promise.reject(new Error('no route')) }
    expect((await ask(failing, delivery(portDown, 'pull'))).status).toBe(500)
    const returning: PullStepLike = { pull_records: () => [] as never }
    expect((await problemOf(await ask(returning, delivery(portDown, 'pull')))).detail).toBe(
      'Expected pull_records to return nothing, got a list. Write records with the client of its context',
    )
  })
})

test.each<[AnyStep, object]>([
  [
    { observes: 'Color', sync_record: nothing, delete_record: nothing },
    { kind: 'sync', observes: 'Color', include: [], afterPolicy: false, fields: [] },
  ],
  [
    {
      observes: 'Color',
      include: ['page'],
      filter: { 'page.name': 'a' },
      after_policy: true,
      fields: ['name'],
      sync_record: nothing,
      delete_record: nothing,
    },
    {
      kind: 'sync',
      observes: 'Color',
      include: ['page'],
      filter: { 'page.name': 'a' },
      afterPolicy: true,
      fields: ['name'],
    },
  ],
  [
    { observes: 'Color', handle_create: nothing, handle_delete: nothing },
    {
      kind: 'policy',
      observes: 'Color',
      include: [],
      operations: ['policy_create', 'policy_delete'],
    },
  ],
  [
    { types: ['a.*'], process_event: nothing },
    { kind: 'event', types: ['a.*'], sources: [], topics: [] },
  ],
  [
    { every: '1.5s', pull_records: nothing },
    { kind: 'pull', everyMs: 1_500 },
  ],
  [{ pull_records: nothing }, { kind: 'pull', everyMs: undefined }],
])('a step says what it is, as the dispatcher reads it: %j', async (step, expected) => {
  const options = { callers: 'anyone', log: silent } as const
  const response = await toFetchHandler(step, options)(new Request('http://functions.test/'))
  expect(descriptionFrom(await response.text())).toEqual(expected)
})

describe('the client of a step', () => {
  type Asked = { readonly url: string; readonly authorization: string | null }

  const using: Policy = {
    observes: 'Color',
    async handle_create(_, { client }) {
      await client.get('Page', 3)
    },
  }

  /** Calls the policy in a function that has a core, and answers what that was asked. */
  const called = async (
    headers: Readonly<Record<string, string>>,
    access?: { readonly url: string; readonly token: string },
  ) => {
    const asked: Asked[] = []
    const core: FunctionOptions['core'] = {
      fetch: async (input, init) => {
        const request = new Request(input, init)
        asked.push({ url: request.url, authorization: request.headers.get('authorization') })
        return Response.json({ id: 3 })
      },
      newKey: () => 'key',
      access,
    }
    const clock = createManualClock(start)
    const host = createHost(using, { name: 'x', log: silent, clock, callers: 'anyone', core })
    const { port } = await host.listen(0, '127.0.0.1')
    const message = color('policy_create')
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { ...message.headers, ...headers, connection: 'close' },
      body: message.body,
    })
    const body = await response.text()
    await host.close(0)
    return { asked, status: response.status, body }
  }

  const own = { url: 'http://own.test', token: 'own' }
  const brought = { [coreUrlHeader]: 'http://brought.test', [coreTokenHeader]: 'brought' }

  test.each<[string, Readonly<Record<string, string>>, typeof own | undefined, string]>([
    ['as the call says', brought, own, 'brought'],
    ['as its function knows, when the call says nothing', {}, own, 'own'],
    ['not with half of each', { [coreUrlHeader]: 'http://brought.test' }, own, 'own'],
  ])('asks the core %s', async (_, headers, access, name) => {
    const { asked, status } = await called(headers, access)
    expect(status).toBe(204)
    expect(asked).toHaveLength(1)
    expect(new URL(asked[0]!.url).hostname).toBe(`${name}.test`)
    expect(asked[0]!.authorization).toBe(`Bearer ${name}`)
  })

  test('says what is missing when nobody told of a core', async () => {
    const { asked, status, body } = await called({})
    expect(asked).toEqual([])
    expect(status).toBe(500)
    expect(body).toContain('SYNCSTEP_CORE_URL and SYNCSTEP_CORE_TOKEN of the function')
  })
})

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Change, Delivery, Outcome, Work } from '#contract'
import { createDispatcher, type RemoteSourceError } from '#dispatcher'
import { targetFor } from '../../support/started-dispatcher.ts'
import { reportOn } from '../../support/store.ts'
import { until } from '../../support/until.ts'
import {
  instance,
  names,
  openBench,
  registrationOf,
  service,
  steps,
  type OpenSource,
} from './support.ts'
import { recordChange } from '../../support/record-change.ts'

let bench: Awaited<ReturnType<typeof openBench>>
beforeAll(async () => {
  bench = await openBench()
  await bench.start()
})
afterEach(() => bench.clear())
afterAll(() => bench.close())

const synced = { kind: 'synced' } as const
const deferred = { kind: 'deferred', text: 'not yet' } as const
const failed = { kind: 'failed', text: 'no route', retry: true } as const
const refused = { kind: 'failed', text: 'never', retry: false } as const
const released = { kind: 'released' } as const

const onlyOne = (work: readonly Work[]): Work => {
  expect(work).toHaveLength(1)
  return work[0]!
}

/** Syncs all that there is, round by round. */
const syncAll = async ({ lease, report }: OpenSource): Promise<void> => {
  for (let work = await lease(); work.length > 0; work = await lease()) {
    await report(...work.map((one) => reportOn(one, synced)))
  }
}

const lamp = (values = {}) => bench.records.create('Lamp', { color: 'red', ...values })

test('a record comes as from a core that keeps leases', async () => {
  await bench.greeting()
  const { lease, report } = await bench.start()
  await report(reportOn(onlyOne(await lease()), synced))
  const work = onlyOne(await lease())
  await report(reportOn(work, released))

  await bench.core.load('', steps, 'elsewhere')
  const [leased] = await bench.core.lease([instance])
  await bench.core.load('', [], 'elsewhere')
  expect(work).toEqual({ ...leased, token: work.token, due: undefined })
})

describe('what is written', () => {
  test('of a success: enacted is the stamp that was sent', async () => {
    const { updated } = await lamp()
    const { lease, report } = await bench.start()
    await report(reportOn(onlyOne(await lease()), synced))

    expect(await bench.records.get('Lamp', 1)).toMatchObject({
      enacted: updated,
      updated,
      backend_code: 1,
      backend_status: 'OK',
      backend_register: expect.stringContaining('"exponent":0') as string,
      backend_need_delete: true,
    })
    expect(await lease()).toEqual([])
  })

  test('of a failure: code, status and when it is tried again, and nothing makes it pending', async () => {
    const { updated } = await lamp()
    const { clock, lease, report } = await bench.start()
    await report(reportOn(onlyOne(await lease()), failed, 2_000))

    const record = await bench.records.get('Lamp', 1)
    expect(record).toMatchObject({ updated, backend_code: 2, backend_status: 'no route' })
    expect(record).not.toHaveProperty('enacted')
    expect(JSON.parse(String(record['backend_register']))).toEqual({
      next_run: (clock.now() + 2_000) / 1000,
      exponent: 1,
      failures: 1,
      last_failure: clock.now() / 1000,
    })
  })

  test('of feedback: with the outcome, and policies see it', async () => {
    await lamp()
    const { lease, report } = await bench.start()
    await report(reportOn(onlyOne(await lease()), { ...synced, feedback: { lumen: 800 } }))

    const record = await bench.records.get('Lamp', 1)
    expect(record).toMatchObject({ lumen: 800, backend_code: 1, enacted: record['updated'] })
    expect(record['changed_by_step']).toBeGreaterThanOrEqual(Number(record['updated']))
  })

  test.each([
    ['what is no feedback', { color: 'blue' }, 'feedback names color, but only feedback fields'],
    ['a value of another type', { lumen: 'bright' }, 'feedback field lumen: integer expected'],
    ['an emptied field', { lumen: null }, 'feedback field lumen: a core of XOS cannot empty'],
    ['a value that the core refuses', { lumen: 901 }, 'feedback: '],
  ])('of feedback with %s: a failure for good', async (_, feedback, text) => {
    await lamp()
    const { lease, report } = await bench.start()
    await report(reportOn(onlyOne(await lease()), { ...synced, feedback }))

    const record = await bench.records.get('Lamp', 1)
    expect(record).toMatchObject({ color: 'red', backend_code: 2 })
    expect(record['backend_status']).toContain(text)
    expect(await lease()).toEqual([])
  })

  test('before the first call: that a delete step is needed; taken back when nobody was called', async () => {
    await lamp()
    const { lease, report } = await bench.start()
    const work = onlyOne(await lease())
    const isMarked = async () => (await bench.records.get('Lamp', 1))['backend_need_delete']

    expect(await isMarked()).toBe(true)
    await report(reportOn(work, released))
    expect(await isMarked()).toBe(false)
    expect(onlyOne(await lease()).change.attempt).toBe(1)
  })
})

describe('order', () => {
  test('a record waits for what it links to, and says so', async () => {
    await bench.greeting()
    const { lease, report } = await bench.start()
    expect(await bench.records.get(instance, 1)).toMatchObject({
      backend_code: 0,
      backend_status: 'Waiting for HelloWorldService 1: Provisioning in progress',
    })
    const first = await lease()
    expect(names(first)).toEqual([`sync ${service}/1`])
    expect(await lease()).toEqual([])

    await report(reportOn(first[0]!, synced))
    expect(names(await lease())).toEqual([`sync ${instance}/1`])
  })

  test('it says what the other one says by now', async () => {
    await bench.greeting()
    const { lease, look, report } = await bench.start()
    await report(reportOn(onlyOne(await lease()), failed, 60_000))
    await look()
    await until(
      'the news',
      async () =>
        (await bench.records.get(instance, 1))['backend_status'] ===
        'Waiting for HelloWorldService 1: no route',
    )
  })

  test('deletes run the other way round, of what was synced', async () => {
    await bench.greeting()
    await lamp()
    const opened = await bench.start()
    const { lease, look, report } = opened
    await syncAll(opened)
    await bench.records.remove(service, 1)
    await bench.records.create('Lamp', { color: 'blue' })
    await bench.records.remove('Lamp', 2)

    await look()
    const first = await lease()
    expect(names(first)).toEqual([`delete ${instance}/1`])
    expect(first.map(({ change }) => recordChange(change).expanded)[0]).toMatchObject({
      owner: { model: service },
    })
    await report(reportOn(first[0]!, synced))
    await expect(bench.records.get(instance, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })

    const second = await lease()
    expect(names(second)).toEqual([`delete ${service}/1`])
    await report(reportOn(second[0]!, synced))
    await expect(bench.records.get(service, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('records that wait for each other are named', async () => {
    await lamp()
    await lamp({ next_id: 1 })
    await bench.records.update('Lamp', 1, { next_id: 2 })
    const { lease } = await bench.start()

    expect(await lease()).toEqual([])
    expect(await bench.records.get('Lamp', 2)).toMatchObject({
      backend_code: 2,
      backend_status:
        'These wait for each other, change a link to break the circle: Lamp 2 -> Lamp 1 -> Lamp 2',
    })
  })
})

describe('include', () => {
  const lamps = (...include: readonly string[]) => [{ step: 'lamp', model: 'Lamp', include }]
  const expandedOf = (id: number, expanded: object = {}) => ({
    model: 'Lamp',
    record: expect.objectContaining({ id }) as object,
    expanded,
  })

  test('a chain of links, as the records are that it leads to', async () => {
    await lamp()
    await lamp({ next_id: 1 })
    await lamp({ next_id: 2 })
    const opened = await bench.start(lamps('next.next', 'previous'))
    const { lease, report } = opened
    const work = onlyOne(await lease())
    expect(recordChange(work.change).expanded).toEqual({ next: null, previous: [expandedOf(2)] })
    await report(reportOn(work, synced))
    await report(reportOn(onlyOne(await lease()), synced))
    expect(recordChange(onlyOne(await lease()).change).expanded).toEqual({
      next: expandedOf(2, { next: expandedOf(1) }),
      previous: [],
    })
  })

  test('of a deleted record, those that link to it and are deleted, too', async () => {
    await bench.greeting()
    await syncAll(await bench.start())
    await bench.records.remove(service, 1)

    const include = ['service_instances']
    const { lease } = await bench.start([{ step: 'service', model: service, include }])
    const work = onlyOne(await lease())
    expect(work.operation).toBe('delete')
    expect(recordChange(work.change).expanded).toMatchObject({
      service_instances: [{ model: instance, record: { id: 1, hello_to: 'Bob', deleted: true } }],
    })
  })
})

describe('when', () => {
  test('a failed record is tried again when it is due, not before', async () => {
    await lamp()
    const { clock, source, lease, report } = await bench.start()
    await report(reportOn(onlyOne(await lease()), failed, 2_000))

    expect(await source.lease('d1', [{ model: 'Lamp', limit: 10 }])).toEqual({
      work: [],
      nextDueMs: 2_000,
    })
    await clock.advance(2_000)
    expect(onlyOne(await lease())).toMatchObject({
      failures: 1,
      change: { attempt: 2, previous: { code: 2, text: 'no route' } },
    })
  })

  test('a deferral is no failure', async () => {
    await lamp()
    const { lease, report } = await bench.start()
    await report(reportOn(onlyOne(await lease()), deferred, 0))
    expect(onlyOne(await lease())).toMatchObject({ failures: 0, change: { attempt: 2 } })
    expect(await bench.records.get('Lamp', 1)).toMatchObject({ backend_code: 0 })
  })

  test('what failed for good waits for a change', async () => {
    await lamp()
    const { lease, look, report } = await bench.start()
    await report(reportOn(onlyOne(await lease()), refused))
    await look()
    expect(await lease()).toEqual([])

    await bench.records.update('Lamp', 1, { color: 'blue' })
    await look()
    const work = onlyOne(await lease())
    expect(work).toMatchObject({ failures: 0, change: { attempt: 1, record: { color: 'blue' } } })
  })

  test('an edit while the call runs is not lost', async () => {
    await lamp()
    const { lease, report } = await bench.start()
    const work = onlyOne(await lease())
    await bench.core.clock.advance(1)
    const { updated } = await bench.records.update('Lamp', 1, { color: 'blue' })
    await report(reportOn(work, synced))

    const again = onlyOne(await lease())
    expect(again.change).toMatchObject({ record: { color: 'blue' }, attempt: 1 })
    await report(reportOn(again, synced))
    expect(await bench.records.get('Lamp', 1)).toMatchObject({ enacted: updated })
  })

  test('an edit before the call travels with it', async () => {
    await lamp()
    const { lease } = await bench.start()
    await bench.records.update('Lamp', 1, { color: 'blue' })
    expect(recordChange(onlyOne(await lease()).change).record).toMatchObject({ color: 'blue' })
  })

  test('a record deleted while its sync runs is deleted after that', async () => {
    await lamp()
    const { lease, look, report } = await bench.start()
    const work = onlyOne(await lease())
    await bench.records.remove('Lamp', 1)
    await report(reportOn(work, synced))
    await look(200)
    expect(names(await lease())).toEqual(['delete Lamp/1'])
  })

  test.each(['no_sync', 'lazy_blocked'])('a record with %s is left alone', async (name) => {
    await lamp({ [name]: true })
    const { lease } = await bench.start()
    expect(await lease()).toEqual([])
  })

  test('what is new is seen when the core is asked again', async () => {
    const { lease, look } = await bench.start()
    await lamp()
    expect(await lease()).toEqual([])
    await look()
    expect(names(await lease())).toEqual(['sync Lamp/1'])
  })
})

describe('who', () => {
  test('a record is in one pair of hands', async () => {
    await lamp()
    const { source, lease, look } = await bench.start()
    const work = onlyOne(await lease())
    await look()
    expect(await lease()).toEqual([])

    await source.leave('d1')
    const again = onlyOne(await lease())
    expect(await source.report('d1', [reportOn(work, synced)])).toEqual([
      { key: work.key, token: work.token },
    ])
    expect(await source.report('d2', [reportOn(again, synced)])).toHaveLength(1)
    expect(await source.report('d1', [reportOn(again, synced)])).toEqual([])
  })

  test('the next process takes up what the last one left', async () => {
    await lamp()
    const first = await bench.start()
    await first.lease()
    await first.source.close()

    const { lease } = await bench.start()
    expect(onlyOne(await lease()).change.previous).toEqual({
      code: 0,
      text: 'Provisioning in progress',
    })
  })

  test('no more is leased than is wanted', async () => {
    for (const color of ['red', 'green', 'blue']) await lamp({ color })
    const { lease } = await bench.start()
    expect(names(await lease(2))).toEqual(['sync Lamp/1', 'sync Lamp/2'])
    expect(names(await lease(2))).toEqual(['sync Lamp/3'])
  })
})

describe('register', () => {
  const registration = { name: 'more', version: '1', models: [], steps: [], requiredModels: [] }

  test.each([
    ['models that are not there yet', { requiredModels: ['Fog'] }, 'UNAVAILABLE', /missing Fog$/],
    [
      'steps of such models',
      { steps: [{ step: 'fog', model: 'Fog', include: [] }] },
      'UNAVAILABLE',
      /missing Fog$/,
    ],
    [
      'models with mistakes',
      { models: [{ filename: 'a.xproto', contents: 'message A (XOSBase) { required }' }] },
      'VALIDATION',
      /XP_SYNTAX/,
    ],
    [
      'models that build on those of a service that comes later',
      {
        models: [
          { filename: 'a.xproto', contents: 'option app_label = "a"; message A (Later) { }' },
        ],
      },
      'UNAVAILABLE',
      /No model is named Later/,
    ],
    [
      'a link that is none',
      { steps: [{ step: 'lamp', model: 'Lamp', include: ['owner'] }] },
      'VALIDATION',
      /include owner: Lamp has no link named owner$/,
    ],
    [
      'policies and steps that only a core of Syncstep has work for',
      {
        policies: [{ step: 'allot', model: 'Lamp', include: [], operations: [] }],
        pullSteps: [{ step: 'look', everyMs: 1_000 }],
      },
      'VALIDATION',
      /^A core of XOS has no work for .*: run allot, look with a core of Syncstep$/,
    ],
    [
      'steps that wait for a policy',
      { steps: [{ step: 'lamp', model: 'Lamp', include: [], afterPolicy: true }] },
      'VALIDATION',
      /take after_policy away from lamp$/,
    ],
  ])('%s are told', async (_, changes, code, message) => {
    const { source } = await bench.open()
    await expect(source.register({ ...registration, ...changes })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
  })

  test('paths of a dependency graph are warned of', async () => {
    const { source } = await bench.open()
    const dependencies = [
      { model: 'Lamp', on: 'Lamp', path: 'next' },
      { model: instance, on: 'Site', path: 'owner.site' },
    ]
    const said = (count: number) =>
      source.register({ ...registrationOf(steps), dependencies: dependencies.slice(0, count) })
    expect(await said(1)).toEqual([])
    expect(await said(2)).toEqual([
      expect.stringMatching(/paths of dependency_graph are not followed/),
    ])
  })
})

/** A function that fails, defers or is not there, by turns, and succeeds in the end. */
const createFunctions = () => {
  const calls: Change[] = []
  const answers: readonly Outcome[] = [
    { kind: 'failed', text: 'no route', retry: true },
    synced,
    { kind: 'deferred', text: 'not yet' },
    synced,
    { kind: 'target-busy', text: 'busy', retryAfterMs: 1_000 },
    synced,
    synced,
  ]
  return {
    calls,
    call: (_target: unknown, change: Change | Delivery): Promise<Outcome> => {
      calls.push(recordChange(change))
      return Promise.resolve(answers[calls.length % answers.length] ?? synced)
    },
  }
}

test('a dispatcher brings all records to their end over a core of XOS, each after what it depends on', async () => {
  const { records, core } = bench
  const { source, clock, lines } = await bench.start()
  const { calls, call } = createFunctions()
  const { log } = core
  const dispatcher = createDispatcher({
    name: 'd1',
    synchronizer: 'hello-world',
    source,
    targets: [targetFor(service), targetFor(instance), targetFor('Lamp')],
    call,
    clock,
    random: () => 0.5,
    log,
  })
  const stopping = new AbortController()
  const run = dispatcher.run(stopping.signal)

  /** Until nothing is dirty and nothing is left of what was deleted. Time goes on slower than the network. */
  const settle = (): Promise<boolean> =>
    until('the end', async () => {
      await clock.advance(250)
      const dirty = await core.database.query(
        'select from record where pending and leaf = any($1)',
        [[service, instance]],
      )
      return dirty.length === 0
    })

  const owners = await Promise.all(
    ['one', 'two'].map((name) => records.create(service, { name, hello_from: name })),
  )
  for (let index = 0; index < 6; index += 1) {
    const owner_id = owners[index % owners.length]?.['id']
    await records.create(instance, { name: `${index}`, hello_to: 'Bob', owner_id })
  }
  await settle()
  for (const { record, expanded } of calls.filter(({ model }) => model === instance)) {
    expect(expanded['owner']).toMatchObject({ model: service, record: { id: record['owner_id'] } })
    expect(expanded['owner']).toMatchObject({ record: { backend_status: 'OK' } })
  }

  calls.length = 0
  await records.remove(service, Number(owners[0]?.['id']))
  await settle()
  const done = calls.map(({ operation, model }) => `${operation} ${model}`)
  expect(new Set(done)).toEqual(new Set([`delete ${instance}`, `delete ${service}`]))
  expect(done.lastIndexOf(`delete ${instance}`)).toBeLessThan(done.indexOf(`delete ${service}`))
  expect(await records.list(service)).toHaveLength(1)
  expect(await records.list(instance)).toHaveLength(3)

  stopping.abort()
  await clock.advance(5_000)
  await run
  expect(lines.filter(({ level }) => level !== 'info')).toEqual([])
})

const fog = 'option app_label = "fog"; message Fog (XOSBase) { required string depth = 1; }'

test('while the core starts anew requests reject; then what is held is reported, and new models are read', async () => {
  const { core, records } = bench
  const { source, clock, lines, lease } = await bench.start()
  await records.create('Lamp', { color: 'red' })
  await clock.advance(5_000)
  const [work] = await until('the lamp', async () => {
    const leased = await lease()
    return leased.length > 0 && leased
  })
  await core.load(fog, [], 'fog')
  await core.clock.advance(5_000)
  const report = () => source.report('d1', [reportOn(work!, synced)])
  const code = await until('the outage', () =>
    report().then(
      () => undefined,
      (error: unknown) => (error as RemoteSourceError).code,
    ),
  )
  expect(code).toBe('UNAVAILABLE')
  await until('the log', async () => {
    await clock.advance(500)
    return lines.some(({ message }) => message === 'no connection to the core')
  })

  await core.clock.advance(3_000)
  const refused = await until('the core', async () => {
    await clock.advance(500)
    return report()
  })
  expect(refused).toEqual([])
  expect(await records.get('Lamp', 1)).toMatchObject({ backend_status: 'OK' })
  await until('the log', () => lines.at(-1)?.message === 'connected to the core')
})

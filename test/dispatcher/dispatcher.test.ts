import { describe, expect, test } from 'vitest'
import type { Outcome } from '#contract'
import { createDispatcher } from '#dispatcher'
import { createManualClock } from '../support/manual-clock.ts'
import { createMemorySource } from '../support/memory-source.ts'
import { recordChange } from '../support/record-change.ts'
import {
  createTestLog,
  key,
  startDispatcher,
  targetFor,
  type Pending,
  type StartOptions,
} from '../support/started-dispatcher.ts'

const red = key('Color', 7)
const synced: Outcome = { kind: 'synced' }
const failed: Outcome = { kind: 'failed', text: 'Maybe not', retry: true }
const deferred: Outcome = { kind: 'deferred', text: 'Maybe later' }
const nobody: Outcome = { kind: 'target-down', text: 'refused' }

const countOf = (started: ReturnType<typeof startDispatcher>, name: string): number =>
  started.source.requests.filter((request) => request.name === name).length

/** A call that answers at once with the given outcomes, then with synced, and remembers when it was called. */
const answering = (...outcomes: Outcome[]) => {
  const times: number[] = []
  const started = startDispatcher({
    call: () => {
      times.push(started.clock.now())
      return Promise.resolve(outcomes.shift() ?? synced)
    },
  })
  return { ...started, times }
}

describe('a record', () => {
  test('is delivered once for one change, and is synced then', async () => {
    const { source, dispatcher, times, clock, stop } = answering()

    source.write(red)
    await dispatcher.settled()
    await clock.advance(120_000)

    expect(source.isSynced(red)).toBe(true)
    expect(times).toEqual([0])
    await stop()
  })

  test('that its step is not for is done without a call, until it is one that the step is for', async () => {
    const seen: unknown[] = []
    const { source, dispatcher, stop } = startDispatcher({
      targets: [targetFor('Color', { filter: { bright: true } })],
      call: (_target, change) => {
        seen.push(recordChange(change).record['name'])
        return Promise.resolve(synced)
      },
    })

    source.write(red, { name: 'dark red', bright: false })
    source.write(key('Color', 8), { name: 'yellow', bright: true })
    await dispatcher.settled()
    expect(source.isSynced(red)).toBe(true)
    expect(source.outcomes(red)).toEqual(['skipped'])
    expect(seen).toEqual(['yellow'])

    source.write(red, { name: 'red', bright: true })
    await dispatcher.settled()
    expect(seen).toEqual(['yellow', 'red'])

    source.write(red, { name: 'dark red', bright: false })
    source.remove(red)
    await dispatcher.settled()
    expect(seen).toEqual(['yellow', 'red', 'dark red'])
    await stop()
  })

  test('is told apart from others by its key alone, whatever the names', async () => {
    const models = ['__proto__', 'constructor', 'toString']
    const { source, dispatcher, stop } = startDispatcher({
      targets: models.map((model) => targetFor(model)),
      call: () => Promise.resolve(synced),
    })

    for (const model of models) source.write(key(model, 1))
    await dispatcher.settled()

    expect(models.map((model) => source.isSynced(key(model, 1)))).toEqual([true, true, true])
    await stop()
  })

  test('that failed is tried again after the back-off, and not before', async () => {
    const { source, dispatcher, times, clock, stop } = answering(failed, failed, failed)

    source.write(red)
    await dispatcher.settled()
    expect(source.reports(red)).toMatchObject([{ outcome: failed, retryInMs: 1_000 }])
    await clock.advance(999)
    expect(times).toEqual([0])
    await clock.advance(120_000)

    expect(times).toEqual([0, 1_000, 3_000, 7_000])
    expect(source.isSynced(red)).toBe(true)
    await stop()
  })

  test('that failed for good is tried again when it changes, and not before', async () => {
    const { source, times, clock, stop } = answering({ ...failed, retry: false })

    source.write(red)
    await clock.advance(3_600_000)
    expect(times).toEqual([0])
    source.write(red)
    await clock.advance(0)

    expect(times).toEqual([0, 3_600_000])
    await stop()
  })

  test('that failed as often as it may is tried again when it changes, and not before', async () => {
    const retry = { firstMs: 1_000, capMs: 1_000, maxAttempts: 2 }
    const { source, clock, pending, stop } = startDispatcher({
      targets: [targetFor('Color', { retry })],
    })
    source.write(red)
    await clock.advance(0)
    await pending[0]!.answer(failed)
    await clock.advance(2_000)
    await pending[0]!.answer(failed)
    await clock.advance(3_600_000)
    expect(pending).toHaveLength(0)
    const text = 'Maybe not (given up after 2 failed attempts)'
    expect(source.reports(red).at(-1)).toMatchObject({ outcome: { text, retry: false } })

    source.write(red)
    await clock.advance(0)
    expect(pending).toHaveLength(1)
    await stop()
  })

  test('that is deferred is tried again after the delay, again and again', async () => {
    const { source, times, clock, stop } = answering(deferred, deferred, {
      ...deferred,
      retryAfterMs: 60_000,
    })

    source.write(red)
    await clock.advance(100_000)

    expect(times).toEqual([0, 5_000, 10_000, 70_000])
    expect(source.outcomes(red)).toEqual(['deferred', 'deferred', 'deferred', 'synced'])
    await stop()
  })

  test('that changes while its function runs is delivered once more afterwards', async () => {
    const { source, pending, clock, stop } = startDispatcher()

    source.write(red, { name: 'red' })
    await clock.advance(0)
    source.write(red, { name: 'blue' })
    await clock.advance(20_000)
    expect(pending.map(({ change }) => change.record['name'])).toEqual(['red'])
    await pending[0]!.answer(synced)
    expect(pending.map(({ change }) => change.record['name'])).toEqual(['blue'])
    await pending[0]!.answer(synced)

    expect(source.isSynced(red)).toBe(true)
    expect(pending).toEqual([])
    await stop()
  })

  test('whose call goes wrong by mistake has failed', async () => {
    const { source, dispatcher, stop } = startDispatcher({
      call: () => {
        throw new RangeError('Invalid time value')
      },
    })

    source.write(red)
    await dispatcher.settled()

    expect(source.reports(red)).toMatchObject([
      { outcome: { kind: 'failed', text: 'Invalid time value', retry: true } },
    ])
    await stop()
  })

  test('whose function does not answer in time is cut off, and has failed', async () => {
    const { source, pending, clock, stop } = startDispatcher()

    source.write(red)
    await clock.advance(10_000)
    source.write(key('Color', 8))
    await clock.advance(19_999)
    expect(pending.map(({ signal }) => signal.aborted)).toEqual([false, false])
    await clock.advance(1)

    expect(source.reports(red)).toMatchObject([
      { outcome: { kind: 'failed', text: 'No answer within 30 s' }, durationMs: 30_000 },
    ])
    expect(source.outcomes(key('Color', 8))).toEqual([])
    await clock.advance(10_000)
    expect(source.outcomes(key('Color', 8))).toEqual(['failed'])
    await stop()
  })

  test('a call is kept open for its gateway, and not for longer', async () => {
    const targets = [targetFor('Color', { timeoutMs: 30_000, gatewayGraceMs: 10_000 })]
    const { source, clock, pending, stop } = startDispatcher({ targets })
    source.write(red)
    await clock.advance(39_999)
    expect(pending).toHaveLength(1)

    await clock.advance(1)
    expect(pending).toEqual([])
    expect(source.reports(red)).toMatchObject([
      { outcome: { kind: 'failed', text: 'No answer within 40 s' } },
    ])
    await stop()
  })

  test('whose call goes on after it was cut off costs no more time than one that ends', async () => {
    const { source, clock, stop } = startDispatcher({ call: () => new Promise(() => undefined) })

    source.write(red)
    await clock.advance(31_000)

    // The alarm and the heartbeat.
    expect(clock.timerCount()).toBe(2)
    await stop()
  })

  test('whose lease ended meanwhile is not written, and its report is let go', async () => {
    const { source, pending, messages, clock, stop } = startDispatcher()

    source.write(red)
    await clock.advance(0)
    source.expireLease(red)
    await clock.advance(0)
    expect(pending).toHaveLength(2)
    await pending[0]!.answer(synced)
    expect(source.isSynced(red)).toBe(false)
    expect(messages()).toContain('report came too late')
    await pending[0]!.answer(synced)

    expect(source.outcomes(red)).toEqual(['synced'])
    await stop()
  })

  test('has one line after each attempt, and one before it for who looks for mistakes', async () => {
    const { source, lines, clock, stop } = answering(failed, deferred)

    source.write(red)
    await clock.advance(10_000)
    source.remove(red)
    await clock.advance(0)

    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'debug Syncing object',
      'error sync step failed!',
      'debug Syncing object',
      'info sync step deferred',
      'debug Syncing object',
      'info Synced object',
      'debug Deleting object',
      'info Deleted object',
    ])
    expect(lines[1]?.fields).toEqual({
      model_name: 'Color',
      pk: 7,
      synchronizer_name: 'paint',
      attempt: 1,
      outcome: 'failed',
      duration_ms: 0,
      event_id: expect.stringMatching(/./) as unknown,
      trace_id: '80000000800000008000000080000001',
      span_id: '8000000080000001',
      error: 'Maybe not',
      retry: true,
    })
    await stop()
  })
})

describe('a function', () => {
  const writeMany = (source: ReturnType<typeof createMemorySource>, count: number): void => {
    for (let id = 1; id <= count; id += 1) source.write(key('Color', id))
  }

  test('runs as many records at once as it may, and no more are leased than are soon needed', async () => {
    const { source, pending, clock, stop } = startDispatcher({
      targets: [targetFor('Color', { concurrency: 3 })],
      leaseAhead: 2,
    })
    const leased = () =>
      Array.from({ length: 20 }, (_, index) => source.owner(key('Color', index + 1))).filter(
        Boolean,
      )

    writeMany(source, 20)
    await clock.advance(0)
    for (let done = 0; done < 20; done += 1) {
      expect(pending).toHaveLength(Math.min(3, 20 - done))
      expect(leased().length).toBeLessThanOrEqual(5)
      await pending[0]!.answer(synced)
    }

    expect(source.isSynced(key('Color', 20))).toBe(true)
    await stop()
  })

  test('with work ahead gets first what has been due for longer, and only when told of it', async () => {
    const { source, clock, pending, stop } = startDispatcher()
    await clock.advance(0)
    for (let id = 1; id <= 9; id += 1) source.write(key('Color', id))
    await clock.advance(1_000)
    const called = (): readonly unknown[] => pending.map(({ change }) => change.record['id'])
    expect(called()).toEqual([1, 2])
    const leases = source.requests.filter(({ name }) => name === 'lease').length

    source.write(key('Color', 10), {}, -1_000)
    await clock.advance(1_000)
    await pending[0]!.answer(synced)

    expect(called()).toEqual([2, 10])
    expect(source.requests.filter(({ name }) => name === 'lease').length).toBe(leases + 1)
    await stop()
  })

  test('that is quick gets large lots, and its outcomes travel together', async () => {
    const started = startDispatcher({ call: () => Promise.resolve(synced) })
    const { source, dispatcher, stop } = started

    writeMany(source, 2_000)
    await dispatcher.settled()

    expect(source.isSynced(key('Color', 2_000))).toBe(true)
    expect(countOf(started, 'lease')).toBeLessThan(30)
    expect(countOf(started, 'report')).toBeLessThan(30)
    await stop()
  })

  test('that is down is left alone, its records are given back and keep their attempts', async () => {
    const { source, pending, clock, stop } = startDispatcher()

    writeMany(source, 6)
    await clock.advance(0)
    await pending[0]!.answer(nobody)

    expect(source.reports(key('Color', 1))).toMatchObject([{ outcome: nobody, retryInMs: 0 }])
    expect(source.outcomes(key('Color', 3))).toEqual(['released'])
    expect(pending.map(({ change }) => change.record['id'])).toEqual([2])
    await pending[0]!.answer(nobody)
    await clock.advance(999)
    expect(pending).toEqual([])
    await stop()
  })

  test('that is down is probed with one record at a time, ever more rarely, until it answers', async () => {
    const probes: number[] = []
    let isUp = false
    const { source, clock, messages, stop } = startDispatcher({
      call: () => {
        probes.push(clock.now())
        return Promise.resolve(isUp ? failed : nobody)
      },
    })

    writeMany(source, 50)
    await clock.advance(0)
    // Both calls that were under way when it went down.
    expect(probes).toEqual([0, 0])
    await clock.advance(62_000)
    expect(probes.slice(2)).toEqual([1_000, 3_000, 7_000, 15_000, 30_000, 45_000, 60_000])
    isUp = true
    await clock.advance(13_000)

    // Any real answer will do: a failure shows that the function is there.
    expect(probes.filter((time) => time === 75_000)).toHaveLength(50)
    expect(messages().filter((message) => message.startsWith('function'))).toEqual([
      'function is down',
      'function is back',
    ])
    await stop()
  })

  test('that is down is probed even while a call from before hangs', async () => {
    const { source, pending, clock, stop } = startDispatcher()

    writeMany(source, 3)
    await clock.advance(0)
    await pending[0]!.answer(nobody)
    await clock.advance(1_000)

    expect(pending.map(({ change }) => change.record['id'])).toEqual([2, 1])
    await stop()
  })

  test('that is down does not delay other functions', async () => {
    const { source, dispatcher, stop } = startDispatcher({
      call: ({ model }) => Promise.resolve(model === 'Color' ? nobody : synced),
    })

    writeMany(source, 50)
    for (let id = 1; id <= 50; id += 1) source.write(key('Page', id))
    await dispatcher.settled()

    expect(source.isSynced(key('Page', 50))).toBe(true)
    await stop()
  })

  test('that has very much to do delays no record of another by more than a lot', async () => {
    let calls = 0
    let writtenAt = 0
    let calledAt = Infinity
    const { source, dispatcher, stop } = startDispatcher({
      leaseAhead: 100,
      call: ({ model }) => {
        calls += 1
        if (model === 'Page') calledAt = calls
        if (calls === 2_000) {
          source.write(key('Page', 1))
          writtenAt = calls
        }
        return Promise.resolve(synced)
      },
    })

    writeMany(source, 4_000)
    await dispatcher.settled()

    expect(calledAt - writtenAt).toBeLessThanOrEqual(200)
    expect(source.isSynced(key('Page', 1))).toBe(true)
    expect(source.isSynced(key('Color', 4_000))).toBe(true)
    await stop()
  })

  test('that is not set up well is held as one that is down, and said aloud', async () => {
    const { source, lines, clock, times, stop } = answering({
      kind: 'target-misconfigured',
      text: 'it refuses the caller',
    })

    source.write(red)
    await clock.advance(1_000)

    expect(lines).toContainEqual({
      level: 'error',
      message: 'function is misconfigured',
      fields: {
        step: 'color',
        error: 'it refuses the caller',
        retry_in_ms: 1_000,
      },
    })
    expect(times).toEqual([0, 1_000])
    await stop()
  })

  test.each([
    ['as long as it says', { retryAfterMs: 42_000 }, 42_000],
    ['for the deferred delay when it does not say', {}, 5_000],
  ])('that is busy gets no record %s', async (_title, asked, pauseMs) => {
    const { source, clock, times, dispatcher, stop } = answering({
      kind: 'target-busy',
      text: 'busy',
      ...asked,
    })

    source.write(red)
    await dispatcher.settled()
    source.write(key('Color', 8))
    source.write(key('Page', 1))
    await clock.advance(pauseMs - 1)
    expect(times).toEqual([0, 0])
    await clock.advance(1)

    expect(times).toEqual([0, 0, pauseMs, pauseMs])
    expect(source.reports(red)).toMatchObject([{ retryInMs: 0 }, { outcome: synced }])
    await stop()
  })

  const busy: Outcome = { kind: 'target-busy', text: 'busy', retryAfterMs: 1_000 }
  const endings: readonly (readonly [string, (pending: readonly Pending[]) => Promise<void>])[] = [
    [
      'says that it is busy',
      async (pending) => {
        for (const one of [...pending]) await one.answer(busy)
      },
    ],
    ['does not answer in time', () => Promise.resolve()],
  ]
  test.each(endings)(
    'that %s gets half as many records at once, and more again as it keeps up',
    async (_title, end) => {
      const targets = [targetFor('Color', { concurrency: 8, timeoutMs: 1_000 })]
      const { source, clock, pending, stop } = startDispatcher({ targets })
      writeMany(source, 40)
      await clock.advance(0)
      expect(pending).toHaveLength(8)

      await end(pending)
      await clock.advance(1_000)
      expect(pending).toHaveLength(4)

      for (const one of [...pending]) await one.answer(synced)
      expect(pending).toHaveLength(5)
      await stop()
    },
  )
})

describe('between two changes', () => {
  test('nothing is asked of the core', async () => {
    const started = answering()
    started.source.write(red)
    await started.clock.advance(0)
    const before = started.source.requests.length

    await started.clock.advance(29_000)

    expect(started.source.requests.length).toBe(before)
    await started.stop()
  })

  test('a record that nobody told of is found by the safety scan', async () => {
    const { source, clock, dispatcher, stop } = answering()
    const deaf = { ...source, onWake: () => () => undefined }
    const controller = new AbortController()
    const other = createDispatcher({
      name: 'dispatcher-2',
      synchronizer: 'paint',
      source: deaf,
      targets: [targetFor('Sound')],
      call: () => Promise.resolve(synced),
      clock,
      random: () => 0.5,
      log: createTestLog().log,
    })
    const stopped = other.run(controller.signal)
    await Promise.all([dispatcher.settled(), other.settled()])

    source.write(key('Sound', 1))
    await clock.advance(29_999)
    expect(source.isSynced(key('Sound', 1))).toBe(false)
    await clock.advance(1)

    expect(source.isSynced(key('Sound', 1))).toBe(true)
    controller.abort()
    await Promise.all([stopped, stop()])
  })

  test('a wake that comes while a lease is under way leads to another lease', async () => {
    const { source, clock, dispatcher, stop } = answering()
    await dispatcher.settled()
    let letGo = (): void => undefined
    source.setDelay(() => new Promise((resolve) => (letGo = resolve)))

    source.write(red)
    await clock.advance(0)
    letGo()
    await clock.advance(0)
    // The lease has looked, and its answer is on the way.
    source.write(key('Color', 8))
    source.setDelay(() => Promise.resolve())
    letGo()
    await dispatcher.settled()

    expect(source.isSynced(key('Color', 8))).toBe(true)
    await stop()
  })
})

describe('leases', () => {
  test('are prolonged by one heartbeat while any is held, and then no more', async () => {
    const started = startDispatcher()
    const { source, pending, clock, stop } = started

    source.write(red)
    source.write(key('Page', 1))
    await clock.advance(7_000)
    expect(countOf(started, 'heartbeat')).toBe(3)
    await pending[0]!.answer(synced)
    await pending[0]!.answer(synced)
    await clock.advance(25_000)

    expect(countOf(started, 'heartbeat')).toBe(3)
    await stop()
  })
})

describe('a core that cannot be reached', () => {
  const outage = new Error('connect ECONNREFUSED')

  test('gets the outcomes when it is back, and is asked ever more rarely until then', async () => {
    const started = startDispatcher()
    const { source, pending, clock, lines, stop } = started
    source.write(red)
    await clock.advance(0)

    source.setOutage(outage)
    await pending[0]!.answer(synced)
    await clock.advance(100_000)
    expect(countOf(started, 'report')).toBeLessThan(50)
    expect(source.isSynced(red)).toBe(false)
    source.setOutage(undefined)
    await clock.advance(5_000)

    expect(source.outcomes(red)).toEqual(['synced'])
    expect(lines.filter(({ message }) => message.startsWith('core'))).toMatchObject([
      { level: 'error', message: 'core cannot be reached', fields: { error: outage.message } },
      { level: 'info', message: 'core is back' },
    ])
    await stop()
  })

  test('is served again after an outage of any request', async () => {
    const { source, clock, stop } = answering()
    source.setOutage(outage)
    source.write(red)
    await clock.advance(20_000)

    source.setOutage(undefined)
    await clock.advance(5_000)

    expect(source.isSynced(red)).toBe(true)
    await stop()
  })

  test('that takes its time for reports gets fewer of them, each with more', async () => {
    const started = startDispatcher({ targets: [targetFor('Color', { concurrency: 3 })] })
    const { source, pending, clock, stop } = started
    source.setDelay((name) =>
      name === 'report' ? new Promise((resolve) => clock.after(5, resolve)) : Promise.resolve(),
    )
    for (let id = 1; id <= 9; id += 1) source.write(key('Color', id))
    await clock.advance(0)

    // The request waits before it acts and again before it answers: 10 ms, so outcomes gather for 20 ms.
    await pending[0]!.answer(synced)
    await clock.advance(10)
    await pending[0]!.answer(synced)
    await clock.advance(10)
    await pending[0]!.answer(synced)
    await clock.advance(9)
    expect(source.requests.filter(({ name }) => name === 'report')).toHaveLength(1)
    await clock.advance(1)

    expect(source.requests.filter(({ name }) => name === 'report').at(-1)?.count).toBe(2)
    await stop()
  })

  test('that is slow to take outcomes gets no more work than it can keep up with', async () => {
    const { source, clock, stop } = startDispatcher({ call: () => Promise.resolve(synced) })
    source.setDelay((name) =>
      name === 'report'
        ? new Promise((resolve) => clock.after(60_000, resolve))
        : Promise.resolve(),
    )
    for (let id = 1; id <= 4_000; id += 1) source.write(key('Color', id))
    await clock.advance(20_000)

    const ids = Array.from({ length: 4_000 }, (_, index) => index + 1)
    const held = ids.filter((id) => source.owner(key('Color', id)) !== undefined)
    expect(held.length).toBeGreaterThanOrEqual(1_000)
    expect(held.length).toBeLessThan(2_000)
    await stop()
  })

  test('may have given the records to others, so nothing is begun until it is back', async () => {
    const { source, pending, clock, stop } = startDispatcher()
    for (let id = 1; id <= 4; id += 1) source.write(key('Color', id))
    await clock.advance(0)
    expect(source.owner(key('Color', 3))).toBe('dispatcher-1')

    source.setOutage(outage)
    await pending[0]!.answer(synced)
    // The next one began before the report failed.
    expect(pending.map(({ change }) => change.record['id'])).toEqual([2, 3])
    await pending[0]!.answer(synced)
    expect(pending.map(({ change }) => change.record['id'])).toEqual([3])
    source.setOutage(undefined)
    await clock.advance(1_000)

    expect(source.outcomes(key('Color', 1))).toEqual(['synced'])
    expect(source.outcomes(key('Color', 4))).toEqual(['released'])
    expect(pending.map(({ change }) => change.record['id'])).toEqual([3, 4])
    await stop()
  })
})

describe('a stop', () => {
  test('takes no time when nothing is under way, and takes leave', async () => {
    const started = answering()
    await started.dispatcher.settled()

    started.beginStop()
    await started.run

    expect(countOf(started, 'leave')).toBe(1)
  })

  test('gives back what has not begun, waits for what runs, and begins nothing', async () => {
    const { source, pending, clock, beginStop, isStopped, run } = startDispatcher()
    for (let id = 1; id <= 4; id += 1) source.write(key('Color', id))
    await clock.advance(0)

    beginStop()
    await clock.advance(1_000)
    expect(source.outcomes(key('Color', 3))).toEqual(['released'])
    expect(source.owner(key('Color', 3))).toBeUndefined()
    source.write(key('Page', 1))
    await pending[0]!.answer(synced)
    expect(isStopped()).toBe(false)
    await pending[0]!.answer(synced)
    await run

    expect(source.outcomes(key('Color', 1))).toEqual(['synced'])
    expect(source.outcomes(key('Color', 2))).toEqual(['synced'])
    expect(pending).toEqual([])
    expect(clock.now()).toBe(1_000)
  })

  test('cuts off what runs after the grace time, so that it is called again by others', async () => {
    const { source, pending, messages, clock, beginStop, isStopped, run } = startDispatcher()
    source.write(red)
    await clock.advance(0)
    const [{ signal }] = pending as [(typeof pending)[0]]

    beginStop()
    await clock.advance(3_999)
    expect(signal.aborted).toBe(false)
    expect(isStopped()).toBe(false)
    await clock.advance(1)
    await run

    expect(signal.aborted).toBe(true)
    expect(messages()).toEqual(['Syncing object'])
    expect(source.outcomes(red)).toEqual([])
    expect(source.owner(red)).toBeUndefined()
  })

  test('gives back a lease that arrives after it began', async () => {
    const { source, clock, pending, beginStop, run } = startDispatcher()
    await clock.advance(0)
    let letGo = (): void => undefined
    source.setDelay(() => new Promise((resolve) => (letGo = resolve)))
    source.write(red)
    await clock.advance(0)

    beginStop()
    source.setDelay(() => Promise.resolve())
    letGo()
    await run

    expect(pending).toEqual([])
    expect(source.outcomes(red)).toEqual(['released'])
  })

  test.each([
    ['cannot be reached', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    ['does not answer', () => new Promise<void>(() => undefined)],
  ])('ends within the grace time and a second when the core %s', async (_title, delay) => {
    const { source, pending, clock, beginStop, isStopped, run } = startDispatcher()
    source.write(red)
    await clock.advance(0)
    source.setDelay(delay)
    await pending[0]!.answer(synced)

    beginStop()
    await clock.advance(5_000)

    expect(isStopped()).toBe(true)
    await run
    expect(clock.timerCount()).toBe(0)
  })

  test('leaves nothing behind, not even when the core answers afterwards', async () => {
    const { source, clock, beginStop, run } = startDispatcher()
    let letGo = (): void => undefined
    source.setDelay((name) =>
      name === 'lease' ? new Promise((resolve) => (letGo = resolve)) : Promise.resolve(),
    )
    source.write(red)
    await clock.advance(0)

    beginStop()
    await clock.advance(5_000)
    await run
    letGo()
    await clock.advance(0)
    letGo()
    await clock.advance(0)

    expect(clock.timerCount()).toBe(0)
    expect(source.listenerCount()).toBe(0)
  })

  test('that comes before the start leases nothing', async () => {
    const clock = createManualClock()
    const source = createMemorySource(clock)
    source.write(red)
    const dispatcher = createDispatcher({
      name: 'dispatcher-1',
      synchronizer: 'paint',
      source,
      targets: [targetFor('Color')],
      call: () => Promise.reject(new Error('called')),
      clock,
      random: () => 0.5,
      log: createTestLog().log,
    })

    await dispatcher.run(AbortSignal.abort())

    expect(source.requests).toEqual([{ name: 'leave', count: 0 }])
  })
})

describe('options that make no sense are refused', () => {
  const badUrl =
    'Expected url of step color to begin with http:// or https:// and to name no user and password.'
  const cases: readonly (readonly [string, StartOptions, string])[] = [
    [
      'two steps for one model',
      { targets: [targetFor('Color'), targetFor('Color', { step: 'paint' })] },
      'Expected one step for each model, got color and paint for Color. Remove one of them.',
    ],
    [
      'no place for a call',
      { targets: [targetFor('Color', { concurrency: 0 })] },
      'Expected concurrency of step color to be a whole number from 1 up, got 0',
    ],
    ['no URL', { targets: [targetFor('Color', { url: 'color.test' })] }, badUrl],
    ['not of HTTP', { targets: [targetFor('Color', { url: 'ftp://color.test/' })] }, badUrl],
    ['a secret', { targets: [targetFor('Color', { url: 'http://me:secret@c.test/' })] }, badUrl],
    [
      'half a record ahead',
      { leaseAhead: 0.5 },
      'Expected leaseAhead to be a whole number from 0 up, got 0.5',
    ],
  ]
  test.each(cases)('%s', (_title, options, message) => {
    expect(() => startDispatcher(options)).toThrow(new TypeError(message))
  })
})

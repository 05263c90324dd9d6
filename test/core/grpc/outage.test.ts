import { promisify } from 'node:util'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Leased, Registration, Report } from '#contract'
import { CoreError } from '#core'
import { createManualClock } from '../../support/manual-clock.ts'
import { createBench, createWork, gate, until, workOf } from './support.ts'

const bench = createBench()
afterEach(() => bench.close())

const registration: Registration = {
  name: 'paint',
  version: '1',
  models: [],
  steps: [],
  requiredModels: [],
  dependencies: [],
}

/** Past the first pause between two attempts, and well within what an attempt may take. */
const pauseMs = 500

describe('while the core cannot be reached', () => {
  test('requests reject with where it should be', async () => {
    const { port, close } = await bench.serve(createWork().work)
    await close()
    const source = bench.dial(port)

    await expect(source.heartbeat('d1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(`(the core at 127.0.0.1:${port})`) as string,
    })
    await expect(source.lease('d1', [])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('one line of the log says so, however long it lasts', async () => {
    const { port, close } = await bench.serve(createWork().work)
    await close()
    const source = bench.dial(port)
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await expect(source.heartbeat('d1')).rejects.toThrow()
      await source.clock.advance(5_000)
    }

    expect(source.log.lines.map(({ message }) => message)).toEqual(['no connection to the core'])
  })

  test('a core that accepts the connection and says nothing is given up after 10 s', async () => {
    const { port } = await bench.serve(createWork().work, {
      authenticate: () => gate<undefined>().opened,
    })
    const source = bench.dial(port)
    const beat = expect(source.heartbeat('d1')).rejects.toThrow(
      'No connection: no answer within 10 s',
    )

    await source.clock.advance(10_000)
    await beat
  })
})

describe('after the core came back', () => {
  test('the dispatcher has registered again before it asks for anything, and looks for work', async () => {
    const first = createWork()
    const { port, close } = await bench.serve(first.work)
    const source = bench.dial(port)
    await source.register(registration)
    let wakes = 0
    source.onWake(() => (wakes += 1))
    await close()
    await expect(source.heartbeat('d1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })

    const second = createWork()
    await bench.serve(second.work, { port })
    await source.clock.advance(pauseMs)
    await source.heartbeat('d1')

    expect(second.asked).toMatchObject([
      ['register', registration],
      ['heartbeat', 'd1'],
    ])
    expect(wakes).toBe(1)
  })

  test('with models that contradict ours, requests reject with its reasons until it agrees', async () => {
    const first = createWork()
    const { port, close } = await bench.serve(first.work)
    const source = bench.dial(port)
    await source.register(registration)
    await close()
    await expect(source.heartbeat('d1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })

    let agrees = false
    const second = createWork({
      register: () =>
        agrees
          ? Promise.resolve([])
          : Promise.reject(new CoreError('VALIDATION', 'no model Color')),
    })
    await bench.serve(second.work, { port })
    await source.clock.advance(pauseMs)
    await expect(source.heartbeat('d1')).rejects.toMatchObject({
      code: 'VALIDATION',
      message: 'no model Color',
    })

    agrees = true
    await source.clock.advance(20_000)
    await source.heartbeat('d1')
    expect(second.methods()).toEqual(['register', 'register', 'heartbeat'])
  })

  test('a registration that was refused is not brought again', async () => {
    const first = createWork({
      register: () => Promise.reject(new CoreError('VALIDATION', 'oops')),
    })
    const { port, close } = await bench.serve(first.work)
    const source = bench.dial(port)
    await expect(source.register(registration)).rejects.toThrow('oops')
    await close()
    await expect(source.heartbeat('d1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })

    const second = createWork()
    await bench.serve(second.work, { port })
    await source.clock.advance(pauseMs)
    await source.heartbeat('d1')

    expect(second.methods()).toEqual(['heartbeat'])
  })
})

describe('the leases of a dispatcher end at once when its stream ends', () => {
  test('by its own word', async () => {
    const { work, asked, listeners } = createWork()
    const { port } = await bench.serve(work)
    const source = bench.dial(port)
    await source.lease('d1', [])
    await source.close()

    await until(() => asked.length === 2)
    expect(asked.at(-1)).toEqual(['leave', 'd1', []])
    expect(listeners.size).toBe(0)
    await expect(source.heartbeat('d1')).rejects.toThrow('was closed')
  })

  test('by a cut connection, for every dispatcher on it', async () => {
    const { work, asked, methods } = createWork()
    const { port } = await bench.serve(work)
    const relay = await bench.relay(port)
    const source = bench.dial(relay.port)
    await source.lease('d1', [])
    await source.heartbeat('d2')
    relay.cut()

    await until(() => methods().filter((method) => method === 'leave').length === 2)
    expect(asked.slice(2)).toEqual([
      ['leave', 'd1', []],
      ['leave', 'd2', []],
    ])
  })

  test('those that were taken over it and not reported, and no others', async () => {
    const all = [workOf(1), workOf(2), { ...workOf(3), token: 20 }, workOf(4)]
    const { work, asked, methods } = createWork({ lease: () => Promise.resolve({ work: all }) })
    const { port } = await bench.serve(work)
    const source = bench.dial(port)
    await source.lease('d1', [])
    const reported = [workOf(1), workOf(2)].map(({ key, token }): Report => {
      const outcome = { kind: 'synced' } as const
      return { key, operation: 'sync', token, stamp: 1, outcome, durationMs: 1 }
    })
    await source.report('d1', reported)
    await source.close()

    await until(() => methods().includes('leave'))
    expect(asked.at(-1)).toEqual(['leave', 'd1', [20, 40]])
  })

  test('not when the core stops: the dispatcher will come back to them', async () => {
    const { work, methods } = createWork()
    const { port, close } = await bench.serve(work)
    const source = bench.dial(port)
    await source.lease('d1', [])
    await close()

    await expect(source.heartbeat('d1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(methods()).toEqual(['lease'])
  })

  test('and a failing core says so in its log', async () => {
    const { work } = createWork({ leave: () => Promise.reject(new Error('disk on fire')) })
    const { port, log } = await bench.serve(work)
    const source = bench.dial(port)
    await source.lease('d1', [])
    await source.close()

    await until(() => log.lines.some(({ level }) => level === 'error'))
    expect(log.lines.at(-1)).toMatchObject({ fields: { dispatcher: 'd1' } })
  })

  test('also those that were taken while it ended', async () => {
    const slow = gate<Leased>()
    const { work, asked, methods } = createWork({ lease: () => slow.opened })
    const { port } = await bench.serve(work)
    const relay = await bench.relay(port)
    const source = bench.dial(relay.port)
    const leased = source.lease('d1', [])
    await until(() => methods().includes('lease'))
    relay.cut()
    await expect(leased).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await until(() => methods().includes('leave'))
    slow.open({ work: [workOf(1)] })

    await until(() => methods().includes('report'))
    expect(asked.at(-1)).toMatchObject([
      'report',
      'd1',
      [{ key: { model: 'Color', id: 1 }, token: 10, outcome: { kind: 'released' } }],
    ])
  })

  test('and before another stream of the same name takes any', async () => {
    const left = gate<undefined>()
    const { work, asked, methods } = createWork({ leave: () => left.opened })
    const { port } = await bench.serve(work)
    const before = bench.dial(port)
    await before.lease('d1', [{ model: 'Color', limit: 1 }])

    const after = bench.dial(port)
    const leased = after.lease('d1', [{ model: 'Color', limit: 2 }])
    await until(() => methods().includes('leave'))
    expect(methods()).toEqual(['lease', 'leave'])
    left.open(undefined)
    await leased

    const wants = [{ model: 'Color', limit: 2, kind: 'sync' }]
    expect(asked.at(-1)).toEqual(['lease', 'd1', wants, undefined])
    await until(() => before.log.lines.some(({ level }) => level === 'warn'))
  })
})

describe('an answer that comes after nobody waits for it', () => {
  test('brings no work that nobody does: it is given back', async () => {
    const slow = gate<Leased>()
    const { work, asked, methods } = createWork({ lease: () => slow.opened })
    const { port } = await bench.serve(work)
    const source = bench.dial(port)
    const lease = expect(source.lease('d1', [])).rejects.toThrow('No answer to lease within 30 s')
    await until(() => methods().includes('lease'))

    await source.clock.advance(30_000)
    await lease
    slow.open({ work: [workOf(1), workOf(2)] })

    await until(() => methods().includes('report'))
    expect(asked.at(-1)).toMatchObject([
      'report',
      'd1',
      [
        { token: 10, stamp: workOf(1).change.stamp, outcome: { kind: 'released' } },
        { token: 20, stamp: workOf(2).change.stamp, outcome: { kind: 'released' } },
      ],
    ])
  })

  test('is dropped otherwise, and the stream goes on', async () => {
    const slow = gate<undefined>()
    let beats = 0
    const { work } = createWork({
      heartbeat: () => ((beats += 1) === 1 ? slow.opened : Promise.resolve()),
    })
    const { port } = await bench.serve(work)
    const source = bench.dial(port)
    const beat = expect(source.heartbeat('d1')).rejects.toThrow(
      'No answer to heartbeat within 30 s',
    )
    await until(() => beats === 1)

    await source.clock.advance(30_000)
    await beat
    slow.open(undefined)
    await source.heartbeat('d1')

    expect(beats).toBe(2)
  })
})

describe('wakes', () => {
  test('reach every listener until it stops listening', async () => {
    const { work, wake, listeners } = createWork()
    const { port } = await bench.serve(work)
    const source = bench.dial(port)
    const heard: string[] = []
    await source.heartbeat('d1')
    await until(() => listeners.size === 1)
    const stop = source.onWake(() => heard.push('first'))
    source.onWake(() => heard.push('second'))

    wake()
    await until(() => heard.length === 2)
    stop()
    wake()
    await until(() => heard.length === 3)

    expect(heard).toEqual(['first', 'second', 'second'])
  })

  test('that come in a burst go as few, and the last is never lost', async () => {
    const { work, wake } = createWork()
    const { port } = await bench.serve(work)
    const { call, replies } = bench.stream(port)
    call.write({ id: 1, heartbeat: { dispatcher: 'd1' } })
    await until(() => replies.length === 1)

    for (let n = 0; n < 10_000; n += 1) wake()
    call.write({ id: 2, heartbeat: { dispatcher: 'd1' } })
    await until(() => replies.some(({ id }) => id === 2))

    const wakes = replies.filter((reply) => reply.wake !== undefined)
    expect(wakes).toHaveLength(2)
  })
})

test('a core that stops answers what it was asked, then cuts off what does not end', async () => {
  const slow = gate<Leased>()
  const { work, methods } = createWork({
    lease: () => slow.opened,
    heartbeat: () => gate<undefined>().opened,
  })
  const clock = createManualClock()
  const { port, face } = await bench.serve(work, { clock })
  const polite = bench.dial(port)
  const stuck = bench.dial(port)
  const leased = polite.lease('d1', [])
  const beat = expect(stuck.heartbeat('d2')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await until(() => methods().length === 2)

  const closed = face.close(4_000)
  slow.open({ work: [workOf(1)] })
  expect(await leased).toEqual({ work: [workOf(1)] })
  await clock.advance(4_000)
  await closed
  await beat
})

test('a source that is closed while it dials dials no more', async () => {
  const { port, close } = await bench.serve(createWork().work)
  await close()
  const source = bench.dial(port)
  await source.close()
  await source.clock.advance(60_000)

  const { work, methods } = createWork()
  await bench.serve(work, { port })
  await source.clock.advance(60_000)

  await expect(source.heartbeat('d1')).rejects.toThrow('was closed')
  expect(methods()).toEqual([])
})

test('a core of XOS, which gives no leases, is named as one, and what to do', async () => {
  const server = new Server()
  const credentials = ServerCredentials.createInsecure()
  const port = await promisify(server.bindAsync.bind(server))('127.0.0.1:0', credentials)
  onTestFinished(() => server.forceShutdown())

  await expect(bench.dial(port).heartbeat('d1')).rejects.toMatchObject({
    code: 'NO_LEASES',
    message: `The core at 127.0.0.1:${port} gives no leases, as a core of XOS does not. Set accessor.kind to xos in config.yaml, and run one dispatcher only.`,
  })
})

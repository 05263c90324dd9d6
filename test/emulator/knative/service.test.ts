import { observedModel } from '#contract'
import { expect, test } from 'vitest'
import { functionText, startServing } from './served.ts'

const revisionOf = ({ body }: { readonly body: string }): unknown =>
  (JSON.parse(body) as { readonly K_REVISION: unknown }).K_REVISION

test('a step knows its names, and the host it was called by', async () => {
  const { isReady, answered, port } = await startServing()
  await isReady()
  const host = 'paint.colours.svc.cluster.local'
  const { status, body } = await answered({ id: 'a' }, `http://127.0.0.1:${port}/`, { host })

  expect(status).toBe(200)
  expect(JSON.parse(body)).toEqual({
    version: 'one',
    id: 'a',
    host,
    K_SERVICE: 'paint',
    K_REVISION: 'paint-00001',
    K_CONFIGURATION: 'paint',
  })
})

test.each([
  ['paint.colours', 200],
  ['paint.colours.svc', 200],
  ['PAINT.colours.svc.cluster.local:8080', 200],
  ['mix.colours.svc.cluster.local', 404],
  ['paint.other.svc.cluster.local', 404],
])('a call for the host %s is answered %i', async (host, status) => {
  const { isReady, answered, port } = await startServing()
  await isReady()
  const answer = await answered({ id: 'a' }, `http://127.0.0.1:${port}/`, { host })

  expect(answer.status).toBe(status)
})

test('a step without calls has no process in the end; the next call waits until there is one', async () => {
  const { service, isReady, clock, becomes, answered, living, children } = await startServing({
    minScale: 0,
  })
  expect(service.state()).toBe('starting')
  await isReady()
  await clock.advance(50_000)
  expect(living()).toHaveLength(1)
  expect(service.state()).toBe('ready')

  await clock.advance(20_000)
  await becomes('no process', () => living().length === 0)
  expect(children[0]?.exitCode).toBe(0)
  expect(service.state()).toBe('cold')

  const answer = await answered({ id: 'a' })
  expect([answer.status, revisionOf(answer)]).toEqual([200, 'paint-00001'])
  expect(living()).toHaveLength(1)
})

test('a cold start takes as long as it is set to', async () => {
  const { clock, isReady, described, becomes } = await startServing({ coldStartMs: 10_000 })
  await becomes('some time to pass', () => clock.now() >= 500)
  await clock.advance(9_400)
  expect(described).toEqual([])
  await isReady()

  expect(clock.now()).toBeGreaterThan(10_000)
})

test('a process gets no more calls at once than it may have; the others wait for their turn', async () => {
  const { isReady, call, arrives, gate, clock } = await startServing({ containerConcurrency: 1 })
  await isReady()
  const calling = []
  for (const id of ['a', 'b', 'c']) calling.push(call({ id, hold: true }))
  for (const id of ['a', 'b', 'c']) {
    await arrives(id)
    await clock.advance(100)
    expect(gate.arrived.at(-1)).toBe(id)
    gate.letGo(id)
  }

  expect((await Promise.all(calling)).map(({ status }) => status)).toEqual([200, 200, 200])
})

test('a call beyond the short queue of a process is refused, and does not reach it', async () => {
  const { isReady, call, arrives, gate, calls } = await startServing({
    containerConcurrency: 1,
    targetBurstCapacity: 0,
  })
  await isReady()
  const first = call({ id: 'first', hold: true })
  await arrives('first')
  const later = Array.from({ length: 11 }, (_, index) => call({ id: `later-${index}` }))
  const refused = await Promise.race(later)
  gate.letGo('first')
  const answers = await Promise.all([first, ...later])

  expect(refused).toEqual({ status: 503, body: 'pending request queue full\n' })
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(11)
  expect(await calls()).toHaveLength(11)
})

test('a call that waits for a first process until its time is over is answered 504', async () => {
  const { call, clock } = await startServing({ timeoutMs: 60_000, coldStartMs: 600_000 })
  let answer: unknown
  const calling = call({ id: 'a' }).then((given) => (answer = given))
  while (answer === undefined) await clock.advance(10_000)
  await calling

  expect(answer).toEqual({ status: 504, body: 'activator request timeout' })
})

test('a call that takes too long is answered 504, and cut off at the step', async () => {
  const { isReady, call, arrives, clock } = await startServing({ timeoutMs: 60_000 })
  await isReady()
  const calling = call({ id: 'a', hold: true })
  await arrives('a')
  await clock.advance(60_000)

  expect(await calling).toEqual({ status: 504, body: 'request timeout' })
  await arrives('cut/a')
})

test('an answer that has begun before its time was over keeps its status, and ends with the error', async () => {
  const { isReady, call, arrives, clock, becomes } = await startServing({ timeoutMs: 60_000 })
  await isReady()
  let answer: unknown
  const calling = call({ id: 'a', hold: true, early: 'half of ' }).then((given) => (answer = given))
  await arrives('a')
  await becomes('the first part to pass', () => clock.now() > 1_000)
  await clock.advance(60_000)
  await calling

  expect(answer).toEqual({ status: 200, body: 'half of request timeout' })
})

test('a call whose caller goes away is cut off at the step', async () => {
  const { isReady, url, arrives } = await startServing()
  await isReady()
  const leaving = new AbortController()
  const calling = fetch(url, {
    method: 'POST',
    body: '{"id":"a","hold":true}',
    signal: leaving.signal,
  }).catch(() => 'gone')
  await arrives('a')
  leaving.abort()

  expect(await calling).toBe('gone')
  await arrives('cut/a')
})

test('a process that dies takes its call with it, and another is started', async () => {
  const { isReady, call, arrives, children, described, becomes, entries } = await startServing()
  await isReady()
  const calling = call({ id: 'a', hold: true })
  await arrives('a')
  children[0]?.kill('SIGKILL')

  expect(await calling).toEqual({ status: 502, body: 'EOF\n' })
  await becomes('another process', () => described.length === 2)
  const next = await call({ id: 'b' })
  expect([next.status, revisionOf(next)]).toEqual([200, 'paint-00001'])
  expect(entries).toContainEqual({
    level: 'error',
    message: 'Step process ended',
    fields: { step: 'paint', revision: 'paint-00001', exit: 'SIGKILL', stderr: '' },
  })
})

test('more calls than a process may have bring more processes, up to the most; no calls end them', async () => {
  const { isReady, call, arrives, gate, clock, becomes, living } = await startServing({
    containerConcurrency: 1,
    maxScale: 3,
  })
  await isReady()
  const ids = ['a', 'b', 'c', 'd']
  const calling = ids.map((id) => call({ id, hold: true }))
  await becomes('the first call', () => gate.arrived.length === 1)
  await clock.advance(2_000)
  await becomes('three processes', () => living().length === 3)
  for (const id of ['a', 'b', 'c']) await arrives(id)
  expect(gate.arrived).not.toContain('d')
  gate.letGo('a')
  await arrives('d')
  for (const id of ids) gate.letGo(id)
  expect((await Promise.all(calling)).every(({ status }) => status === 200)).toBe(true)

  await clock.advance(200_000)
  await becomes('one process', () => living().length === 1)
})

test('until a changed step is ready the former one serves; then that one ends its calls and itself', async () => {
  const { service, isReady, call, answered, arrives, gate, edit, described, becomes, children } =
    await startServing()
  await isReady()
  const calling = call({ id: 'a', hold: true })
  await arrives('a')
  await edit(functionText('two'))
  service.restart()
  expect(revisionOf(await call({ id: 'b' }))).toBe('paint-00001')

  await becomes('the new one to be ready', () => described.length === 2)
  expect(described.map(observedModel)).toEqual(['one', 'two'])
  expect(revisionOf(await answered({ id: 'c' }))).toBe('paint-00002')
  expect(children[0]?.exitCode).toBeNull()

  gate.letGo('a')
  expect(revisionOf(await calling)).toBe('paint-00001')
  await becomes('the former one to end', () => children[0]?.exitCode === 0)
})

test('a changed step that does not start leaves the former one serving, and says so', async () => {
  const { service, isReady, answered, edit, entries, becomes } = await startServing()
  await isReady()
  await edit('throw new Error("no such colour")')
  service.restart()
  const warning = await becomes('its warning', () =>
    entries.find(({ level, fields }) => level === 'warn' && fields['serving'] !== undefined),
  )

  expect(warning).toEqual({
    level: 'warn',
    message: 'The new revision does not start, the one before goes on serving',
    fields: { step: 'paint', revision: 'paint-00002', serving: 'paint-00001' },
  })
  expect(revisionOf(await answered({ id: 'a' }))).toBe('paint-00001')

  await edit(functionText('mended'))
  service.restart()
  await becomes('the mended one', () => entries.some(({ fields }) => fields['observes'] === 'mended')) // prettier-ignore
  expect(revisionOf(await answered({ id: 'b' }))).toBe('paint-00003')
})

test('a process that does not end in its time is killed', async () => {
  const stubborn = `${functionText('one')}
    process.removeAllListeners('SIGTERM')
    process.on('SIGTERM', () => undefined)`
  const { service, isReady, edit, described, becomes, clock, children } = await startServing(
    { timeoutMs: 60_000 },
    stubborn,
  )
  await isReady()
  await edit(functionText('two'))
  service.restart()
  await becomes('the new one to be ready', () => described.length === 2)
  await clock.advance(50_000)
  expect(children[0]?.signalCode).toBeNull()

  await clock.advance(20_000)
  await becomes('its death', () => children[0]?.signalCode === 'SIGKILL')
})

const always = { probability: 1, delayMs: 5_000, status: 503 }

test('a fault answers for the step', async () => {
  const { isReady, answered, calls } = await startServing({
    faults: [{ ...always, fault: 'status' }],
  })
  await isReady()

  expect(await answered({ id: 'a' })).toEqual({ status: 503, body: '' })
  expect(await calls()).toEqual([])
})

test('a fault makes a step slow', async () => {
  const { isReady, call, arrives, gate, clock, becomes } = await startServing({
    faults: [{ ...always, fault: 'delay' }],
  })
  await isReady()
  const calling = call({ id: 'a', hold: true })
  const before = clock.now()
  await becomes('some time to pass', () => clock.now() >= before + 500)
  await clock.advance(4_400)
  expect(gate.arrived).toEqual([])

  await arrives('a')
  gate.letGo('a')
  expect((await calling).status).toBe(200)
})

test('a fault makes a step hang', async () => {
  const { isReady, call, clock, calls } = await startServing({
    timeoutMs: 60_000,
    faults: [{ ...always, fault: 'hang' }],
  })
  await isReady()
  let answer: unknown
  const calling = call({ id: 'a' }).then((given) => (answer = given))
  while (answer === undefined) await clock.advance(10_000)
  await calling

  expect(answer).toEqual({ status: 504, body: 'request timeout' })
  expect(await calls()).toEqual([])
})

test.each([
  ['reset', 0],
  ['lost-answer', 1],
] as const)('a fault of the kind %s cuts the connection after %i calls', async (fault, seen) => {
  const { isReady, call, calls } = await startServing({ faults: [{ ...always, fault }] })
  await isReady()

  await expect(call({ id: 'a' })).rejects.toThrow('other side closed')
  expect(await calls()).toHaveLength(seen)
})

const events = process.env['SYNCSTEP_LONG'] === undefined ? 2_000 : 10_000

test(`a flood of ${events} events at a step that takes one at a time loses none and doubles none`, async () => {
  const { isReady, call, calls, children } = await startServing({
    containerConcurrency: 1,
    targetBurstCapacity: 0,
  })
  await isReady()
  let refused = 0
  /** As a dispatcher does: what was refused is sent again. */
  const deliver = async (id: string): Promise<void> => {
    for (;;) {
      const { status, body } = await call({ id })
      if (status === 200) return
      expect([status, body]).toEqual([503, 'pending request queue full\n'])
      refused += 1
    }
  }
  const ids = Array.from({ length: events }, (_, index) => `event-${index}`)
  const left = ids.values()
  const sender = async (): Promise<void> => {
    for (const id of left) await deliver(id)
  }
  await Promise.all(Array.from({ length: 12 }, sender))

  const noted = await calls()
  expect(noted.map(([id]) => id).toSorted()).toEqual(ids.toSorted())
  expect(new Set(noted.map(([, atOnce]) => atOnce))).toEqual(new Set(['1']))
  expect(refused).toBeGreaterThan(0)
  expect(children).toHaveLength(1)
})

import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../emulator/free-port.ts'
import { until } from '../support/until.ts'
import { runProgram, startDev, type Instance, type Program } from './program.ts'
import { makeRooms, roomSteps } from './rooms.ts'

type Ask = (method: string, at: string, body?: unknown) => Promise<Instance>

const password = 'letmein'
const authorization = `Basic ${btoa(`admin@opencord.org:${password}`)}`

const recordsOf = async (ask: Ask, collection: string): Promise<readonly Instance[]> =>
  (await ask('GET', `/xosapi/v1/rooms/${collection}`))['items'] as readonly Instance[]

const isGreen = (record: Instance): boolean =>
  record['backend_status'] === 'OK' && record['backend_code'] === 1

const named = (records: readonly Instance[]): Readonly<Record<string, Instance>> =>
  Object.fromEntries(records.map((record) => [String(record['name']), record]))

const wish = (id: string, data: object): object => ({
  specversion: '1.0',
  id,
  source: '/wishes',
  type: 'org.example.wish.room',
  data,
})

/** What a user does and sees, however the parts run. */
const liveThrough = async (
  ask: Ask,
  post: (event: object) => Promise<number>,
  outside: (names: string) => Promise<void>,
): Promise<void> => {
  const green = (what: string, collection: string, names: readonly string[]) =>
    until(what, async () => {
      const found = named(await recordsOf(ask, collection))
      return names.every((name) => found[name] !== undefined && isGreen(found[name]))
    })

  await ask('POST', '/xosapi/v1/rooms/rooms', { name: 'attic', lamps_wanted: 2 })
  await green('the policy to make lamps, and all to be synced', 'lamps', ['attic 1', 'attic 2'])
  await green('the room', 'rooms', ['attic'])
  const attic = named(await recordsOf(ask, 'rooms'))['attic'] ?? {}
  expect(attic).toMatchObject({ label: 'ATTIC', policy_status: 'done', policy_code: 1 })
  expect(Number(attic['policed'])).toBeGreaterThanOrEqual(Number(attic['updated']))
  expect(Number(attic['enacted'])).toBeGreaterThanOrEqual(Number(attic['updated']))

  for (const [id, data] of [
    ['w1', { room: 'cellar', lamps: 1, dies: false }],
    ['w2', { room: 'garden', lamps: 3, dies: true }],
    // Whoever sends events may send them again.
    ['w1', { room: 'cellar', lamps: 1, dies: false }],
  ] as const) {
    expect(await post(wish(id, data))).toBe(202)
  }
  await green('what was wished', 'lamps', ['cellar 1', 'garden 1', 'garden 2', 'garden 3'])

  await outside('street river')
  await green('what the pull step saw', 'rooms', ['street', 'river'])

  const rooms = named(await recordsOf(ask, 'rooms'))
  await ask('DELETE', `/xosapi/v1/rooms/rooms/${String(rooms['garden']?.['id'])}`)
  await until('the garden and its lamps to be gone', async () => {
    const lamps = named(await recordsOf(ask, 'lamps'))
    return !Object.keys(lamps).some((name) => name.startsWith('garden'))
  })
}

test('steps of every kind do their part in dev, though a function dies in the middle of an event', async () => {
  const rooms = await makeRooms()
  onTestFinished(() => rooms.remove())
  const dev = await startDev(rooms.project, rooms.data)
  onTestFinished(async () => {
    dev.kill('SIGTERM')
    expect(await dev.exit).toBe(0)
  })
  const ask: Ask = async (method, at, body) => (await dev.rest(method, at, body)).body
  const post = async (event: object): Promise<number> => {
    const headers = { authorization, 'content-type': 'application/cloudevents+json' }
    const init = { method: 'POST', headers, body: JSON.stringify(event) }
    return (await dev.restRaw('/events', init)).status
  }
  await liveThrough(ask, post, rooms.outside)

  expect(dev.count('Wish is granted')).toBe(2)
  await dev.said(/Room is given up.*garden/)
  await dev.said(/Room is cleared.*garden/)
})

const startCore = async (data: string): Promise<{ program: Program; at: Instance }> => {
  const rest = String(await freePort('127.0.0.1'))
  const ports = ['tosca', 'grpc', 'grpc-tls', 'health'].flatMap((face) => [`--${face}-port`, '0'])
  const reached = ['--rest-port', rest, '--public-url', `http://127.0.0.1:${rest}`]
  const program = runProgram(['core', '--data', data, '--development', ...reached, ...ports])
  const line = await program.said(/"msg":"Core is ready"/)
  return { program, at: JSON.parse(line) as Instance }
}

test('the same in processes of their own: a core, a dispatcher and a function for each step', async () => {
  const places = await Promise.all(
    Object.entries(roomSteps).map(
      async ([step, file]) => [step, { file, port: await freePort('127.0.0.1') }] as const,
    ),
  )
  const urls = places.map(([step, { port }]) => `  ${step}: { url: 'http://127.0.0.1:${port}/' }\n`)
  const rooms = await makeRooms(`functions:\n${urls.join('')}`)
  onTestFinished(() => rooms.remove())
  const { program: core, at } = await startCore(rooms.data)
  const running = new Map<string, Program>()
  const stopping = new AbortController()
  onTestFinished(async () => {
    stopping.abort()
    for (const program of [...running.values(), core]) {
      program.kill('SIGTERM')
      expect(await program.exit).toBe(0)
    }
  })
  /** Starts it again whenever it dies, as Knative would. */
  const keep = (step: string, file: string, port: number): void => {
    const program = runProgram(['function', path.join(rooms.project, file)], {
      PORT: String(port),
      SYNCSTEP_HOST: '127.0.0.1',
      SYNCSTEP_FUNCTION_SECRET: Buffer.alloc(32, 7).toString('base64'),
    })
    running.set(step, program)
    void program.exit.then(() => {
      if (!stopping.signal.aborted) keep(step, file, port)
    })
  }
  for (const [step, { file, port }] of places) keep(step, file, port)
  const dispatcher = runProgram(['dispatcher', rooms.project], {
    SYNCSTEP_CORE_ENDPOINT: `127.0.0.1:${String(at['grpc'])}`,
    SYNCSTEP_PASSWORD: password,
    SYNCSTEP_FUNCTION_SECRET: Buffer.alloc(32, 7).toString('base64'),
    SYNCSTEP_HEALTH_PORT: '0',
  })
  running.set('dispatcher', dispatcher)
  await dispatcher.said(/"Loaded pull steps"/)

  const send = async (method: string, place: string, body: string | undefined, type: string) =>
    fetch(`http://127.0.0.1:${String(at['rest'])}${place}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    })
  const ask: Ask = async (method, place, body) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const answer = await send(method, place, text, 'application/json')
    const shown = await answer.text()
    return (shown === '' ? {} : JSON.parse(shown)) as Instance
  }
  const post = async (event: object): Promise<number> =>
    (await send('POST', '/events', JSON.stringify(event), 'application/cloudevents+json')).status
  await liveThrough(ask, post, rooms.outside)
})

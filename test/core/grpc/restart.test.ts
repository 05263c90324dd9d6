import { connect, type Socket } from 'node:net'
import { connectivityState } from '@grpc/grpc-js'
import { connectRemoteSource } from '#dispatcher'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createLog, until } from './support.ts'
import { openXosCore, type XosClient, type XosCore } from './xos-core.ts'

let core: XosCore
let client: XosClient
beforeAll(async () => {
  core = await openXosCore()
})
beforeEach(async () => {
  loaded += 1
  client = await core.dial()
})
afterEach(async () => {
  core.hangUp()
  await core.clock.advance(10_000)
  await untilOpen()
})
afterAll(() => core.close())

/** A model that is new in each test. */
let loaded = 0
const model = (): string => `Greeting${loaded}`
const greetings = (length = 100): string => `
  option name = "greetings";
  message ${model()} (XOSBase) { required string text = 1 [max_length = ${length}]; }
`
const loadModels = (length?: number): Promise<void> =>
  core.load(greetings(length), [], `greetings-${loaded}`)

/** Whether somebody listens on the port. */
const isOpen = (port = core.port): Promise<boolean> =>
  new Promise((resolve) => {
    const socket: Socket = connect(port, 'localhost')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => {
      resolve(false)
    })
  })

/** Opening a port takes the machine some time, whatever the clock says. */
const untilOpen = async (): Promise<void> => {
  while (!(await isOpen())) await core.clock.advance(0)
}

const stateOf = (one: XosClient): connectivityState =>
  one.client.getChannel().getConnectivityState(false)

const isConnected = (one: XosClient): boolean => stateOf(one) === connectivityState.READY

test('new models are served at once, also to clients that were there before', async () => {
  const before = await client.readSchema()
  await loadModels()
  const after = await client.readSchema()
  const [old, now] = [before, after].map(
    (files) => files.find(({ file_name: name }) => name === 'xos.proto')!.proto,
  )
  expect(old).not.toContain(model())
  expect(now).toContain(model())

  const fresh = await core.dial()
  const { reply } = await fresh.ask(`xos.xos/Create${model()}`, { text: 'hello' })
  expect(reply).toMatchObject({ text: 'hello' })
  await expect(client.ask('xos.xos/ListSite')).resolves.toBeDefined()
})

test('clients are cut off for a while after that, and come back to the new models', async () => {
  await loadModels()
  await core.clock.advance(4_999)
  expect(await isOpen()).toBe(true)
  await client.ask('xos.utility/NoOp')

  await core.clock.advance(1)
  await until(() => !isConnected(client))
  expect(await isOpen()).toBe(false)
  expect(await client.refused('xos.utility/NoOp')).toMatchObject({ code: 14 })

  await core.clock.advance(2_999)
  expect(await isOpen()).toBe(false)
  await core.clock.advance(1)
  await untilOpen()
  const again = await core.dial()
  await expect(again.ask(`xos.xos/List${model()}`)).resolves.toBeDefined()
})

test('a later change starts the time anew', async () => {
  await loadModels()
  await core.clock.advance(3_000)
  await loadModels(200)
  await core.clock.advance(3_000)
  expect(await isOpen()).toBe(true)
  await core.clock.advance(2_000)
  expect(await isOpen()).toBe(false)
})

test('models that say nothing new change nothing', async () => {
  await loadModels()
  await core.clock.advance(10_000)
  await untilOpen()
  const again = await core.dial()
  await loadModels()
  await core.clock.advance(10_000)
  await until(() => isConnected(again))
  expect(await isOpen()).toBe(true)
})

test('the ports stay open when nobody is there to notice', async () => {
  const quiet = await openXosCore()
  await quiet.load(greetings(), [], 'greetings')
  await quiet.clock.advance(5_000)
  expect(await isOpen(quiet.port)).toBe(true)
  await quiet.close()
})

test('whoever came after the change is not cut off', async () => {
  await loadModels()
  const later = await core.dial()
  await core.clock.advance(5_000)
  await until(() => !isConnected(client))
  await expect(later.ask(`xos.xos/List${model()}`)).resolves.toBeDefined()
})

test('a change while the ports are closed cuts off who stayed, once they are open again', async () => {
  await loadModels()
  const stayed = await core.dial()
  await stayed.ask('xos.utility/NoOp')
  await core.clock.advance(5_000)
  await until(() => !isConnected(client))

  await loadModels(200)
  await core.clock.advance(3_000)
  await untilOpen()
  expect(isConnected(stayed)).toBe(true)
  await core.clock.advance(5_000)
  await until(() => !isConnected(stayed))
})

test('dispatchers stay connected, and keep their leases', async () => {
  const source = connectRemoteSource({
    endpoint: `localhost:${core.port}`,
    username: 'admin@opencord.org',
    password: 'letmein',
    log: createLog(),
    clock: core.clock,
    random: () => 0.5,
  })
  await source.heartbeat('d-1')
  await loadModels()
  await core.clock.advance(5_000)
  expect(await isOpen()).toBe(false)
  await source.heartbeat('d-1')
  expect(
    core.log.lines.filter(({ message }) => message === 'dispatcher stream opened'),
  ).toHaveLength(1)
  const closed = source.close()
  await core.clock.advance(1_000)
  await closed
})

// Line 8 of the checklist in reference core-api.md 12.
import { connect } from 'node:net'
import { connectivityState } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { administrator, helloWorldModels } from '../support/store.ts'
import { until } from '../support/until.ts'
import { openCoreOnSockets, type CoreOnSockets, type Fields } from './faces.ts'

// As `openXosCore` sets them.
const graceMs = 5_000
const closedMs = 3_000

let core: CoreOnSockets
beforeAll(async () => {
  core = await openCoreOnSockets()
})
afterEach(async () => {
  const purge = { name: 'hello-world', version: '0', cleanup: 'PURGE' } as const
  await core.store.services.unload(purge, administrator)
  await core.clock.advance(graceMs)
  await comeBack()
})
afterAll(() => core.close())

/** As a synchronizer of XOS asks when it starts. */
const loading: Fields = {
  name: 'hello-world',
  version: '1.0.0',
  xprotos: [{ filename: 'hello-world.xproto', contents: helloWorldModels }],
  decls: [{ filename: 'models.py', contents: 'class HelloWorldService: pass' }],
  core_version: '>=2.2.17~<5.0.0',
}
const load = (changes: Fields = {}): Promise<Fields> =>
  core.ask('xos.dynamicload/LoadModels', { ...loading, ...changes })

const isOpen = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(core.port, 'localhost')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

/** The time without connections passes, and a client is there again. */
const comeBack = async (): Promise<void> => {
  await core.clock.advance(closedMs)
  await until('the port to be open', isOpen)
  await core.dialAgain()
}

const isConnected = (): boolean =>
  core.admin().client.getChannel().getConnectivityState(false) === connectivityState.READY

describe('8. models that are loaded', () => {
  test('are announced by a downtime: connections end after 5 s, new ones are refused for a while', async () => {
    expect(await load()).toEqual({ status: 'SUCCESS' })
    await core.clock.advance(graceMs - 1)
    expect(await isOpen()).toBe(true)
    await core.ask('xos.utility/NoOp')

    await core.clock.advance(1)
    await until('the end of the connection', () => !isConnected())
    expect(await isOpen()).toBe(false)
    // What a synchronizer that waits for models polls until it fails.
    expect(await core.refused('xos.utility/NoOp')).toMatchObject({ code: 14 })
    await comeBack()
    expect(await core.ids('ListHelloWorldService')).toEqual([])
    expect((await core.rest('GET', 'hello-world/helloworldservices')).json()).toEqual({ items: [] })
  })

  test('and loaded again change nothing, and cut nobody off', async () => {
    await load()
    await core.clock.advance(graceMs)
    await comeBack()
    expect(await load()).toEqual({ status: 'SUCCESS_NOTHING_CHANGED' })
    const again = await core.rest('POST', 'dynamicload/load_models', loading)
    expect([again.status, again.json()]).toEqual([200, { status: 'SUCCESS_NOTHING_CHANGED' }])
    await core.clock.advance(10 * graceMs)
    expect(isConnected()).toBe(true)
    expect(await isOpen()).toBe(true)
    expect(await core.ask('xos.dynamicload/GetLoadStatus')).toMatchObject({
      model_status: 0,
      services: [
        { name: 'hello-world', version: '1.0.0', state: 'present' },
        { name: 'core', version: '4.0.4', state: 'present' },
      ],
    })
  })

  test('and unloaded are loaded again when they come back', async () => {
    await load()
    await core.ask('xos.dynamicload/UnloadModels', { name: 'hello-world', version: '1.0.0' })
    const { services } = await core.ask('xos.dynamicload/GetLoadStatus')
    expect(services).toContainEqual({ name: 'hello-world', version: '1.0.0', state: 'unload' })
    expect(await load()).toEqual({ status: 'SUCCESS' })
  })

  test.each(['>=5.0.0', '<4.0.4', '>=3.0.0~<4.0.0', '==4.0.3', '4.0.4'])(
    'are refused in a plain sentence when they ask for core version %s',
    async (coreVersion) => {
      const request = { ...loading, core_version: coreVersion }
      const refusal = await core.refused('xos.dynamicload/LoadModels', request)
      expect(refusal.code).toBe(3)
      expect(refusal.details).not.toContain('{')
      for (const part of ['hello-world', '1.0.0', coreVersion]) {
        expect(refusal.details).toContain(part)
      }
      await core.clock.advance(graceMs)
      expect(isConnected()).toBe(true)
      const overRest = await core.rest('POST', 'dynamicload/load_models', request)
      expect([overRest.status, overRest.json()['error']]).toEqual([400, 'XOSValidationError'])
    },
  )
})

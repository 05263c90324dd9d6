import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import type { Instance } from '../e2e/program.ts'
import { until } from '../support/until.ts'
import { openInteropCore, type InteropCore } from './support/cores.ts'
import { startSynchronizer, type Synchronizer } from './support/synchronizer.ts'

const installed = inject('python')
const python = 'program' in installed ? installed.program : ''

const instances = 'greetings/greetingserviceinstances'
const patienceMs = 180_000

describe.skipIf(python === '')('a synchronizer on xossynchronizer', () => {
  let core: InteropCore
  let synchronizer: Synchronizer

  beforeAll(async () => {
    core = await openInteropCore()
    synchronizer = await startSynchronizer(python, core)
  })

  afterAll(async () => {
    await synchronizer.close()
    await core.close()
  })

  const create = async (path: string, fields: Instance): Promise<number> => {
    const { status, body } = await core.rest('POST', path, fields)
    expect([status, body]).toEqual([200, expect.objectContaining(fields)])
    return Number(body['id'])
  }

  const update = async (id: number, fields: Instance): Promise<void> => {
    const { status } = await core.rest('PUT', `${instances}/${id}`, fields)
    expect(status).toBe(200)
  }

  const get = async (id: number): Promise<Instance> =>
    (await core.rest('GET', `${instances}/${id}`)).body

  /** The instance, once it is as wanted. */
  const becomes = (id: number, wanted: Instance): Promise<Instance> =>
    until(
      `instance ${id} to become ${JSON.stringify(wanted)}`,
      async () => {
        const now = await get(id)
        expect(now).toMatchObject(wanted)
        return now
      },
      patienceMs,
    )

  const gone = (id: number): Promise<true> =>
    until(
      `instance ${id} to be purged`,
      async () => (await core.rest('GET', `${instances}/${id}`)).status === 404,
      patienceMs,
    )

  const synced = { backend_code: 1, backend_status: 'OK', policy_code: 1, policy_status: 'done' }

  test('brings its models, notices that the core has them, and starts its loops', async () => {
    await synchronizer.logged('Starting XOSObserver')
    await synchronizer.logged('Loaded model policies')
    expect(synchronizer.count('Calling Loadmodels')).toBe(2)
    expect(synchronizer.count('restarting synchronizer')).toBe(1)
    const { body } = await core.rest('GET', 'dynamicload/load_status')
    expect(body['services']).toContainEqual({
      name: 'greetings',
      version: '1.0.0',
      state: 'present',
    })
  })

  test('syncs a record, reads its owner through a convenience method and writes feedback', async () => {
    await create('greetings/greetingservices', { name: 'polite', greeting: 'Hello' })
    const id = await create(instances, { whom: 'World' })
    const record = await becomes(id, {
      ...synced,
      said: 'HELLO, World!',
      name: 'greeting of World',
    })
    await synchronizer.logged('Greeting is known')
    expect(record['backend_need_delete']).toBe(true)
    expect(Number(record['enacted'])).toBeGreaterThanOrEqual(Number(record['updated']))
    expect(Number(record['policed'])).toBeGreaterThanOrEqual(Number(record['updated']))
  })

  test('lets a synced record rest, and syncs it again when somebody changes it', async () => {
    const id = await create(instances, { whom: 'Ann' })
    await becomes(id, { ...synced, said: 'HELLO, Ann!', name: 'greeting of Ann' })
    const before = synchronizer.entries.length
    // Another record is synced meanwhile, so that a whole round has passed.
    await becomes(await create(instances, { whom: 'Ben' }), { ...synced, said: 'HELLO, Ben!' })
    const greeted = synchronizer.entries
      .slice(before)
      .filter(({ event, said }) => event === 'Greeted' && said === 'HELLO, Ann!')
    // What the policy changed may have been synced once more.
    expect(greeted.length).toBeLessThanOrEqual(1)
    await update(id, { whom: 'Anna' })
    await becomes(id, { ...synced, said: 'HELLO, Anna!', name: 'greeting of Anna' })
  })

  test('defers a record until what it waits for has come', async () => {
    const id = await create(instances, { whom: 'Cleo', trouble: 'later' })
    const waiting = await becomes(id, {
      backend_code: 0,
      backend_status: 'Provisioning in progress // Cleo is not at home yet',
    })
    expect(waiting).not.toHaveProperty('enacted')
    await update(id, { trouble: '' })
    await becomes(id, { ...synced, said: 'HELLO, Cleo!' })
  })

  test('writes on a record why it failed, and how often', async () => {
    const id = await create(instances, { whom: 'Dan', trouble: 'no' })
    const failing = await becomes(id, {
      backend_status: 'Provisioning in progress // The back end said no',
    })
    expect(failing).not.toHaveProperty('enacted')
    expect(JSON.parse(String(failing['backend_register']))).toMatchObject({
      failures: expect.any(Number) as number,
      last_failure: expect.any(Number) as number,
    })
    await update(id, { trouble: '' })
    await becomes(id, { ...synced, said: 'HELLO, Dan!' })
  })

  test('deletes in its back end what is deleted in the core, which then forgets it', async () => {
    const id = await create(instances, { whom: 'Eve' })
    await becomes(id, synced)
    expect((await core.rest('DELETE', `${instances}/${id}`)).status).toBe(200)
    await gone(id)
    expect(synchronizer.entries).toContainEqual(
      expect.objectContaining({ event: 'Said goodbye', whom: 'Eve' }),
    )
  })

  test('keeps a record that cannot be deleted in its back end until it can', async () => {
    const id = await create(instances, { whom: 'Fay' })
    await becomes(id, synced)
    await update(id, { trouble: 'no' })
    await core.rest('DELETE', `${instances}/${id}`)
    await becomes(id, {
      deleted: true,
      backend_status: expect.stringContaining('The back end still said no') as string,
    })
    await update(id, { trouble: '' })
    await gone(id)
  })

  test('starts anew when others change the models, and goes on', async () => {
    const before = synchronizer.entries.length
    const other =
      'option app_label = "others"; message Other (XOSBase) { required string name = 1 [max_length = 10]; }'
    const loaded = await core.rest('POST', 'dynamicload/load_models', {
      name: 'others',
      version: '1',
      xprotos: [{ filename: 'others.xproto', contents: other }],
    })
    expect(loaded).toEqual({ status: 200, body: { status: 'SUCCESS' } })
    await synchronizer.logged('Starting XOSObserver', before)
    await becomes(await create(instances, { whom: 'Gil' }), { ...synced, said: 'HELLO, Gil!' })
  })

  test('goes on after the core was killed and started', async () => {
    const id = await create(instances, { whom: 'Hal', trouble: 'later' })
    await becomes(id, { backend_status: expect.stringContaining('Hal is not') as string })
    const before = synchronizer.entries.length
    await core.killAndStart()
    await synchronizer.logged('Starting XOSObserver', before)
    await update(id, { trouble: '' })
    await becomes(id, { ...synced, said: 'HELLO, Hal!' })
  })

  test('ends with status 1 when it needs another core', async () => {
    const other = await startSynchronizer(python, core, { config: { '>=4.0.0': '>=5.0.0' } })
    onTestFinished(() => other.close())
    expect(await other.exit).toBe(1)
    const { event } = other.entries.find(({ event }) => event?.includes('5.0.0')) ?? {}
    expect(event).toMatch(/greetings.*5\.0\.0.*4\.\d+\.\d+/s)
  })

  test('unloads its models once their records are gone', async () => {
    await synchronizer.close()
    synchronizer = await startSynchronizer(python, core, {
      config: { 'name: greetings': 'name: greetings\ndesired_state: unload' },
    })
    expect(await synchronizer.exit).toBe(0)
    await until(
      'the model to be unknown',
      async () => (await core.rest('GET', instances)).status === 404,
    )
    const { body } = await core.rest('GET', 'dynamicload/load_status')
    expect(body['services']).toContainEqual(
      expect.objectContaining({ name: 'greetings', state: 'unload' }),
    )
  })
})

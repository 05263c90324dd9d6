import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openPglite } from '#core'
import { DeferredException, InProgressException, type AnyStep, type Step } from '#functions'
import { loadProject } from '../../cli/project.ts'
import { openTestWorld, type TestWorld } from '../../emulator/testing.ts'
import {
  HelloWorldService,
  HelloWorldServiceInstance,
} from '../../functions/hello-world/models/types.ts'
import syncInstance from '../../functions/hello-world/steps/hello-world-service-instance.ts'
import syncService from '../../functions/hello-world/steps/hello-world-service.ts'
import { madePglite } from '../support/made-pglite.ts'
import { coreModels } from '../support/store.ts'
import { root } from '../support/syncstep-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const tutorial = path.join(root, 'functions/hello-world')
const steps = {
  'hello-world-service': syncService,
  'hello-world-service-instance': syncInstance,
}

let open: TestWorld | undefined

afterEach(async () => {
  await open?.close()
  open = undefined
})

const openOne = async (
  folder: string,
  running: Readonly<Record<string, AnyStep>>,
): Promise<TestWorld> => {
  const { project } = await loadProject(folder, '.')
  open = await openTestWorld({
    project,
    steps: new Map(Object.entries(running)),
    coreModels,
    database: await openPglite(undefined, await madePglite()),
    random: () => 0.5,
  })
  return open
}

/** The tutorial with a service and one instance of it that greets that name. */
const greeting = async (hello_to: string) => {
  const world = await openOne(tutorial, steps)
  const service = await world.create(HelloWorldService, { name: 'Hello', hello_from: 'Jhon Snow' })
  const { id } = await world.create(HelloWorldServiceInstance, { hello_to, owner_id: service.id })
  const instance = () => world.get(HelloWorldServiceInstance, id)
  return { world, id, instance, serviceId: service.id }
}

const outcomes = ({ calls }: TestWorld) =>
  calls.map(({ step, operation, attempt, outcome }) => [step, operation, attempt, outcome.kind])

test('records are synced in their order, and what steps log is kept', async () => {
  const { world, instance } = await greeting('Arya')
  expect(world.calls).toEqual([])
  await world.settle()

  expect(outcomes(world)).toEqual([
    ['hello-world-service', 'sync', 1, 'synced'],
    ['hello-world-service-instance', 'sync', 1, 'synced'],
  ])
  expect(await instance()).toMatchObject({ backend_code: 1, backend_status: 'OK' })
  expect(world.logs.at(-1)).toMatchObject({
    message: 'Jhon Snow is saying hello to Arya',
    fields: { model_name: 'HelloWorldServiceInstance', pk: 1 },
  })
})

test('a retry happens at its time, and none before', async () => {
  const { world, id, instance } = await greeting('Tyrion Lannister')
  await world.pass(3_000)
  expect(world.calls).toHaveLength(2)
  expect(await instance()).toMatchObject({ backend_code: 0, backend_status: 'Maybe later' })

  await world.pass(3_000)
  expect(outcomes(world).at(-1)).toEqual(['hello-world-service-instance', 'sync', 2, 'deferred'])

  await world.update(HelloWorldServiceInstance, id, { hello_to: 'Arya' })
  await world.untilSynced()
  expect(await instance()).toMatchObject({ backend_code: 1 })
})

test('a record that goes is taken away after what links to it', async () => {
  const { world, instance, serviceId } = await greeting('Arya')
  await world.untilSynced()
  await world.remove(HelloWorldService, serviceId)
  await world.untilSynced()

  expect(outcomes(world).slice(2)).toEqual([
    ['hello-world-service-instance', 'delete', 1, 'synced'],
    ['hello-world-service', 'delete', 1, 'synced'],
  ])
  expect(await instance()).toBeUndefined()
  expect(await world.list(HelloWorldService)).toEqual([])
})

test('what does not come to be synced is explained', async () => {
  const { world } = await greeting('Joffrey Baratheon')

  await expect(world.untilSynced(20_000)).rejects.toThrow(
    /^Expected all records to be synced within 20000 ms\.\n {2}HelloWorldServiceInstance\/1: Its step failed \d+ times in a row: Maybe not\./,
  )
})

test('records are retried when that is asked for', async () => {
  const { world, id } = await greeting('Joffrey Baratheon')
  await world.settle()
  await world.retry(HelloWorldServiceInstance, id)
  await world.settle()

  expect(world.calls).toHaveLength(3)
})

test('records of a model whose step is not given wait', async () => {
  const world = await openOne(tutorial, { 'hello-world-service': syncService })
  const { id: owner_id } = await world.create('HelloWorldService', {
    name: 'Hello',
    hello_from: 'Jhon Snow',
  })
  await world.create('HelloWorldServiceInstance', { hello_to: 'Arya', owner_id })
  await world.untilSynced()

  expect(outcomes(world)).toEqual([['hello-world-service', 'sync', 1, 'synced']])
})

const models = `option app_label = "paint";
message Color (XOSBase) {
  required string name = 1 [max_length = 40];
  optional string shade = 2 [max_length = 40, feedback_state = True];
}
`

/** A service of one step, with its delays in config.yaml. */
const paint = async (sync_record: Step['sync_record']): Promise<TestWorld> => {
  const folder = await temporaryFolder({
    'config.yaml': 'name: paint\nmodels_dir: models\nsteps_dir: steps\nfunctions: {color: {timeout: 2s, retry: {first: 1m}}}\n', // prettier-ignore
    'models/paint.xproto': models,
    'steps/color.ts': '',
  })
  const color: Step = { observes: 'Color', sync_record, delete_record: () => undefined }
  return openOne(folder, { color })
}

test('the settings of config.yaml hold, and feedback is written', async () => {
  let failures = 1
  const world = await paint(() => {
    failures -= 1
    if (failures >= 0) throw new Error('no ink')
    return { shade: 'dark' }
  })
  const { id } = await world.create('Color', { name: 'red' })
  const startMs = world.clock.now()
  await world.untilSynced()

  const [first, second] = world.calls
  expect([first?.outcome.kind, second?.outcome.kind]).toEqual(['failed', 'synced'])
  expect((second?.atMs ?? 0) - startMs).toBeGreaterThan(1_000)
  expect((second?.atMs ?? 0) - startMs).toBeLessThanOrEqual(61_000)
  expect(await world.get('Color', id as number)).toMatchObject({ shade: 'dark' })
})

test('a step that does not answer in time is cut off by the clock of the world', async () => {
  let gone = false
  const world = await paint(
    (_o, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          gone = true
          reject(new Error('cut off'))
        })
      }),
  )
  await world.create('Color', { name: 'red' })
  await world.pass(1_999)
  expect(world.calls).toEqual([])
  await world.pass(1)

  expect(world.calls.map(({ outcome }) => outcome.kind)).toEqual(['failed'])
  expect(gone).toBe(true)
})

test('what a step throws means what it means in production', async () => {
  const thrown = [new DeferredException('wait'), new InProgressException('begun')]
  const world = await paint(() => {
    throw thrown.shift() ?? new Error('end')
  })
  await world.create('Color', { name: 'red' })
  await world.pass(10_000)

  expect(world.calls.slice(0, 2).map(({ outcome }) => outcome.kind)).toEqual([
    'deferred',
    'in-progress',
  ])
})

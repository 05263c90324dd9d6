import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { openWorld } from '../../cli/testing-world.ts'
import {
  HelloWorldService,
  HelloWorldServiceInstance,
} from '../../functions/hello-world/models/types.ts'
import syncInstance from '../../functions/hello-world/steps/hello-world-service-instance.ts'
import syncService from '../../functions/hello-world/steps/hello-world-service.ts'
import { root } from '../support/syncstep-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const tutorial = path.join(root, 'functions/hello-world')

test('a world is the service of a folder, with its models and its steps', async () => {
  const world = await openWorld({
    folder: pathToFileURL(`${tutorial}/`),
    steps: { 'hello-world-service': syncService, 'hello-world-service-instance': syncInstance },
  })
  onTestFinished(() => world.close())
  const { id: owner_id } = await world.create(HelloWorldService, {
    name: 'Hello',
    hello_from: 'Jhon Snow',
  })
  const { id } = await world.create(HelloWorldServiceInstance, { hello_to: 'Arya', owner_id })
  await world.untilSynced()

  expect(await world.get(HelloWorldServiceInstance, id)).toMatchObject({ backend_status: 'OK' })
  expect(world.calls.map(({ step }) => step)).toEqual([
    'hello-world-service',
    'hello-world-service-instance',
  ])
})

test.each([
  [
    'a step of another name',
    { folder: tutorial, steps: { 'hello-world-servise': syncService } },
    'Did you mean "hello-world-service"?',
  ],
  ['a folder that is none', { folder: '/no/such/folder', steps: {} }, 'no such folder'],
])('%s is refused', async (_which, options, message) => {
  await expect(openWorld(options)).rejects.toThrow(message)
})

test('models with mistakes are told as in production', async () => {
  const folder = await temporaryFolder({
    'config.yaml': 'name: paint\nmodels_dir: models\n',
    'models/paint.xproto': 'message Color (Nothing) { }',
  })

  await expect(openWorld({ folder, steps: {} })).rejects.toThrow(/Nothing/)
})

import {
  expectDeferred,
  expectFailed,
  expectSynced,
  record,
  runStep,
  type RunOptions,
} from 'syncstep/testing'
import { expect, test } from 'vitest'
import { HelloWorldService, HelloWorldServiceInstance } from '../models/types.ts'
import syncInstance from '../steps/hello-world-service-instance.ts'

const owner = record(HelloWorldService, { hello_from: 'Jhon Snow' })

const run = (hello_to: string, options: RunOptions = {}) =>
  runStep(syncInstance, record(HelloWorldServiceInstance, { hello_to }), {
    expanded: { owner },
    ...options,
  })

test('the service greets whom its instance names', async () => {
  const greeted = await run('Daenerys Targaryen')

  expectSynced(greeted)
  expect(greeted.logs.map(({ message }) => message)).toEqual([
    'HelloWorldServiceInstance has been updated!',
    'Jhon Snow is saying hello to Daenerys Targaryen',
  ])
})

test('Tyrion Lannister is greeted later', async () => {
  expectDeferred(await run('Tyrion Lannister'), 'Maybe later')
})

test('Joffrey Baratheon is not greeted', async () => {
  const { retry } = expectFailed(await run('Joffrey Baratheon'), 'Maybe not')

  expect(retry).toBe(true)
})

test('an instance that goes says so', async () => {
  const deleted = await run('Daenerys Targaryen', { operation: 'delete' })

  expectSynced(deleted)
  expect(deleted.logs).toEqual([
    {
      level: 'info',
      message: 'HelloWorldServiceInstance has been deleted!',
      fields: { hello_to: 'Daenerys Targaryen' },
    },
  ])
})

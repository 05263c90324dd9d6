import { runStep, type RunOptions } from 'syncstep/testing'
import { expect, test } from 'vitest'
import syncInstance from '../steps/hello-world-service-instance.ts'

const run = (hello_to: string, options: RunOptions = {}) =>
  runStep(
    syncInstance,
    { hello_to, owner_id: 1 },
    { expanded: { owner: { hello_from: 'Jhon Snow' } }, ...options },
  )

test('the service greets whom its instance names', async () => {
  const { outcome, logs } = await run('Daenerys Targaryen')

  expect(outcome).toEqual({ kind: 'synced' })
  expect(logs.map(({ message }) => message)).toEqual([
    'HelloWorldServiceInstance has been updated!',
    'Jhon Snow is saying hello to Daenerys Targaryen',
  ])
})

test('Tyrion Lannister is greeted later', async () => {
  const { outcome, logs } = await run('Tyrion Lannister')

  expect(outcome).toEqual({ kind: 'deferred', text: 'Maybe later' })
  expect(logs).toHaveLength(1)
})

test('Joffrey Baratheon is not greeted', async () => {
  const { outcome } = await run('Joffrey Baratheon')

  expect(outcome).toEqual({ kind: 'failed', text: 'Maybe not', retry: true })
})

test('an instance that goes says so', async () => {
  const { outcome, logs } = await run('Daenerys Targaryen', { operation: 'delete' })

  expect(outcome).toEqual({ kind: 'synced' })
  expect(logs).toEqual([
    {
      level: 'info',
      message: 'HelloWorldServiceInstance has been deleted!',
      fields: { hello_to: 'Daenerys Targaryen' },
    },
  ])
})

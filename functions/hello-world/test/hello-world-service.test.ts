import { runStep } from 'syncstep/testing'
import { expect, test } from 'vitest'
import syncService from '../steps/hello-world-service.ts'

const service = { name: 'HelloWorld', hello_from: 'Jhon Snow' }

test.each([
  ['sync', 'HelloWorldService has been updated!'],
  ['delete', 'HelloWorldService has been deleted!'],
] as const)('%s says that %s', async (operation, message) => {
  const { outcome, logs } = await runStep(syncService, service, { operation })

  expect(outcome).toEqual({ kind: 'synced' })
  expect(logs).toEqual([{ level: 'info', message, fields: { hello_from: 'Jhon Snow' } }])
})

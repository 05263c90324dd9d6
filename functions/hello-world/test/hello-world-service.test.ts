import { expectSynced, record, runStep } from 'syncstep/testing'
import { expect, test } from 'vitest'
import { HelloWorldService } from '../models/types.ts'
import syncService from '../steps/hello-world-service.ts'

const service = record(HelloWorldService, { name: 'HelloWorld', hello_from: 'Jhon Snow' })

test.each([
  ['sync', 'HelloWorldService has been updated!'],
  ['delete', 'HelloWorldService has been deleted!'],
] as const)('%s says that %s', async (operation, message) => {
  const run = await runStep(syncService, service, { operation })

  expectSynced(run)
  expect(run.logs).toEqual([{ level: 'info', message, fields: { hello_from: 'Jhon Snow' } }])
})

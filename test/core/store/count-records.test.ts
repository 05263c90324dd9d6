import { afterAll, beforeAll, expect, test } from 'vitest'
import { countRecords } from '#core'
import {
  asAdministrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await openTestStore()
  await opened.load(helloWorldModels, helloWorldSteps)
})
afterAll(() => opened.database.close())

test('records are counted by what came of their steps, and those still to be dealt with beside', async () => {
  const records = asAdministrator(opened.store)
  for (const name of ['one', 'two', 'three', 'four']) {
    await records.create('HelloWorldService', { name, hello_from: name })
  }
  const [first, second, third] = await opened.lease(['HelloWorldService'], 3)
  await opened.work.report('tester', [
    reportOn(first!, { kind: 'synced' }),
    reportOn(second!, { kind: 'failed', text: 'no', retry: true }, 1_000),
    reportOn(third!, { kind: 'deferred', text: 'later' }, 1_000),
  ])

  const models = ['HelloWorldServiceInstance', 'HelloWorldService']
  expect(await countRecords(opened.database, models)).toEqual([
    { model: 'HelloWorldService', waiting: 2, synced: 1, failed: 1, pending: 3 },
  ])
})

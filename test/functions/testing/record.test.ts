import { expect, test } from 'vitest'
import {
  HelloWorldService,
  HelloWorldServiceInstance,
  Slice,
} from '../../../functions/hello-world/models/types.ts'
import syncInstance from '../../../functions/hello-world/steps/hello-world-service-instance.ts'
import { expectSynced, record, runStep } from '../../../functions/sdk/testing.ts'

test('a record has the given fields, and else what its model says', () => {
  expect(record(HelloWorldService, { id: 7, hello_from: 'Jhon Snow' })).toMatchObject({
    id: 7,
    hello_from: 'Jhon Snow',
    name: '',
    kind: 'generic',
    enabled: true,
    backend_code: 0,
    leaf_model_name: 'HelloWorldService',
    class_names: 'HelloWorldService,Service,XOSBase',
    self_content_type_id: 'hello-world.helloworldservice',
  })
  expect(record(HelloWorldServiceInstance)).toMatchObject({ id: 1, owner_id: 1 })
  expect(record(Slice)).toMatchObject({ site_id: 1 })
})

test('a field that the model has not is found by the compiler', () => {
  // @ts-expect-error: it is called hello_from.
  record(HelloWorldService, { helo_from: 'Jhon Snow' })
  // @ts-expect-error: it is a text.
  record(HelloWorldService, { hello_from: 1 })
})

test('null fields are absent, as in what a step is sent', () => {
  expect(record(HelloWorldService)).not.toHaveProperty('icon_url')
})

test('records are what a step and its related records are tested with', async () => {
  const instance = record(HelloWorldServiceInstance, { hello_to: 'Arya' })
  const owner = record(HelloWorldService, { hello_from: 'Jhon Snow' })
  const run = await runStep(syncInstance, instance, { expanded: { owner } })

  expectSynced(run)
  expect(run.logs.at(-1)?.message).toBe('Jhon Snow is saying hello to Arya')
})

test('a record whose links lead to many has none of them', async () => {
  const step = { ...syncInstance, include: ['owner.site'] }
  const site = { ...record(HelloWorldService), ports_ids: [] }

  expectSynced(
    await runStep(step, record(HelloWorldServiceInstance, { hello_to: 'Arya' }), {
      expanded: { owner: { ...record(HelloWorldService), site } },
    }),
  )
})

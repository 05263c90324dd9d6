import { expect, test } from 'vitest'
import { attributesOf, providerServiceOf, providerServicesOf } from '#functions'
import { defineStep } from '../../functions/hello-world/models/types.ts'
import { runStep } from '../../functions/sdk/testing.ts'

test('attributes are values by their names, whatever the names', () => {
  const attributes = attributesOf([
    { name: 'vlan', value: '7' },
    { name: 'constructor', value: '' },
  ])

  expect([...attributes]).toEqual([
    ['vlan', '7'],
    ['constructor', ''],
  ])
  expect(attributes.get('toString')).toBeUndefined()
})

const step = defineStep({
  observes: 'HelloWorldServiceInstance',
  include: ['owner.subscribed_dependencies.provider_service', 'service_instance_attributes'],

  sync_record(o) {
    const names = providerServicesOf(o.owner).map(({ name }) => name)
    const greeter = providerServiceOf(o.owner, 'HelloWorldService')?.hello_from ?? 'nobody'
    const word = attributesOf(o.service_instance_attributes).get('word') ?? 'hello'
    return { backend_handle: `${names.join(' and ')}: ${greeter} says ${word}` }
  },

  delete_record: () => undefined,
})

const dependencyOn = (leaf_model_name: string, name: string) => ({
  provider_service: { leaf_model_name, name, hello_from: 'Sansa' },
})

test.each([
  ['the provider of a model', ['Service', 'HelloWorldService'], 'A and B: Sansa says hi'],
  ['no provider of the model', ['Service', 'Service'], 'A and B: nobody says hi'],
  ['no provider', [], ': nobody says hi'],
])('a step finds %s', async (_which, models, said) => {
  const subscribed_dependencies = models.map((model, index) =>
    dependencyOn(model, index === 0 ? 'A' : 'B'),
  )
  const service_instance_attributes = [{ name: 'word', value: 'hi' }]
  const expanded = { owner: { subscribed_dependencies }, service_instance_attributes }

  const { outcome } = await runStep(step, { hello_to: 'Arya' }, { expanded })
  expect(outcome).toEqual({ kind: 'synced', feedback: { backend_handle: said } })
})

import { expect, test } from 'vitest'
import { loadStep, SyncStep, type Step } from '#functions'
import {
  defineStep,
  stepClass,
  type HelloWorldServiceInstance,
} from '../../functions/hello-world/models/types.ts'
import { runStep } from '../../functions/sdk/testing.ts'

const record = { hello_to: 'Arya', owner_id: 1 }
const expanded = { owner: { hello_from: 'Jhon Snow' } }

class Greeting extends stepClass({ observes: 'HelloWorldServiceInstance', include: ['owner'] }) {
  readonly #word = 'greets'

  sync_record(o: HelloWorldServiceInstance<'owner'>) {
    return { backend_handle: `${o.owner.hello_from} ${this.#word} ${o.hello_to}` }
  }

  delete_record(): void {
    throw new Error('Not in this test')
  }
}

const greeting = defineStep({
  observes: 'HelloWorldServiceInstance',
  include: ['owner'],
  sync_record: (o) => ({ backend_handle: `${o.owner.hello_from} greets ${o.hello_to}` }),
  delete_record: () => undefined,
})

test.each([
  ['a class', Greeting],
  ['an object', greeting],
])('%s is a step that is loaded and run as any other', async (_which, exported) => {
  const step = loadStep({ default: exported }, 'greeting') as Step

  expect(step).toMatchObject({ observes: 'HelloWorldServiceInstance', include: ['owner'] })
  expect((await runStep(step, record, { expanded })).feedback).toEqual({
    backend_handle: 'Jhon Snow greets Arya',
  })
})

test('a class of known models is a SyncStep, and includes nothing unless it says so', () => {
  class Quiet extends stepClass({ observes: 'HelloWorldService' }) {
    sync_record(): void {}
    delete_record(): void {}
  }
  const quiet = new Quiet()

  expect(quiet).toBeInstanceOf(SyncStep)
  expect(quiet.include).toEqual([])
})

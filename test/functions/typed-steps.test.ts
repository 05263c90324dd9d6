import { expect, test } from 'vitest'
import {
  loadStep,
  ModelPolicy,
  SyncStep,
  type Policy,
  type Step,
  type StepContext,
} from '#functions'
import {
  defineEventStep,
  definePolicy,
  definePullStep,
  defineStep,
  policyClass,
  stepClass,
  type Client,
  type HelloWorldServiceInstance,
} from '../../functions/hello-world/models/types.ts'
import { runPolicy, runStep } from '../../functions/sdk/testing.ts'

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

class Siting extends policyClass({ observes: 'HelloWorldServiceInstance', include: ['owner'] }) {
  override async handle_create(
    o: HelloWorldServiceInstance<'owner'>,
    { client }: StepContext<Client>,
  ) {
    await client.update('HelloWorldService', o.owner_id, { name: o.owner.hello_from })
  }
}

const siting = definePolicy({
  observes: 'HelloWorldServiceInstance',
  include: ['owner'],
  async handle_create(o, { client }) {
    await client.update('HelloWorldService', o.owner_id, { name: o.owner.hello_from })
  },
})

test.each([
  ['a class', Siting],
  ['an object', siting],
])('%s is a policy that is loaded and run as any other', async (_which, exported) => {
  const policy = loadStep({ default: exported }, 'siting') as Policy
  const written: unknown[] = []
  const update = (model: string, id: unknown, values: object) => {
    written.push([model, id, values])
    return Promise.resolve({ id: 1 })
  }

  expect(policy).toMatchObject({ observes: 'HelloWorldServiceInstance', include: ['owner'] })
  expect(policy instanceof ModelPolicy).toBe(exported === Siting)
  expect((await runPolicy(policy, record, { expanded, client: { update } })).outcome).toEqual({
    kind: 'synced',
  })
  expect(written).toEqual([['HelloWorldService', 1, { name: 'Jhon Snow' }]])
})

test('event steps and pull steps are what they are written as', () => {
  const event = { types: ['a'], process_event: () => undefined }
  const pull = { every: '5s', pull_records: () => undefined } as const
  expect(defineEventStep(event)).toBe(event)
  expect(definePullStep(pull)).toBe(pull)
})

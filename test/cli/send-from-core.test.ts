import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Change } from '#contract'
import { asAdministrator } from '../support/store.ts'
import { serveStep, saidOnline } from './calls/served.ts'
import { openCliCore } from './cli-core.ts'

let core: Awaited<ReturnType<typeof openCliCore>>

beforeAll(async () => {
  core = await openCliCore()
})
beforeEach(() => core.clear())
afterAll(() => core.close())

const service = 'HelloWorldService'
const instance = 'HelloWorldServiceInstance'

const addInstance = async (): Promise<void> => {
  const records = asAdministrator(core.store)
  const owner = await records.create(service, { name: 'greeter', hello_from: 'me' })
  await core.step(service, { kind: 'synced' })
  await records.create(instance, { name: 'i', hello_to: 'you', owner_id: owner['id'] })
}

/** Sends a record to a step that observes a model. Answers what the step saw. */
const seenBy = async (
  step: { readonly observes: string; readonly include: readonly string[] },
  word: string,
): Promise<Change> => {
  const seen: Change[] = []
  const see = (_: unknown, { change }: { readonly change: Change }): void => void seen.push(change)
  const url = await serveStep({ ...step, sync_record: see, delete_record: see })
  const { environment } = core
  const { status, stderr } = await saidOnline(['send', url, '--record', word], { environment })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return seen[0]!
}

test('a step sees of a record what a dispatcher would have sent it', async () => {
  await addInstance()
  const [work] = await core.lease([instance])
  const seen = await seenBy({ observes: instance, include: ['owner'] }, `${instance}/1`)

  expect(seen).toEqual(work!.change)
})

test('sets of those that link to a record travel where a step includes them', async () => {
  await addInstance()
  const step = { observes: service, include: ['service_instances.owner'] }
  const { record, expanded } = await seenBy(step, `${service}/greeter`)

  expect(record).not.toHaveProperty('service_instances_ids')
  expect(expanded).toMatchObject({
    service_instances: [
      {
        model: instance,
        record: { id: 1, hello_to: 'you' },
        expanded: { owner: { model: service, record: { id: 1 } } },
      },
    ],
  })
})

test('a record is sent as its most derived model', async () => {
  await addInstance()
  const seen = await seenBy({ observes: instance, include: [] }, 'serviceinstance/1')

  expect(seen).toMatchObject({ model: instance, record: { hello_to: 'you' } })
})

test('a record that is deleted is sent for its delete step', async () => {
  await addInstance()
  await core.step(instance, { kind: 'synced' })
  await asAdministrator(core.store).remove(instance, 1)
  const seen = await seenBy({ observes: instance, include: ['owner'] }, `${instance}/1`)

  expect(seen).toMatchObject({ operation: 'delete', previous: { code: 1, text: 'OK' } })
})

test('a record that is not there is not sent', async () => {
  const url = await serveStep({ observes: service })
  const { environment } = core
  const words = ['send', url, '--record', `${service}/7`]
  const { status, stderr } = await saidOnline(words, { environment })

  expect(status).toBe(1)
  expect(stderr).toMatch(/object not found/)
})

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Work } from '#contract'
import {
  administrator,
  asAdministrator,
  helloWorldModels,
  helloWorldSteps,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'

const service = 'HelloWorldService'
const instance = 'HelloWorldServiceInstance'

let opened: TestStore
let records: ReturnType<typeof asAdministrator>

beforeAll(async () => {
  opened = await openTestStore()
  await opened.load(helloWorldModels, helloWorldSteps)
  records = asAdministrator(opened.store)
})
beforeEach(() => opened.clear())
afterAll(() => opened.core.close())

const add = async (model: string, fields: object): Promise<number> =>
  Number((await records.create(model, { name: 'a', ...fields }))['id'])
const addService = (): Promise<number> => add(service, { hello_from: 'me' })
const syncAll = async (): Promise<void> => {
  for (const model of [service, instance]) {
    const work = await opened.lease([model])
    const reports = work.map((one) => reportOn(one, { kind: 'synced' }))
    await opened.work.report('tester', reports)
  }
}
/** A service and its instance, synced and then deleted: the service is deleted after the instance. */
const deletePair = async () => {
  const owner = await addService()
  const owned = await add(instance, { hello_to: 'you', owner_id: owner })
  await syncAll()
  await records.remove(service, owner)
  return { owner, owned }
}
const release = (model: string, id: number, reason = 'the rack has burnt down') =>
  opened.core.operations.release(administrator, { model, id }, reason)
const keysOf = (work: readonly Work[]) => work.map(({ key, operation }) => [key.model, operation])

test('a released record is gone, and the audit says who let it go, when and why', async () => {
  const { owned } = await deletePair()

  expect(await release(instance, owned)).toBeUndefined()
  await expect(records.get(instance, owned)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const entries = await opened.store.audit(administrator, { model: instance, id: owned, limit: 3 })
  expect(entries.map(({ operation }) => operation)).toEqual(['purged', 'updated', 'released'])
  expect(entries[2]).toMatchObject({
    email: administrator.email,
    at: opened.clock.now() * 1000,
    reason: 'the rack has burnt down',
  })
  expect(entries[1]).not.toHaveProperty('reason')
})

test('what was to be deleted after a released record is deleted now', async () => {
  const { owned } = await deletePair()
  expect(keysOf(await opened.lease([service]))).toEqual([])

  await release(instance, owned)
  expect(keysOf(await opened.lease([service, instance]))).toEqual([[service, 'delete']])
})

test('the report of a step that ran meanwhile is refused', async () => {
  const { owned } = await deletePair()
  const [work] = await opened.lease([instance])

  await release(instance, owned)
  const late = reportOn(work!, { kind: 'failed', text: 'gone', retry: true }, 1_000)
  expect(await opened.work.report('tester', [late])).toEqual([{ key: work!.key, token: work!.token }]) // prettier-ignore
})

test('a record that others still link to stays until they are gone, and its delete step never runs', async () => {
  const { owner, owned } = await deletePair()
  await opened.lease([service])

  expect(await release(service, owner)).toMatchObject({
    reason: 'deleted-but-linked',
    sentence: `It is deleted, and stays until what links to it is gone: ${instance} ${owned}.`,
  })
  const work = await opened.lease([service, instance])
  expect(keysOf(work)).toEqual([[instance, 'delete']])
  await opened.work.report('tester', [reportOn(work[0]!, { kind: 'synced' })])
  await expect(records.get(service, owner)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a record whose step has gone with its synchronizer can be released', async () => {
  const { owned } = await deletePair()
  await opened.load(helloWorldModels, [])

  const { reason, sentence } = await opened.core.operations.why(administrator, instance, owned)
  expect(reason).toBe('no-step')
  expect(sentence).toMatch(`syncstep release ${instance}/${owned} lets it go.`)
  expect(await release(instance, owned)).toBeUndefined()
  await opened.load(helloWorldModels, helloWorldSteps)
})

test('what does not wait for a delete step is left as it is', async () => {
  const { owner, owned } = await deletePair()
  await release(service, owner)
  const live = await addService()

  await expect(release(service, live)).rejects.toThrow(`${service} ${live} is not deleted: delete it first`) // prettier-ignore
  await expect(release(service, owner)).rejects.toThrow(`${service} ${owner} does not wait for a delete step: ask why it stays`) // prettier-ignore
  await expect(release(instance, owned, ' \n')).rejects.toThrow('Expected a reason')
  await expect(release(service, owned + live)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await records.get(service, live)).toMatchObject({ deleted: false })
  expect(keysOf(await opened.lease([instance]))).toEqual([[instance, 'delete']])
})

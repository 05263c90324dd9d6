import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Registration, RegisteredPolicy, RegisteredStep } from '#contract'
import { asAdministrator, openTestStore, reportOn, type TestStore } from '../../support/store.ts'

const contents = `
option name = "trays";
option app_label = "trays";

message Tray (XOSBase) {
  required string name = 1 [tosca_key = True];
  optional manytoone on->Tray:above = 2:1001;
}
`
const others = contents.replace('optional manytoone on->Tray:above = 2:1001;', '')

const tray: RegisteredStep = {
  step: 'tray',
  model: 'Tray',
  include: ['on'],
  resyncMs: 60_000,
  afterPolicy: true,
  fields: ['name'],
}
const policy: RegisteredPolicy = {
  step: 'tray-policy',
  model: 'Tray',
  include: [],
  operations: ['policy_create', 'policy_delete'],
}
const registration: Registration = {
  name: 'trays',
  version: '1',
  models: [{ filename: 'trays.xproto', contents }],
  steps: [tray],
  policies: [policy],
  requiredModels: [],
}
/** What is known of it at its start. */
const awaiting: Registration = {
  ...registration,
  steps: [],
  policies: [],
  awaited: ['tray', 'tray-policy', 'never-seen'],
}

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
})
beforeEach(() => under.work.register(registration))
afterAll(() => under.core.close())

const observed = async () => ({
  steps: await under.database.query(
    `select step, include, after_policy, fields, every from step natural join round`,
  ),
  policies: await under.database.query(`select step, include, operations from policy`),
})

test('steps and policies that have not said yet what they are stay as they were', async () => {
  const before = await observed()
  expect(before).toMatchObject({ steps: [{ step: 'tray' }], policies: [{ step: 'tray-policy' }] })
  await under.work.register(awaiting)
  expect(await observed()).toEqual(before)
})

test('those that are neither there nor awaited go', async () => {
  await under.work.register({ ...awaiting, awaited: ['tray'] })
  expect(await observed()).toMatchObject({ steps: [{ step: 'tray' }], policies: [] })
  await under.work.register({ ...awaiting, awaited: [] })
  expect(await under.database.query(`select from step`)).toEqual([])
})

test('one that said that it observes the model takes the place of one that is awaited', async () => {
  const steps = [{ ...tray, step: 'other-tray' }]
  await under.work.register({ ...awaiting, steps })
  expect(await observed()).toMatchObject({ steps: [{ step: 'other-tray' }] })
})

test('one that no longer fits the models goes until it says what it is', async () => {
  const models = [{ filename: 'trays.xproto', contents: others }]
  await under.work.register({ ...awaiting, version: '2', models })
  expect(await observed()).toMatchObject({ steps: [], policies: [{ step: 'tray-policy' }] })
})

test('a policy that is awaited takes back what it did for a record that was deleted meanwhile', async () => {
  const records = asAdministrator(under.store)
  const { id } = await records.create('Tray', { name: 'a' })
  const want = { model: 'Tray', limit: 10, kind: 'policy' } as const
  const { work } = await under.work.lease('tester', [want])
  await under.work.report(
    'tester',
    work.map((one) => reportOn(one, { kind: 'synced' })),
  )
  await records.remove('Tray', Number(id))
  await under.work.register(awaiting)
  await under.work.register(registration)

  const again = await under.work.lease('tester', [want])
  expect(again.work).toMatchObject([{ operation: 'policy_delete', key: { id } }])
  await under.clear()
})

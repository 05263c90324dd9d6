import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Fields, RegisteredStep } from '#contract'
import { asAdministrator, openTestStore, reportOn, type TestStore } from '../../support/store.ts'

const models = `
option name = "harbour";
option app_label = "harbour";

message Berth (XOSBase) {
  required string name = 1;
}

message Ship (XOSBase) {
  required string name = 1;
  optional string flag = 2;
  optional int32 crew = 3;
  optional manytoone berth->Berth:ships = 4:1001;
  optional manytomany escorts->Berth:escorted = 5:1002;
  optional string seen = 6 [feedback_state = True];
}
`

const step: RegisteredStep = {
  step: 'ship',
  model: 'Ship',
  include: [],
  fields: ['name', 'berth_id', 'escorts_ids'],
}

let under: TestStore
let records: ReturnType<typeof asAdministrator>

const register = (registered: RegisteredStep) => under.load(models, [registered], 'harbour')

beforeAll(async () => {
  under = await openTestStore()
  records = asAdministrator(under.store)
  await register(step)
})

const isDue = async (): Promise<boolean> => {
  const work = await under.lease(['Ship'])
  await under.work.leave('tester')
  return work.length > 0
}

const sync = async () => {
  const [work] = await under.lease(['Ship'])
  expect(await under.work.report('tester', [reportOn(work!, { kind: 'synced' })])).toEqual([])
}

const edit = (fields: Fields) => records.update('Ship', 1, fields)

beforeEach(async () => {
  await under.clear()
  await records.create('Berth', { name: 'North' })
  await records.create('Ship', { name: 'Fram', flag: 'NO', crew: 3 })
  await sync()
  await under.clock.advance(1)
})

describe('a step that says what it reads is called', () => {
  test.each<Fields>([
    { name: 'Gjoa' },
    { name: 'Gjoa', flag: 'SE' },
    { berth_id: 1 },
    { escorts_ids: [1] },
    { escorts_ids: [1], flag: 'SE' },
    {},
    { name: 'Fram' },
  ])('for an edit of %o', async (fields) => {
    await edit(fields)
    expect(await isDue()).toBe(true)
  })

  test.each<Fields>([
    { flag: 'SE' },
    { crew: null },
    { flag: null, crew: 4 },
    { xos_managed: false },
  ])('not for an edit of %o', async (fields) => {
    await edit(fields)
    expect(await isDue()).toBe(false)
    const { updated, enacted, backend_code } = await records.get('Ship', 1)
    expect([enacted, backend_code]).toEqual([updated, 1])
  })

  test('for what it does not read of a record that is not synced yet', async () => {
    await edit({ name: 'Gjoa' })
    await edit({ flag: 'SE' })
    expect(await isDue()).toBe(true)
    await sync()
    await edit({ flag: 'FI' })
    expect(await isDue()).toBe(false)
  })

  test('for what it does not read while it runs, since it may have seen the record before or after', async () => {
    await edit({ name: 'Gjoa' })
    const [work] = await under.lease(['Ship'])
    await edit({ flag: 'SE' })
    await under.work.report('tester', [reportOn(work!, { kind: 'synced' })])
    expect(await isDue()).toBe(true)
  })

  test('with the whole record when it is', async () => {
    await edit({ flag: 'SE' })
    await edit({ name: 'Gjoa' })
    const [work] = await under.lease(['Ship'])
    expect(work?.change).toMatchObject({ record: { name: 'Gjoa', flag: 'SE' } })
  })

  test('as its policy sees an edit of anything', async () => {
    const policy = { step: 'p', model: 'Ship', include: [], operations: ['policy_update'] } as const
    const brought = { name: 'watch', version: '1', models: [], steps: [], requiredModels: [] }
    await under.work.register({ ...brought, policies: [policy] })
    const want = { model: 'Ship', limit: 1, kind: 'policy' } as const
    expect((await under.work.lease('tester', [want])).work).toEqual([])
    await edit({ flag: 'SE' })
    expect(await isDue()).toBe(false)
    expect((await under.work.lease('tester', [want])).work).toHaveLength(1)
    await under.work.register(brought)
  })

  test('not for what a policy wrote that it does not read', async () => {
    const asPolicy = { callerKind: 'synchronizer', isPolicySave: true }
    await records.update('Ship', 1, { flag: 'SE' }, asPolicy)
    expect(await isDue()).toBe(false)
    await records.update('Ship', 1, { name: 'Gjoa' }, asPolicy)
    expect(await isDue()).toBe(true)
  })

  test('for whatever a synchronizer writes that asks for it', async () => {
    const touching = { callerKind: 'synchronizer', alwaysUpdateTimestamp: true }
    await records.update('Ship', 1, { backend_status: 'Its pod is another one' }, touching)
    expect(await isDue()).toBe(true)
  })

  test('for everything again when it says so no more', async () => {
    await register({ step: 'ship', model: 'Ship', include: [] })
    await edit({ flag: 'SE' })
    expect(await isDue()).toBe(true)
    await register(step)
  })
})

test('whatever is edited in whatever order, the last call has seen all that is read', async () => {
  const fields = fc.record(
    { name: fc.constantFrom('a', 'b'), flag: fc.constantFrom('c', 'd'), crew: fc.nat(2) },
    { requiredKeys: [] },
  )
  const action = fc.oneof({ weight: 3, arbitrary: fields }, fc.constant('sync' as const))
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 6 }), async (actions) => {
      let seen = (await records.get('Ship', 1))['name']
      const call = async () => {
        const [work] = await under.lease(['Ship'])
        if (work === undefined) return
        seen = (await records.get('Ship', 1))['name']
        await under.work.report('tester', [reportOn(work, { kind: 'synced' })])
      }
      await call()
      for (const one of actions) await (one === 'sync' ? call() : edit(one))
      await call()
      expect(seen).toBe((await records.get('Ship', 1))['name'])
    }),
    { numRuns: 12 },
  )
})

test('a step cannot read what the model has not', async () => {
  await expect(register({ ...step, fields: ['name', 'berth'] })).rejects.toMatchObject({
    code: 'VALIDATION',
    message: 'Step ship: Ship has no field named berth',
  })
})

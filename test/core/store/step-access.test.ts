import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StepKind } from '#contract'
import { CoreError, type Caller, type Records } from '#core'
import {
  administrator,
  asAdministrator,
  openTestStore,
  type TestStore,
} from '../../support/store.ts'

const models = `
option name = "farm";
option app_label = "farm";

message Barn (XOSBase) {
  required string name = 1 [max_length = 40];
  optional manytoone site->Site:barns = 2:1801;
}

message Cow (XOSBase) {
  required manytoone barn->Barn:cows = 1:1001;
  optional string sound = 2 [max_length = 40];
  optional int32 milk = 3 [feedback_state = True];
}
`

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.work.register({
    name: 'farm',
    version: '1',
    models: [{ filename: 'farm.xproto', contents: models }],
    steps: [{ step: 'cow', model: 'Cow', include: [] }],
    requiredModels: ['Cow', 'Tag', 'User', 'Service'],
    policies: [
      {
        step: 'graze',
        model: 'Cow',
        include: ['barn.site.users'],
        operations: ['policy_create', 'policy_update'],
      },
    ],
    eventSteps: [{ step: 'hear' }],
    pullSteps: [{ step: 'look', everyMs: 1000 }],
  })
})
afterAll(() => under.core.close())

let barn: number
let cow: number
beforeEach(async () => {
  await under.clear()
  const records = asAdministrator(under.store)
  barn = Number((await records.create('Barn', { name: 'old' }))['id'])
  cow = Number((await records.create('Cow', { barn_id: barn, sound: 'moo' }))['id'])
  await under.clock.advance(1000)
})

const callerOf = (stepKind: StepKind, step: string): Caller => ({
  ...administrator,
  isAdmin: false,
  step: `farm/${step}`,
  stepKind,
})

const writers: readonly (readonly [StepKind, string])[] = [
  ['policy', 'graze'],
  ['event', 'hear'],
  ['pull', 'look'],
]
const as = (kind: StepKind, step: string): Records => under.store.as(callerOf(kind, step))

const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (thrown: unknown) =>
      thrown instanceof CoreError ? `${thrown.code} ${thrown.message}` : thrown,
  )

describe.each(writers)('a %s step', (kind, step) => {
  test('writes the records of its synchronizer, and of what that requires', async () => {
    const records = as(kind, step)
    const made = await records.create('Cow', { barn_id: barn, milk: 3 })
    await records.create('Service', { name: 's' })
    await records.update('Cow', Number(made.fields['id']), { sound: 'muh', milk: 4 })

    expect(await asAdministrator(under.store).get('Cow', Number(made.fields['id']))).toMatchObject({
      sound: 'muh',
      milk: 4,
    })
    await records.remove('Barn', barn)
    expect(await asAdministrator(under.store).list('Cow')).toEqual([])
  })

  test('reads what these link to, and writes it not', async () => {
    const records = as(kind, step)
    const refused = await refusal(records.update('Site', 1, { name: 'x' }))

    expect(await records.list('Site')).toHaveLength(1)
    expect(refused).toBe(
      `PERMISSION_DENIED The token of ${kind} step farm/${step} may not write Site: it writes Barn, Cow, Tag, Service. What else it needs belongs into required_models`,
    )
    expect(await refusal(records.remove('Site', 1))).toMatch(/^PERMISSION_DENIED/)
    expect(await refusal(records.create('Slice', { name: 'x', site_id: 1 }))).toMatch(
      /^PERMISSION_DENIED .* may not create a Slice/,
    )
    expect(await refusal(records.list('Image'))).toMatch(/^PERMISSION_DENIED .* may not read Image/)
  })

  test.each(['User', 'Privilege', 'BackupOperation'])(
    'writes no %s, whatever its synchronizer requires',
    async (model) => {
      expect(await refusal(as(kind, step).create(model, {}))).toMatch(
        /^(PERMISSION_DENIED|INVALID_FIELD|VALIDATION)/,
      )
      expect(
        await under.database.query(`select from record where root = $1`, [model]),
      ).toHaveLength(model === 'User' ? 1 : 0)
    },
  )

  test('is no administrator', async () => {
    expect(await refusal(under.store.tokens.list(callerOf(kind, step)))).toMatch(
      /^PERMISSION_DENIED/,
    )
  })

  test.each(['enacted', 'backend_status', 'policy_code', 'backend_need_delete', 'policed'])(
    'does not write %s, which follows from what steps answer',
    async (name) => {
      const value = name.includes('status') ? 'OK' : 1
      const refused = await refusal(as(kind, step).update('Cow', cow, { [name]: value }))

      expect(refused).toMatch(new RegExp(`^PERMISSION_DENIED .* may not write ${name} of Cow`))
    },
  )

  test('is named in the audit', async () => {
    await as(kind, step).update('Cow', cow, { sound: 'muh' })
    const [entry] = await under.store.audit(administrator, { model: 'Cow', id: cow, limit: 1 })

    expect(entry).toMatchObject({
      step: `farm/${step}`,
      operation: 'updated',
      changedFields: expect.arrayContaining(['sound']) as unknown,
    })
  })

  test('lets the step of a record look again at what it touches', async () => {
    const before = await asAdministrator(under.store).get('Cow', cow)
    await as(kind, step).update('Cow', cow, {}, { alwaysUpdateTimestamp: true })
    const after = await asAdministrator(under.store).get('Cow', cow)

    expect(after['updated']).toBeGreaterThan(Number(before['updated']))
  })
})

const stampsOf = async () => {
  const { updated, changed_by_policy, changed_by_step } = await asAdministrator(under.store).get(
    'Cow',
    cow,
  )
  return [updated, changed_by_policy, changed_by_step]
}

test('what a policy changes is changed by a policy, and not updated', async () => {
  const [updated] = await stampsOf()
  await as('policy', 'graze').update('Cow', cow, { sound: 'muh' })

  expect(await stampsOf()).toEqual([updated, under.clock.now() / 1000, undefined])
})

test('a policy that changes nothing leaves no stamp', async () => {
  const before = await stampsOf()
  await as('policy', 'graze').update('Cow', cow, { sound: 'moo' })

  expect(await stampsOf()).toEqual(before)
})

test.each(writers.slice(1))(
  'what a %s step changes of what should exist is updated, and its feedback is not',
  async (kind, step) => {
    const options = { isPolicySave: true, isSyncSave: true }
    const before = await stampsOf()
    await as(kind, step).update('Cow', cow, { sound: 'moo', milk: 3 }, options)
    expect(await stampsOf()).toEqual(before)

    await as(kind, step).update('Cow', cow, { sound: 'muh', milk: 4 }, options)
    expect(await stampsOf()).toEqual([under.clock.now() / 1000, undefined, undefined])
  },
)

test('a policy reads what its include reaches', async () => {
  expect(await as('policy', 'graze').list('User')).toHaveLength(1)
  expect(await refusal(as('event', 'hear').list('User'))).toMatch(/^PERMISSION_DENIED/)
})

test('a sync step touches nothing', async () => {
  const touched = as('sync', 'cow').update('Cow', cow, {}, { alwaysUpdateTimestamp: true })

  expect(await refusal(touched)).toMatch(
    /^PERMISSION_DENIED The token of step farm\/cow may not touch Cow/,
  )
})

test('a step that is gone may do nothing', async () => {
  expect(await refusal(as('policy', 'gone').create('Cow', { barn_id: barn }))).toBe(
    'PERMISSION_DENIED The token of policy step farm/gone may not create a Cow: it writes nothing. What else it needs belongs into required_models',
  )
})

import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  initialStatus,
  stepKindOf,
  type Fields,
  type Outcome,
  type PolicyOperation,
  type RegisteredPolicy,
  type RegisteredStep,
  type Report,
  type Work,
} from '#contract'
import {
  administrator,
  asAdministrator,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'
import { recordChange } from '../../support/record-change.ts'

const models = `
option name = "orchard";
option app_label = "orchard";

message Tree (XOSBase) {
  required string name = 1;
  optional string kind = 2;
  optional string found = 3 [feedback_state = True];
}

message Apple (XOSBase) {
  required string name = 1;
  required manytoone tree->Tree:apples = 2:1001;
}
`

const all: readonly PolicyOperation[] = ['policy_create', 'policy_update', 'policy_delete']
const treeStep: RegisteredStep = { step: 'tree', model: 'Tree', include: [] }
const treePolicy: RegisteredPolicy = {
  step: 'tree-policy',
  model: 'Tree',
  include: [],
  operations: all,
}

let under: TestStore
let records: ReturnType<typeof asAdministrator>

type Brought = {
  readonly steps?: readonly RegisteredStep[]
  readonly policies?: readonly RegisteredPolicy[]
}

const register = ({ steps = [treeStep], policies = [treePolicy] }: Brought, name = 'orchard') =>
  under.work.register({
    name,
    version: '1',
    models: name === 'orchard' ? [{ filename: 'orchard.xproto', contents: models }] : [],
    steps,
    policies,
    requiredModels: [],
  })

beforeAll(async () => {
  under = await openTestStore()
  records = asAdministrator(under.store)
})

beforeEach(async () => {
  await under.clear()
  await register({})
})

const plant = (fields: Fields = {}) => records.create('Tree', { name: 'Oak', ...fields })
const edit = (fields: Fields = {}) => records.update('Tree', 1, fields)
const cut = () => records.remove('Tree', 1)
const tree = () => records.get('Tree', 1)

const leasePolicies = async (dispatcher = 'tester') =>
  (await under.work.lease(dispatcher, [{ model: 'Tree', limit: 100, kind: 'policy' }])).work
const leaseSteps = () => under.lease(['Tree'])

const answer = async (work: Work, outcome: Report['outcome'], retryInMs?: number) => {
  expect(await under.work.report('tester', [reportOn(work, outcome, retryInMs)])).toEqual([])
}

const one = ([work, ...more]: readonly Work[]): Work => {
  if (work === undefined || more.length > 0) throw new Error('Expected one record to be due')
  return work
}

const of = (id: number, work: readonly Work[]): Work => one(work.filter(({ key }) => key.id === id))

const synced: Outcome = { kind: 'synced' }
const deferred: Outcome = { kind: 'deferred', text: 'Not yet' }
const failed: Outcome = { kind: 'failed', text: 'Rotten', retry: true }
const refused: Outcome = { kind: 'failed', text: 'No such tree', retry: false }

/** Carries the policy out that is due. */
const police = async (outcome: Report['outcome'], retryInMs?: number) => {
  const work = one(await leasePolicies())
  await answer(work, outcome, retryInMs)
  return work.operation
}
const sync = async (outcome: Report['outcome'], retryInMs?: number) => {
  const work = one(await leaseSteps())
  await answer(work, outcome, retryInMs)
  return work.operation
}

/** What policies are due for. */
const due = async () => {
  const work = await leasePolicies()
  await under.work.leave('tester')
  return work.map(({ key, operation }) => `${key.model}/${key.id} ${operation}`)
}

/** What a function answers to one call; it may write before. */
type Part = (record: Fields) => Outcome | Promise<Outcome>

/** Calls whatever is due, for an instant, until nothing is. Answers the operations in their order. */
const run = async (parts: { readonly policy: Part; readonly step: Part }): Promise<string[]> => {
  const called: string[] = []
  for (;;) {
    const { work } = await under.work.lease('tester', [
      { model: 'Tree', limit: 10, kind: 'policy' },
      { model: 'Tree', limit: 10, kind: 'sync' },
    ])
    if (work.length === 0) return called
    if (called.length > 20) throw new Error(`It never ends: ${called.join(', ')}`)
    for (const item of work) {
      called.push(item.operation)
      const part = stepKindOf(item.operation) === 'policy' ? parts.policy : parts.step
      const outcome = await part(recordChange(item.change).record)
      await answer(item, outcome, outcome.kind === 'deferred' ? 60_000 : undefined)
    }
  }
}

const asPolicy = (fields: Fields) =>
  records.update('Tree', 1, fields, { callerKind: 'synchronizer', isPolicySave: true })

describe('a policy', () => {
  test('is called for a new record, once, with everything its function needs', async () => {
    await plant()
    const work = one(await leasePolicies())
    expect(work).toMatchObject({
      key: { model: 'Tree', id: 1 },
      operation: 'policy_create',
      failures: 0,
      change: {
        operation: 'policy_create',
        model: 'Tree',
        record: { id: 1, name: 'Oak', backend_need_delete_policy: true },
        stamp: under.clock.now() * 1000,
        attempt: 1,
      },
    })
    await answer(work, synced)

    expect(await tree()).toMatchObject({
      policy_code: 1,
      policy_status: 'done',
      policed: under.clock.now() / 1000,
      backend_status: initialStatus.text,
    })
    expect(await due()).toEqual([])
  })

  test('gets what it includes along', async () => {
    await register({ policies: [{ ...treePolicy, include: ['apples'] }] })
    await plant()
    await records.create('Apple', { name: 'Red', tree_id: 1 })
    const work = one(await leasePolicies())
    expect(recordChange(work.change).expanded).toMatchObject({
      apples: [{ model: 'Apple', record: { name: 'Red' } }],
    })
  })

  test('is called with policy_create until that succeeds, then with policy_update', async () => {
    await plant()
    expect(await police(failed, 0)).toBe('policy_create')
    expect(await police(synced)).toBe('policy_create')
    await edit({ kind: 'old' })
    expect(await police(synced)).toBe('policy_update')
  })

  test('is called when somebody touches the record, and when a step wrote feedback', async () => {
    await plant()
    await police(synced)
    await edit()
    expect(await police(synced)).toBe('policy_update')
    await under.clock.advance(1)
    await sync({ kind: 'synced', feedback: { found: 'here' } })
    expect(await police(synced)).toBe('policy_update')
    expect(await due()).toEqual([])
  })

  test('is not called for what a step answers without feedback, nor for a status, nor for a resync', async () => {
    await register({ steps: [{ ...treeStep, resyncMs: 1_000 }] })
    await plant()
    await police(synced)
    await sync(synced)
    await records.update(
      'Tree',
      1,
      { backend_status: 'Fine' },
      { callerKind: 'synchronizer', updateFields: ['backend_status'] },
    )
    expect(await due()).toEqual([])
    await under.clock.advance(60_000)
    await leaseSteps()
    expect(one(await leaseSteps()).operation).toBe('sync')
    await under.work.leave('tester')
    expect(await due()).toEqual([])
    await register({})
  })

  test('is not called for a record with no_policy, until that is cleared', async () => {
    await plant({ no_policy: true })
    expect(await due()).toEqual([])
    await edit({ no_policy: false })
    expect(await due()).toEqual(['Tree/1 policy_create'])
  })

  test('is called again when it fails, after the delay, with how often it failed', async () => {
    await plant()
    await police(failed, 5_000)
    expect(await tree()).toMatchObject({ policy_code: 2, policy_status: 'Rotten' })
    expect(await under.work.lease('tester', [{ model: 'Tree', limit: 1, kind: 'policy' }])).toEqual(
      { work: [], nextDueMs: 5_000 },
    )
    await under.clock.advance(5_000)
    expect(one(await leasePolicies())).toMatchObject({
      failures: 1,
      change: { attempt: 2, previous: { code: 2, text: 'Rotten' } },
    })
  })

  test('that failed for good waits for an edit, which counts afresh', async () => {
    await plant()
    await police(refused)
    await under.clock.advance(86_400_000)
    expect(await due()).toEqual([])
    await edit({ kind: 'old' })
    expect(one(await leasePolicies())).toMatchObject({ failures: 0, change: { attempt: 1 } })
  })

  test('that puts a record off is code 0, and what it waits for runs it at once', async () => {
    await plant()
    await plant()
    const policies = await leasePolicies()
    await answer(of(2, policies), synced)
    await answer(
      of(1, policies),
      { ...deferred, waitingOn: { model: 'Tree', id: 2, state: 'synced' } },
      60_000,
    )
    expect(await tree()).toMatchObject({ policy_code: 0, policy_status: 'Not yet' })
    expect(await due()).toEqual([])

    const steps = await leaseSteps()
    await answer(of(1, steps), { kind: 'released' })
    await answer(of(2, steps), synced)
    expect(await due()).toEqual(['Tree/1 policy_create'])
  })

  test('and a step may wait for one record each', async () => {
    await plant()
    await plant()
    const waitingOn = { model: 'Tree', id: 2, state: 'changed' } as const
    for (const leaseKind of [leasePolicies, leaseSteps]) {
      await answer(of(1, await leaseKind()), { ...deferred, waitingOn }, 60_000)
      await under.work.leave('tester')
    }

    await records.update('Tree', 2, {})
    await answer(of(1, await leasePolicies()), synced)
    expect((await leaseSteps()).map(({ key }) => key.id)).toEqual([1])
  })

  test('costs the record no attempt when its function cannot be reached, or gives it back', async () => {
    await plant()
    await police({ kind: 'target-down', text: 'Waiting for function tree-policy: gone' }, 0)
    await police({ kind: 'released' })
    expect(one(await leasePolicies())).toMatchObject({ failures: 0, change: { attempt: 1 } })
    expect(await tree()).toMatchObject({ policy_code: 0 })
  })

  test('that is edited while it runs is due at once for the edit', async () => {
    await plant()
    const work = one(await leasePolicies())
    await under.clock.advance(1)
    await edit({ kind: 'old' })
    await answer(work, failed, 600_000)
    const again = one(await leasePolicies())
    expect(again).toMatchObject({ operation: 'policy_create', change: { attempt: 1 } })
    await answer(again, synced)
    expect(await due()).toEqual([])
  })

  test('never runs while the step of the record does, nor the step while it runs', async () => {
    await plant()
    const policy = one(await leasePolicies('one'))
    expect(await leaseSteps()).toEqual([])
    expect(await under.work.report('one', [reportOn(policy, synced)])).toEqual([])
    const step = one(await leaseSteps())
    await edit()
    expect(await leasePolicies('one')).toEqual([])
    await answer(step, synced)
    expect(await leasePolicies('one')).toHaveLength(1)
  })

  test('whose dispatcher died is called by another one, and its late report is refused', async () => {
    await plant()
    const work = one(await leasePolicies('dead'))
    await under.clock.advance(60_000)
    expect(one(await leasePolicies())).toMatchObject({ operation: 'policy_create' })
    expect(await under.work.report('dead', [reportOn(work, synced)])).toEqual([
      { key: work.key, token: work.token },
    ])
  })

  test('is not done by a report on its step, nor the other way round', async () => {
    await plant()
    const work = one(await leasePolicies())
    expect(
      await under.work.report('tester', [{ ...reportOn(work, synced), operation: 'sync' }]),
    ).toHaveLength(1)
    await answer(work, synced)
    const step = one(await leaseSteps())
    const swapped = { ...reportOn(step, synced), operation: 'policy_update' } as const
    expect(await under.work.report('tester', [swapped])).toHaveLength(1)
    await answer(step, synced)
  })
})

describe('what a policy has no method for', () => {
  const having = (operations: readonly PolicyOperation[]) =>
    register({ policies: [{ ...treePolicy, operations }] })

  test('counts as done without a call', async () => {
    await having(['policy_create', 'policy_delete'])
    await plant()
    await police(synced)
    await edit({ kind: 'old' })
    expect(await leasePolicies()).toEqual([])
    const { updated } = await tree()
    expect(await tree()).toMatchObject({ policy_code: 1, policed: updated })
    await cut()
    expect(await police(synced)).toBe('policy_delete')
  })

  test('keeps no deleted record', async () => {
    await having(['policy_create', 'policy_update'])
    await plant()
    await police(synced)
    await cut()
    await expect(tree()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('keeps no record from the one method that it has', async () => {
    await having(['policy_delete'])
    await plant()
    expect(await leasePolicies()).toEqual([])
    await cut()
    expect(await police(synced)).toBe('policy_delete')
    await expect(tree()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('policy_delete is called', () => {
  const isGone = () => expect(tree()).rejects.toMatchObject({ code: 'NOT_FOUND' })

  test('not for a record that no policy was called for', async () => {
    await plant()
    await cut()
    await isGone()
  })

  test('until it succeeds, then the record goes', async () => {
    await plant()
    await police(refused)
    await cut()
    expect(await police(failed, 1_000)).toBe('policy_delete')
    expect(await due()).toEqual([])
    await under.clock.advance(1_000)
    expect(await police(synced)).toBe('policy_delete')
    await isGone()
  })

  test.each(['policy first', 'step first'])(
    'and the delete step, %s, before it goes',
    async (order) => {
      await plant()
      await police(synced)
      await sync(synced)
      await cut()
      const both = [() => police(synced), () => sync(synced)]
      if (order === 'step first') both.reverse()
      await both[0]!()
      expect(await tree()).toMatchObject({ deleted: true })
      await both[1]!()
      await isGone()
    },
  )

  test('when the record was deleted while its policy ran', async () => {
    await plant()
    const work = one(await leasePolicies())
    await cut()
    await answer(work, synced)
    expect(await police(synced)).toBe('policy_delete')
    await isGone()
  })

  test.each(['released', 'skipped'] as const)('not when its only call was %s', async (kind) => {
    await plant()
    const work = one(await leasePolicies())
    await cut()
    await answer(work, { kind })
    await isGone()
  })

  test('when the dispatcher of its only call died', async () => {
    await plant()
    await leasePolicies('dead')
    await cut()
    await under.clock.advance(60_000)
    expect(await police(synced)).toBe('policy_delete')
    await isGone()
  })
})

describe('what is passed over because its function is not for it', () => {
  test('is done, as if no function had been called', async () => {
    await plant()
    await police({ kind: 'skipped' })
    await sync({ kind: 'skipped' })
    expect(await tree()).toMatchObject({
      backend_code: 1,
      policy_code: 1,
      backend_need_delete: false,
      backend_need_delete_policy: false,
    })
    expect(await under.core.operations.attempts('Tree', 1)).toEqual([])
    await cut()
    await expect(tree()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a step and a policy of one record', () => {
  const isSynced = ({ enacted }: Fields) => enacted !== undefined
  const isPoliced = ({ policed }: Fields) => policed !== undefined

  test('run once each where neither waits', async () => {
    await plant()
    expect(await run({ policy: () => synced, step: () => synced })).toEqual([
      'policy_create',
      'sync',
    ])
    const { updated } = await tree()
    expect(await tree()).toMatchObject({ enacted: updated, policed: updated })
  })

  test('run in the other order where the policy waits for the step', async () => {
    await plant()
    const policy = (record: Fields) => (isSynced(record) ? synced : deferred)
    expect(await run({ policy, step: () => synced })).toEqual([
      'policy_create',
      'sync',
      'policy_create',
    ])
  })

  test('run until the step has seen what a policy wrote that waited for it', async () => {
    await plant()
    const policy = async (record: Fields) => {
      if (!isSynced(record)) return deferred
      await under.clock.advance(1)
      await asPolicy({ kind: 'policed' })
      return synced
    }
    expect(await run({ policy, step: () => synced })).toEqual([
      'policy_create',
      'sync',
      'policy_create',
      'sync',
    ])
    const { updated, policed, enacted, changed_by_policy } = await tree()
    expect(policed).toBe(updated)
    expect(enacted).toBe(changed_by_policy)
    expect(Number(enacted)).toBeGreaterThan(Number(policed))
  })

  test('run in this order where the step waits for the policy', async () => {
    await plant()
    // What it was leased with may be older than what came of the policy meanwhile.
    const step = (record: Fields) => (isPoliced(record) ? synced : deferred)
    const first = one(await leaseSteps())
    await answer(first, step(recordChange(first.change).record), 60_000)
    expect(await run({ policy: () => synced, step })).toEqual(['policy_create', 'sync'])
    expect(await tree()).toMatchObject({ backend_code: 1, policy_code: 1 })
  })

  test('run until the policy has seen what a step wrote that waited for it', async () => {
    await plant()
    const step = async (record: Fields): Promise<Outcome> => {
      if (!isPoliced(record)) return deferred
      await under.clock.advance(1)
      return { kind: 'synced', feedback: { found: 'here' } }
    }
    const first = one(await leaseSteps())
    await answer(first, await step(recordChange(first.change).record), 60_000)
    expect(await run({ policy: () => synced, step })).toEqual([
      'policy_create',
      'sync',
      'policy_update',
    ])
    const { policed, enacted } = await tree()
    expect(Number(policed)).toBeGreaterThan(Number(enacted))
  })

  test('make one record of another, although the policy died in the middle', async () => {
    await plant()
    const policy = async (record: Fields) => {
      const found = await records.find('Apple', { tree_id: record['id'] })
      if (found.length === 0) await records.create('Apple', { name: 'Red', tree_id: record['id'] })
      return synced
    }
    const work = one(await leasePolicies('dead'))
    await policy(recordChange(work.change).record)
    await under.clock.advance(60_000)
    expect(await run({ policy, step: () => synced })).toEqual(['policy_create', 'sync'])
    expect(await records.list('Apple')).toHaveLength(1)
  })
})

describe('a step after the policy', () => {
  const afterPolicy: RegisteredStep = { ...treeStep, afterPolicy: true }
  const text = 'Waiting for the policy of Tree 1'

  beforeEach(() => register({ steps: [afterPolicy] }))

  test('is called when the policy has dealt with the version', async () => {
    await plant()
    expect(await leaseSteps()).toEqual([])
    expect(await tree()).toMatchObject({ backend_code: 0, backend_status: text })
    expect(await under.work.lease('tester', [{ model: 'Tree', limit: 1 }])).toEqual({ work: [] })
    await police(failed, 0)
    expect(await leaseSteps()).toEqual([])
    await police(synced)
    expect(await sync(synced)).toBe('sync')
    expect(await tree()).toMatchObject({ backend_code: 1, backend_status: 'OK' })

    await edit({ kind: 'old' })
    expect(await leaseSteps()).toEqual([])
    await police(synced)
    expect(await sync(synced)).toBe('sync')
  })

  test('is called for what the policy wrote, without another call of it', async () => {
    await plant()
    const policy = one(await leasePolicies())
    await under.clock.advance(1)
    await asPolicy({ kind: 'policed' })
    await answer(policy, synced)
    const step = one(await leaseSteps())
    expect(recordChange(step.change).record).toMatchObject({ kind: 'policed' })
  })

  test('waits for what a policy has no method for not at all', async () => {
    await register({
      steps: [afterPolicy],
      policies: [{ ...treePolicy, operations: ['policy_update'] }],
    })
    await plant()
    expect(await run({ policy: () => synced, step: () => synced })).toEqual(['sync'])
  })

  test('is called when the policy is taken away, or is not for the record any more', async () => {
    await plant()
    await plant()
    expect(await leaseSteps()).toEqual([])
    await records.update(
      'Tree',
      2,
      { no_policy: true },
      { callerKind: 'synchronizer', updateFields: ['no_policy'] },
    )
    expect((await leaseSteps()).map(({ key }) => key.id)).toEqual([2])
    await register({ steps: [afterPolicy], policies: [] })
    expect((await leaseSteps()).map(({ key }) => key.id)).toEqual([1])
  })

  test('takes back what it made without waiting', async () => {
    await plant()
    await police(synced)
    await sync(synced)
    await cut()
    expect(await sync(synced)).toBe('delete')
  })
})

describe('a policy that is registered', () => {
  test('is called for records that are there already', async () => {
    await register({ policies: [] })
    await plant()
    expect(await due()).toEqual([])
    await register({})
    expect(await due()).toEqual(['Tree/1 policy_create'])
  })

  test('anew is called for what it refused, and not for what it has dealt with', async () => {
    await plant()
    await plant()
    const work = await leasePolicies()
    await answer(of(1, work), refused)
    await answer(of(2, work), synced)
    await register({})
    expect(await due()).toEqual([])
    await register({ policies: [{ ...treePolicy, include: ['apples'] }] })
    expect(await due()).toEqual(['Tree/1 policy_create'])
  })

  test('and taken away lets go what only it held', async () => {
    await plant()
    await police(synced)
    await cut()
    await register({ policies: [] })
    await expect(tree()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('and taken away for a while takes back what it made before', async () => {
    await plant()
    await police(synced)
    await register({ policies: [] })
    await register({})
    await cut()
    expect(await due()).toEqual(['Tree/1 policy_delete'])
  })

  test('goes with its synchronizer', async () => {
    await plant()
    await register({ steps: [], policies: [] })
    await register({ steps: [], policies: [treePolicy] }, 'gardener')
    expect(await due()).toEqual(['Tree/1 policy_create'])
    await under.store.services.unload(
      { name: 'gardener', version: '2', cleanup: 'PURGE' },
      administrator,
    )
    expect(await due()).toEqual([])
  })

  test.each([
    [{ model: 'Bush' }, 'observes Bush, which is not a model'],
    [{ include: ['roots'] }, 'Tree has no link named roots'],
  ])('with %o is refused', async (wrong, reason) => {
    await expect(register({ policies: [{ ...treePolicy, ...wrong }] })).rejects.toMatchObject({
      code: 'VALIDATION',
      message: expect.stringContaining(reason) as string,
    })
  })

  test('beside another one for its model is refused', async () => {
    const second = { ...treePolicy, step: 'second' }
    await expect(register({ policies: [treePolicy, second] })).rejects.toThrow(
      'Policies tree-policy and second of orchard both observe Tree; one model has one policy',
    )
    await expect(register({ steps: [], policies: [second] }, 'gardener')).rejects.toThrow(
      'Tree is already observed by policy tree-policy of orchard; one model has one policy',
    )
  })
})

describe('people', () => {
  test('see the calls of a step and of a policy, each with its own numbers', async () => {
    await plant()
    await police(failed, 0)
    await under.clock.advance(1)
    await sync(synced)
    await under.clock.advance(1)
    await police(synced)
    const attempts = await under.core.operations.attempts('Tree', 1)
    expect(attempts.map(({ number, operation, outcome }) => [number, operation, outcome])).toEqual([
      [2, 'policy_create', 'synced'],
      [1, 'sync', 'synced'],
      [1, 'policy_create', 'failed'],
    ])
  })

  test('see the last calls of a step however often its policy is called', async () => {
    await plant()
    await sync(synced)
    for (let call = 1; call <= 25; call += 1) await police(failed, 0)
    const attempts = await under.core.operations.attempts('Tree', 1)
    expect(attempts).toHaveLength(21)
    expect(attempts.filter(({ operation }) => operation === 'sync')).toHaveLength(1)
  })

  test('let a policy run again that gave up', async () => {
    await plant()
    await sync(synced)
    await police(refused)
    expect(await under.core.operations.retry(administrator, 'Tree', undefined)).toBe(1)
    expect(one(await leasePolicies())).toMatchObject({ failures: 0, change: { attempt: 1 } })
  })

  test('let a deleted record go whose policy can never succeed', async () => {
    await plant()
    await police(synced)
    await cut()
    await police(refused)
    expect(
      await under.core.operations.release(administrator, { model: 'Tree', id: 1 }, 'gone for good'),
    ).toBeUndefined()
  })
})

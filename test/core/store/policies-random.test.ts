import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { stepKindOf, type Fields, type Report, type StepKind, type Work } from '#contract'
import {
  administrator,
  asAdministrator,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'
import { recordChange } from '../../support/record-change.ts'

const models = `
option name = "lab";
option app_label = "lab";

message Probe (XOSBase) {
  optional string kind = 1;
  optional string found = 2 [feedback_state = True];
}
`

type Kind = 'sync' | 'policy'

const outcomes: readonly Report['outcome'][] = [
  { kind: 'synced' },
  { kind: 'synced', feedback: { found: 'here' } },
  { kind: 'deferred', text: 'Not yet' },
  { kind: 'failed', text: 'Broken', retry: true },
  { kind: 'failed', text: 'Wrong', retry: false },
  { kind: 'target-down', text: 'Waiting for function: gone' },
  { kind: 'released' },
  { kind: 'skipped' },
]

type Action =
  | { readonly do: 'edit'; readonly fields: Fields }
  | { readonly do: 'lease'; readonly kind: Kind }
  | { readonly do: 'report'; readonly outcome: Report['outcome'] }
  | { readonly do: 'write' | 'cut' | 'die' | 'wait' }

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      fields: fc.constantFrom<Fields>(
        {},
        { kind: 'a' },
        { kind: 'b' },
        { no_policy: true },
        { no_policy: false },
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('lease' as const),
      kind: fc.constantFrom<Kind>('sync', 'policy'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('report' as const),
      outcome: fc.constantFrom(...outcomes),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom<Action>({ do: 'write' }, { do: 'wait' }, { do: 'die' }) },
  { weight: 1, arbitrary: fc.constant<Action>({ do: 'cut' }) },
)

let under: TestStore
let records: ReturnType<typeof asAdministrator>

beforeAll(async () => {
  under = await openTestStore()
  records = asAdministrator(under.store)
})

const register = (afterPolicy: boolean) =>
  under.work.register({
    name: 'lab',
    version: '1',
    models: [{ filename: 'lab.xproto', contents: models }],
    steps: [{ step: 'probe', model: 'Probe', include: [], afterPolicy }],
    policies: [
      {
        step: 'probe-policy',
        model: 'Probe',
        include: [],
        operations: ['policy_create', 'policy_update', 'policy_delete'],
      },
    ],
    requiredModels: [],
  })

const isDelete = ({ operation }: Work): boolean =>
  operation === 'delete' || operation === 'policy_delete'

/** Carries actions out for one record, and notes what was called. */
const startDay = async (afterPolicy: boolean) => {
  await under.clear()
  await register(afterPolicy)
  await records.create('Probe', { kind: 'a' })
  let held: Work | undefined
  let isDeleted = false
  const begun = new Set<StepKind>()
  const takenBack = new Set<StepKind>()
  const seen = new Map<StepKind, unknown>()

  const lease = async (kind: Kind): Promise<void> => {
    const want = { model: 'Probe', limit: 5, kind }
    const [work, ...more] = (await under.work.lease('tester', [want])).work
    expect(more).toEqual([])
    if (work === undefined) return
    expect(held).toBeUndefined()
    expect(isDelete(work)).toBe(isDeleted)
    held = work
    if (kind === 'sync' && afterPolicy && !isDeleted) {
      const { policed, updated, no_policy } = recordChange(work.change).record
      expect(no_policy === true || Number(policed) >= Number(updated)).toBe(true)
    }
  }
  const noted = (work: Work): void => {
    const kind = stepKindOf(work.operation)
    if (isDelete(work)) takenBack.add(kind)
    else begun.add(kind)
    seen.set(kind, recordChange(work.change).record['kind'])
  }
  const report = async (outcome: Report['outcome']): Promise<void> => {
    if (held === undefined) return
    const work = held
    held = undefined
    const isFeedback = outcome.kind === 'synced' && stepKindOf(work.operation) === 'policy'
    const given = isFeedback ? ({ kind: 'synced' } as const) : outcome
    expect(await under.work.report('tester', [reportOn(work, given, 60_000)])).toEqual([])
    // What is passed over as it is to be taken back is taken back as well.
    if (given.kind === 'skipped' ? isDelete(work) : given.kind !== 'released') noted(work)
    else if (given.kind === 'skipped') seen.delete(stepKindOf(work.operation))
  }
  const die = async (): Promise<void> => {
    const late = held
    held = undefined
    await under.work.leave('tester')
    if (late === undefined) return
    noted(late)
    expect(await under.work.report('tester', [reportOn(late, { kind: 'synced' })])).toHaveLength(1)
  }

  const carryOut = async (one: Action): Promise<void> => {
    switch (one.do) {
      case 'lease':
        return lease(one.kind)
      case 'report':
        return report(one.outcome)
      case 'die':
        return die()
      case 'wait':
        return under.clock.advance(30_000)
      case 'edit':
        if (!isDeleted) await records.update('Probe', 1, one.fields)
        return
      case 'write':
        if (isDeleted) return
        await records.update(
          'Probe',
          1,
          { kind: 'written' },
          { callerKind: 'synchronizer', isPolicySave: true },
        )
        return
      case 'cut':
        if (!isDeleted) await records.remove('Probe', 1)
        isDeleted = true
    }
  }

  /** Everything succeeds from now on. */
  const end = async (): Promise<void> => {
    await die()
    await under.clock.advance(60_000)
    await under.core.operations.retry(administrator, 'Probe', undefined)
    for (let round = 0; round < 5; round += 1) {
      for (const kind of ['sync', 'policy'] as const) {
        await lease(kind)
        await report({ kind: 'synced' })
      }
    }
    expect(held).toBeUndefined()
  }
  return { carryOut, end, begun, takenBack, seen, isDeleted: () => isDeleted }
}

test('whatever happens in whatever order, step and policy come to have seen the last version, or to take back what they did', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(action, { minLength: 5, maxLength: 16 }),
      async (afterPolicy, actions) => {
        const day = await startDay(afterPolicy)
        for (const one of actions) await day.carryOut(one)
        await day.end()

        if (day.isDeleted()) {
          await expect(records.get('Probe', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
          expect(day.takenBack).toEqual(day.begun)
          return
        }
        const { kind, updated, enacted, policed, no_policy, ...stamps } = await records.get(
          'Probe',
          1,
        )
        const after = (stamp: unknown) => Math.max(Number(updated), Number(stamp ?? 0))
        expect(enacted).toBe(after(stamps['changed_by_policy']))
        expect([undefined, kind]).toContain(day.seen.get('sync'))
        if (no_policy === true) return
        expect(policed).toBe(after(stamps['changed_by_step']))
      },
    ),
    { numRuns: 25 },
  )
})

import fc from 'fast-check'
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { Outcome } from '#contract'
import type { SaveOptions } from '#core'
import { administrator, openTestStore, reportOn, type TestStore } from '../../support/store.ts'

const models = `
option name = "trays";
option app_label = "trays";

message Tray (XOSBase) {
  required string name = 1 [default = "tray"];
  optional string taste = 2 [feedback_state = True];
  optional manytoone on->Tray:above = 3:1001;
  optional manytomany beside->Tray:neighbours = 4:1002;
}
`

const isLong = process.env['SYNCSTEP_LONG'] !== undefined

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(models, [{ step: 'tray', model: 'Tray', include: [] }], 'trays')
})

afterEach(() => under.clear())

/** The trays of a run; some are deleted on the way. */
const ids = [1, 2, 3]

type Action =
  | {
      readonly kind: 'save'
      readonly id: number
      readonly fields: object
      readonly options: SaveOptions
    }
  | { readonly kind: 'enact'; readonly id: number }
  | { readonly kind: 'delete'; readonly id: number }
  | { readonly kind: 'lease' }
  | { readonly kind: 'report'; readonly outcome: Outcome; readonly retryInMs: number | undefined }
  | { readonly kind: 'wait'; readonly ms: number }

const statuses = {
  backend_status: fc.constantFrom('OK', 'x', 'y'),
  backend_code: fc.constantFrom(0, 1, 2),
  backend_register: fc.constantFrom('{}', '{"failures": 1}'),
  backend_handle: fc.constantFrom('h', 'i'),
  policy_status: fc.constantFrom('done', 'x'),
  policy_code: fc.constantFrom(0, 1, 2),
}
const values = {
  name: fc.constantFrom('a', 'b'),
  taste: fc.constantFrom('sweet', 'sour'),
  on_id: fc.constantFrom(0, ...ids),
  beside_ids: fc.subarray(ids),
  no_sync: fc.boolean(),
  lazy_blocked: fc.boolean(),
  enacted: fc.constantFrom(null, 5, 4e9),
  policed: fc.constantFrom(null, 5, 4e9),
  backend_need_delete: fc.boolean(),
  backend_need_reap: fc.boolean(),
  backend_need_delete_policy: fc.boolean(),
}
const flag = fc.boolean()
const anyId = fc.constantFrom(...ids)

const statusSave = fc.record({
  kind: fc.constant('save' as const),
  id: anyId,
  fields: fc.record(statuses, { requiredKeys: [] }),
  options: fc.record({
    callerKind: fc.constant('synchronizer'),
    isSyncSave: flag,
    isPolicySave: flag,
  }),
})

const optionsOf = (fields: object) =>
  fc.record(
    {
      callerKind: fc.constantFrom('synchronizer', 'grpcapi'),
      alwaysUpdateTimestamp: flag,
      isSyncSave: flag,
      isPolicySave: flag,
      updateFields: fc.subarray([...Object.keys(fields), 'updated', 'beside_ids']),
    },
    { requiredKeys: ['callerKind'] },
  )

const anySave = fc.record({ ...statuses, ...values }, { requiredKeys: [] }).chain((fields) =>
  fc.record({
    kind: fc.constant('save' as const),
    id: anyId,
    fields: fc.constant(fields),
    options: optionsOf(fields),
  }),
)

const outcomes: readonly Outcome[] = [
  { kind: 'synced' },
  { kind: 'synced', feedback: { taste: 'bitter' } },
  { kind: 'deferred', text: 'Maybe later' },
  { kind: 'failed', text: 'Maybe not', retry: true },
  { kind: 'failed', text: 'Never', retry: false },
]

const anyAction: fc.Arbitrary<Action> = fc.oneof(
  { arbitrary: statusSave, weight: 4 },
  { arbitrary: anySave, weight: 4 },
  { arbitrary: fc.record({ kind: fc.constant('enact' as const), id: anyId }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant('delete' as const), id: anyId }), weight: 1 },
  { arbitrary: fc.constant({ kind: 'lease' as const }), weight: 3 },
  {
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      outcome: fc.constantFrom(...outcomes),
      retryInMs: fc.constantFrom(undefined, 1000),
    }),
    weight: 3,
  },
  {
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 1000) }),
    weight: 1,
  },
)

type Row = {
  readonly id: number
  readonly deleted: boolean
  readonly pending: boolean
  readonly parked: boolean
  readonly updated: number
  readonly enacted: number | null
  readonly policed: number | null
  readonly changed_by_step: number | null
  readonly changed_by_policy: number | null
  readonly next_run: number | null
  readonly attempts: number
  readonly failures: number
}

const rowsNow = async (): Promise<ReadonlyMap<number, Row>> => {
  const rows = await under.database.query<Row>(
    `select * from record where root = 'Tray' order by id`,
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** Who sleeps and waits for nothing that is still to come would sleep for ever. */
const sleepers = () =>
  under.database.query(
    `select r.id from record r
     where r.root = 'Tray' and r.pending and r.parked and not exists (
       select from wait w join record b on b.root = w.on_root and b.id = w.on_id
       where w.root = r.root and w.id = r.id and b.pending)`,
  )

/** Deleted records that nothing holds: they should have gone. */
const leftovers = () =>
  under.database.query(
    `select r.id from record r
     where r.root = 'Tray' and r.deleted
       and (r.backend_need_reap or r.lease_owner is null and not (r.backend_need_delete or r.backend_need_delete_policy))
       and not exists (select from link l where l.target_root = 'Tray' and l.target_id = r.id
                       and not l.many and l.source_id <> r.id)`,
  )

const records = () => under.store.as(administrator)
const ignored = (): undefined => undefined

type Work = Awaited<ReturnType<TestStore['lease']>>[number]

const act = async (action: Action, leased: Work[]): Promise<void> => {
  switch (action.kind) {
    case 'save':
      await records()
        .update('Tray', action.id, { ...action.fields }, action.options)
        .catch(ignored)
      return
    case 'enact': {
      const read = await records().get('Tray', action.id).catch(ignored)
      if (read === undefined) return
      const { updated, changed_by_policy: changed } = read.fields
      const enacted = Math.max(Number(updated), Number(changed ?? 0))
      await records().update(
        'Tray',
        action.id,
        { enacted, backend_need_delete: true },
        {
          callerKind: 'synchronizer',
          isSyncSave: true,
          updateFields: ['enacted', 'backend_need_delete'],
        },
      )
      return
    }
    case 'delete':
      await records().remove('Tray', action.id).catch(ignored)
      return
    case 'lease':
      leased.push(...(await under.lease(['Tray'])))
      return
    case 'report': {
      const work = leased.shift()
      if (work !== undefined) {
        await under.work.report('tester', [reportOn(work, action.outcome, action.retryInMs)])
      }
      return
    }
    case 'wait':
      await under.clock.advance(action.ms)
  }
}

const maxOf = (...stamps: (number | null)[]): number =>
  Math.max(...stamps.map((stamp) => stamp ?? 0))

const check = (action: Action, before: Row | undefined, after: Row): void => {
  expect(after.enacted ?? 0).toBeLessThanOrEqual(maxOf(after.updated, after.changed_by_policy))
  expect(after.policed ?? 0).toBeLessThanOrEqual(maxOf(after.updated, after.changed_by_step))
  if (before === undefined) return
  for (const stamp of ['updated', 'changed_by_step', 'changed_by_policy'] as const) {
    expect(maxOf(after[stamp])).toBeGreaterThanOrEqual(maxOf(before[stamp]))
  }
  if (action.kind !== 'save' || action.id !== after.id) return
  const { fields, options } = action
  if (Object.keys(fields).every((name) => name in statuses) && !('updateFields' in options)) {
    if (options.callerKind === 'synchronizer' && options.alwaysUpdateTimestamp !== true) {
      const { pending, next_run, attempts, failures, updated } = before
      expect(after).toMatchObject({ pending, next_run, attempts, failures, updated })
    }
  }
  if (after.pending && !before.pending) {
    expect(after).toMatchObject({ parked: false, attempts: 0, failures: 0 })
    expect(after.next_run).not.toBeNull()
  }
}

test('whatever is saved, leased and reported: statuses make nothing pending, and nothing sleeps or stays for ever', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyAction, { minLength: 1, maxLength: 25 }), async (actions) => {
      await under.clear()
      for (const id of ids) await records().create('Tray', id === 3 ? { on_id: 2 } : {})
      const leased: Work[] = []
      let before = await rowsNow()
      for (const action of actions) {
        await act(action, leased)
        const after = await rowsNow()
        for (const [id, row] of after) check(action, before.get(id), row)
        expect(await sleepers()).toEqual([])
        expect(await leftovers()).toEqual([])
        before = after
      }
    }),
    { numRuns: isLong ? 500 : 20 },
  )
}, 600_000)

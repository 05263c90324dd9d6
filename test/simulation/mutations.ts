/** A mistake in the engine that the simulations have to find. */
export type Mutation = {
  readonly name: string
  /** What the engine does then. */
  readonly means: string
  readonly edits: readonly Edit[]
}

/** `find` is in the file once. */
export type Edit = { readonly file: string; readonly find: string; readonly replace: string }

const report = 'core/store/report.ts'
const park = 'core/store/park.ts'

export const mutations: readonly Mutation[] = [
  {
    name: 'fencing off',
    means: 'takes a report whose lease has ended',
    edits: [
      {
        file: report,
        find: 'and r.id = k.id and r.lease_token = k.token',
        replace: 'and r.id = k.id',
      },
      {
        file: report,
        find: 'r.leaf = k.leaf and r.lease_token = k.token',
        replace: 'r.leaf = k.leaf',
      },
      { file: report, find: ' || row.lease_token !== one.token', replace: '' },
    ],
  },
  {
    name: 'stamp from the clock',
    means: 'notes that a record is synced as of now, not as of the version that was sent',
    edits: [
      { file: report, find: 'enacted: report.stamp', replace: 'enacted: now' },
      { file: report, find: 'enacted = k.stamp', replace: 'enacted = $9' },
      { file: report, find: 'and greatest(r.updated, r.changed_by_policy) = k.stamp', replace: '' },
    ],
  },
  {
    name: 'version from the clock',
    means: 'gives a write the time as its version, though an earlier one may have it',
    edits: [
      {
        file: 'core/store/save/stamps.ts',
        find: '(stamp) => (stamp ?? 0) + 1',
        replace: '() => now',
      },
    ],
  },
  {
    name: 'park without wake',
    means: 'leaves what waits for a record asleep when that is synced',
    edits: [
      {
        file: report,
        find: 'const waiters = await wakeWaiters(sql, settled)',
        replace: 'const waiters = 0',
      },
    ],
  },
  {
    name: 'status write that dirties',
    means: 'makes a new version of a record when it writes what came of a call',
    edits: [
      {
        file: report,
        find: 'enacted = k.enacted,',
        replace: 'updated = r.updated + 1, enacted = k.enacted,',
      },
      {
        file: report,
        find: 'enacted = k.stamp,',
        replace: 'updated = r.updated + 1, enacted = k.stamp,',
      },
    ],
  },
  {
    name: 'breaker that counts attempts',
    means: 'counts a call that found nobody as an attempt of the record',
    edits: [
      {
        file: report,
        find: 'isTargetTrouble(outcome) ? Math.max(0, row.attempts - 1) : row.attempts',
        replace: 'row.attempts',
      },
    ],
  },
  {
    name: 'delete without order',
    means: 'deletes a record before those that link to it',
    edits: [{ file: park, find: 'where d.deleted and', replace: 'where false and' }],
  },
  {
    name: 'sync without order',
    means: 'syncs a record before those that it links to',
    edits: [{ file: park, find: 'where not d.deleted and', replace: 'where false and' }],
  },
]

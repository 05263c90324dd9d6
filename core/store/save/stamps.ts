import type { Field } from '#xproto'
import type { SaveOptions } from '../port.ts'
import type { RecordRow } from '../row.ts'

/** Changes of these interest no policy and no step (reference synchronizer.md 2.3). */
const isImportant = ({ name }: Field): boolean =>
  !name.startsWith('backend_') &&
  !name.startsWith('policy_') &&
  !['enacted', 'policed', 'updated', 'changed_by_step', 'changed_by_policy'].includes(name)

/** Which stamps of a record a save moves. */
export type Moved = {
  readonly updated: boolean
  readonly changed_by_step: boolean
  readonly changed_by_policy: boolean
}

/**
 * Everybody but a synchronizer moves `updated`, even when nothing differs; a synchronizer does it on request. Event steps
 * and pull steps do it when they change what should exist: whoever makes a wish wants it to come true. What
 * `update_fields` does not name is not written, and `updated` is no exception. Pure.
 *
 * @param named what `update_fields` names; undefined when there is no such list
 * @param changed fields whose values differ from those that are kept, links to many aside
 */
export const movedStamps = (
  { callerKind, alwaysUpdateTimestamp, updatesDeclared, isSyncSave, isPolicySave }: SaveOptions,
  named: ReadonlySet<Field> | undefined,
  changed: readonly Field[],
): Moved => {
  const important = changed.some(isImportant)
  const redeclares =
    updatesDeclared === true &&
    changed.some((field) => field.role === 'declarative' && isImportant(field))
  const touches = callerKind !== 'synchronizer' || alwaysUpdateTimestamp === true || redeclares
  return {
    updated: touches && (named === undefined || [...named].some(({ name }) => name === 'updated')),
    changed_by_step: isSyncSave === true && important,
    changed_by_policy: isPolicySave === true && important,
  }
}

/**
 * The time of a new version of a record: now, and beyond every earlier stamp whatever the clock says. Two edits within
 * one tick, or a clock set back, must not look synced. Microseconds since 1970.
 */
export const nextVersion = (
  row: Pick<RecordRow, 'updated' | 'enacted' | 'policed' | 'changed_by_step' | 'changed_by_policy'>,
  now: number,
): number =>
  Math.max(
    now,
    ...[row.updated, row.enacted, row.policed, row.changed_by_step, row.changed_by_policy].map(
      (stamp) => (stamp ?? 0) + 1,
    ),
  )

/**
 * `enacted` and `policed` say which version of the record was brought about, so none of them is beyond the newest
 * version there is. Microseconds since 1970, or null.
 */
export const reachedStamp = (
  name: 'enacted' | 'policed',
  value: number | null,
  row: Pick<RecordRow, 'updated' | 'changed_by_step' | 'changed_by_policy'>,
): number | null => {
  if (value === null) return null
  const changedBy = name === 'enacted' ? row.changed_by_policy : row.changed_by_step
  return Math.min(value, Math.max(row.updated, changedBy ?? 0))
}

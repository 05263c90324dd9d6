import type { Field } from '#xproto'
import { columnValue, isColumn, type RecordRow } from '../row.ts'
import { isMany } from './given.ts'
import { reachedStamp } from './stamps.ts'

type FieldValues = ReadonlyMap<Field, unknown>

/** Values that live in the column `fields`, by wire name. Null means that the field is not there. */
export const jsonValues = (values: FieldValues): Record<string, unknown> =>
  Object.fromEntries(
    [...values].flatMap(([field, value]) =>
      isMany(field) || isColumn(field.name) ? [] : [[field.wireName, value]],
    ),
  )

export const withoutNulls = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))

/**
 * Values that are columns of their own, by name.
 *
 * @param stamps the newest version that a synchronizer can have seen
 */
export const columnValues = (
  values: FieldValues,
  stamps: Pick<RecordRow, 'updated' | 'changed_by_step' | 'changed_by_policy'>,
): [string, unknown][] =>
  [...values].flatMap(([{ name }, value]): [string, unknown][] => {
    if (!isColumn(name)) return []
    const column = columnValue(name, value)
    if (name === 'backend_need_delete')
      return [
        [name, column],
        ['need_delete_by_lease', false],
      ]
    return name === 'enacted' || name === 'policed'
      ? [[name, reachedStamp(name, column as number | null, stamps)]]
      : [[name, column]]
  })

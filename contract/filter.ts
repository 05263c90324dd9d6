import type { Change, Expanded, ExpandedRecord, Fields } from './change.ts'
import { isJsonObject, ownValue } from './json.ts'

type Plain = string | number | boolean

/**
 * Which records a step is for: all of it must hold. Each path leads to a field, of the record or of what travels with it
 * (`owner.leaf_model_name`), whose value must be the one that is given, or one of several. Over a set it is enough that it
 * holds for one. A path to a link or a set itself says with `true` or `false` whether anything must be there. Of
 * `class_names` one name is given.
 */
export type Filter = Readonly<Record<string, Plain | readonly Plain[]>>

const isPlain = (value: unknown): value is Plain =>
  ['string', 'number', 'boolean'].includes(typeof value)

const isWanted = (value: unknown): value is Filter[string] =>
  isPlain(value) || (Array.isArray(value) && value.length > 0 && value.every(isPlain))

const isPath = (path: string): boolean => /^[A-Za-z_]\w*(\.[A-Za-z_]\w*){0,3}$/.test(path)

export const isFilter = (value: unknown): value is Filter =>
  isJsonObject(value) &&
  Object.entries(value).every(([path, wanted]) => isPath(path) && isWanted(wanted))

/** A record, with what travels with it. */
type Place = { readonly record: Fields; readonly expanded: Expanded }

const isList = (
  linked: ExpandedRecord | readonly ExpandedRecord[],
): linked is readonly ExpandedRecord[] => Array.isArray(linked)

/** Where a link leads. Undefined when it did not travel. */
const placesAt = ({ expanded }: Place, link: string): readonly Place[] | undefined => {
  const linked = Object.hasOwn(expanded, link) ? expanded[link] : undefined
  if (linked === undefined) return undefined
  if (linked === null) return []
  return isList(linked) ? linked : [linked]
}

const valuesOf = (place: Place, name: string): readonly unknown[] => {
  const linked = placesAt(place, name)
  if (linked !== undefined) return [linked.length > 0]
  const value = ownValue(place.record, name)
  return name === 'class_names' && typeof value === 'string' ? value.split(',') : [value]
}

const valuesAlong = (place: Place, [name = '', ...rest]: readonly string[]): readonly unknown[] => {
  if (rest.length === 0) return valuesOf(place, name)
  return (placesAt(place, name) ?? []).flatMap((next) => valuesAlong(next, rest))
}

/** Pure. What did not travel with the change matches nothing. */
export const matchesFilter = (
  filter: Filter,
  change: Pick<Change, 'record' | 'expanded'>,
): boolean =>
  Object.entries(filter).every(([path, wanted]) => {
    const values = valuesAlong(change, path.split('.'))
    return [wanted].flat().some((one) => values.includes(one))
  })

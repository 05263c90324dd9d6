import {
  decodeChange,
  encodeChange,
  type Change,
  type Expanded,
  type ExpandedRecord,
  type Fields,
  type Operation,
} from '#contract'

/** What observes a model and includes what is linked. */
type Observing = { readonly observes: string; readonly include?: readonly string[] | undefined }

const isRelated = (value: unknown): value is Fields | readonly Fields[] =>
  Array.isArray(value)
    ? value.every((item) => typeof item === 'object')
    : typeof value === 'object' && value !== null

const relatedRecord = (
  given: Fields,
  includes: readonly string[],
  path: string,
): ExpandedRecord => {
  const entries = Object.entries(given)
  // No ids are no related records.
  const isLink = ([name, value]: [string, unknown]): boolean =>
    !name.endsWith('_ids') && isRelated(value)
  const links = Object.fromEntries(entries.filter(isLink))
  const fields = Object.fromEntries(entries.filter((entry) => !isLink(entry)))
  const { leaf_model_name: model } = fields
  return {
    model: typeof model === 'string' ? model : 'Related',
    record: { id: 1, ...fields },
    expanded: expandedOf(links, includes, `${path}.`),
  }
}

const checkIncluded = (includes: readonly string[], path: string): void => {
  if (includes.some((include) => include === path || include.startsWith(`${path}.`))) return
  throw new Error(
    `The test gives ${path}, which the step does not include. Add '${path}' to the include of the step`,
  )
}

const expandedOf = (given: Fields, includes: readonly string[], prefix: string): Expanded =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const path = `${prefix}${name}`
      checkIncluded(includes, path)
      if (value === null) return [name, null]
      if (!isRelated(value)) throw new Error(`Expected ${path} to be a record, a list or null`)
      const linked = Array.isArray(value)
        ? value.map((item: Fields) => relatedRecord(item, includes, path))
        : relatedRecord(value as Fields, includes, path)
      return [name, linked]
    }),
  )

const changeOf = (
  { observes, include = [] }: Observing,
  operation: Operation,
  record: Fields,
  expanded: Fields,
): Change => {
  const absent = include.map((path) => [path.split('.', 1)[0] ?? path, null])
  const linked = { ...Object.fromEntries(absent), ...expanded } as Fields
  return {
    operation,
    model: observes,
    record: { id: 1, ...record },
    expanded: expandedOf(linked, include, ''),
    stamp: 0,
    attempt: 1,
  }
}

const overTheWire = (change: Change): Change => {
  const { headers, body } = encodeChange(change, { source: '/test', deadline: 0, time: 0 })
  return decodeChange(headers, body).change
}

/** The change of a record as it arrives, through the event on the wire. */
export const sentChange = (...given: Parameters<typeof changeOf>): Change =>
  overTheWire(changeOf(...given))

import { initialStatus, type Change, type Expanded, type ExpandedRecord } from '#contract'
import type { CoreClient } from '../client/core-client.ts'
import type { FieldType, ModelType } from '../client/models.ts'
import type { Values } from '../client/values.ts'
import { pathHeads, pathsBelow } from './include-paths.ts'

type Found = { readonly model: ModelType; readonly record: Values }

/** A record as its most derived model, which is how functions see it. */
const leafRecord = async (core: CoreClient, model: ModelType, id: number): Promise<Found> => {
  const record = await core.get(model, id)
  const { leaf_model_name: name } = record
  const leaf = core.models.named(typeof name === 'string' ? name : model.name)
  if (leaf.name === model.name) return { model, record }
  return { model: leaf, record: await core.get(leaf, id) }
}

/** Sets of those that link here travel only where a step includes them. */
const withoutReverseSets = ({ model, record }: Found): Values => {
  const left = new Set(model.fields.filter(({ reverse }) => reverse).map(({ name }) => name))
  return Object.fromEntries(Object.entries(record).filter(([name]) => !left.has(name)))
}

/** The field of a link or of a set, by the name that an include has for it. */
const linkNamed = ({ fields }: ModelType, name: string): FieldType | undefined =>
  fields.find(
    (field) =>
      field.target !== undefined &&
      [`${name}_id`, `${name}_ids`].some((wire) => wire === field.name),
  )

const related = async (
  core: CoreClient,
  target: string,
  id: number,
  paths: readonly string[],
): Promise<ExpandedRecord> => {
  const found = await leafRecord(core, core.models.named(target), id)
  return {
    model: found.model.name,
    record: withoutReverseSets(found),
    expanded: await expandedOf(core, found, paths),
  }
}

const linked = async (
  core: CoreClient,
  value: unknown,
  { target = '', repeated }: FieldType,
  paths: readonly string[],
): Promise<Expanded[string]> => {
  if (repeated) {
    const ids = (Array.isArray(value) ? value : []).map(Number)
    return Promise.all(ids.map((id) => related(core, target, id, paths)))
  }
  // A link to nothing travels as 0, or not at all.
  return Number(value ?? 0) === 0 ? null : related(core, target, Number(value), paths)
}

/** What a step includes, read by the links of the record. A path of a sibling model leads nowhere here. */
const expandedOf = async (
  core: CoreClient,
  { model, record }: Found,
  paths: readonly string[],
): Promise<Expanded> => {
  const expanded: Record<string, Expanded[string]> = {}
  for (const name of pathHeads(paths)) {
    const field = linkNamed(model, name)
    if (field === undefined) continue
    expanded[name] = await linked(core, record[field.name], field, pathsBelow(paths, name))
  }
  return expanded
}

const microseconds = (seconds: unknown): number =>
  typeof seconds === 'number' ? Math.round(seconds * 1e6) : 0

/** What a record says of the last call of its step; nothing when there seems to have been none. */
const previousOf = ({ backend_code: code, backend_status: text }: Values): Partial<Change> =>
  typeof code !== 'number' || typeof text !== 'string' || text === initialStatus.text
    ? {}
    : { previous: { code, text } }

/**
 * The change that a dispatcher would send for a record as it is now, on its first try. It is a delete when the record is
 * deleted. A core that is written to meanwhile may show related records of different moments.
 */
export const changeFromCore = async (
  core: CoreClient,
  model: ModelType,
  id: number,
  include: readonly string[],
): Promise<Change> => {
  const found = await leafRecord(core, model, id)
  const { record } = found
  return {
    operation: record['deleted'] === true ? 'delete' : 'sync',
    model: found.model.name,
    record: withoutReverseSets(found),
    expanded: await expandedOf(core, found, include),
    stamp: Math.max(microseconds(record['updated']), microseconds(record['changed_by_policy'])),
    attempt: 1,
    ...previousOf(record),
  }
}

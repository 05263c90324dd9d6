import { keyText, type Expanded, type ExpandedRecord, type Fields } from '#contract'
import type { LinkedSet, XosApi, XosModel } from './api.ts'
import type { XosRecords } from './records.ts'

export type Expander = {
  /** What a step declared in `include`, of one record. A relative that is gone is null, or left out of its set. */
  expand(model: XosModel, fields: Fields, paths: readonly string[]): Promise<Expanded>
}

const firstNames = (paths: readonly string[]): ReadonlySet<string> =>
  new Set(paths.map((path) => path.split('.')[0] ?? ''))

const pathsBelow = (paths: readonly string[], name: string): readonly string[] =>
  paths.flatMap((path) => (path.startsWith(`${name}.`) ? [path.slice(name.length + 1)] : []))

/** A record as a function gets it: sets of those that link to it travel only when they are declared. */
export const ownFields = ({ sets }: XosModel, fields: Fields): Fields => {
  const left = new Set(sets.map(({ wireName }) => wireName))
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !left.has(name)))
}

const idsIn = (fields: Fields, wireName: string): readonly number[] => {
  const ids = fields[wireName]
  return Array.isArray(ids) ? (ids as readonly number[]) : []
}

/** Reads each relative once, however many records share it: it is made for one lease. */
export const createExpander = (api: XosApi, records: XosRecords): Expander => {
  const read = new Map<string, Promise<Fields | undefined>>()

  const get = (model: XosModel, id: number): Promise<Fields | undefined> => {
    const name = keyText({ model: model.name, id })
    const found = read.get(name) ?? records.get(model, id)
    read.set(name, found)
    return found
  }

  /** Read by the model that the link names, it has only the fields of that one; so it is read again as what it is. */
  const related = async (
    target: string,
    id: number,
    paths: readonly string[],
  ): Promise<ExpandedRecord | null> => {
    const named = api.model(target)
    if (named === undefined) return null
    const fields = await get(named, id)
    if (fields === undefined) return null
    const leaf = api.model(String(fields['leaf_model_name'])) ?? named
    const record = leaf === named ? fields : await get(leaf, id)
    if (record === undefined) return null
    return {
      model: leaf.name,
      record: ownFields(leaf, record),
      expanded: await expand(leaf, record, paths),
    }
  }

  const relatedSet = async (
    target: string,
    ids: readonly number[],
    paths: readonly string[],
  ): Promise<readonly ExpandedRecord[]> => {
    const found = await Promise.all(ids.map((id) => related(target, id, paths)))
    return found.filter((one) => one !== null)
  }

  /** A core of XOS lists the live ones; a delete step needs to see what it cleans up after, too. */
  const deletedIn = async (set: LinkedSet, id: number): Promise<readonly number[]> => {
    const source = api.model(set.source)
    const link = source?.links.find(({ peer }) => peer === set.name)
    if (source === undefined || link === undefined) return []
    const found = await records.filter(source, 'deleted', { name: link.wireName, value: id })
    return found.map((fields) => Number(fields['id']))
  }

  const expand: Expander['expand'] = async (model, fields, paths) => {
    const expanded: Record<string, Expanded[string]> = {}
    for (const name of firstNames(paths)) {
      const below = pathsBelow(paths, name)
      const link = model.links.find((one) => one.name === name)
      const set = model.sets.find((one) => one.name === name)
      if (link?.many === true) {
        expanded[name] = await relatedSet(link.target, idsIn(fields, link.wireName), below)
      } else if (link !== undefined) {
        const id = fields[link.wireName]
        expanded[name] = typeof id === 'number' ? await related(link.target, id, below) : null
      } else if (set !== undefined) {
        const live = idsIn(fields, set.wireName)
        const deleted = fields['deleted'] === true ? await deletedIn(set, Number(fields['id'])) : []
        const ids = [...new Set([...live, ...deleted])].toSorted((a, b) => a - b)
        expanded[name] = await relatedSet(set.source, ids, below)
      }
    }
    return expanded
  }

  return { expand }
}

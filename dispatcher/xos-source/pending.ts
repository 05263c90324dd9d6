import { keyText, type Fields, type Key, type Operation, type StoredStatus } from '#contract'
import type { XosModel } from './api.ts'

/** A record that is to be synced or deleted, as the core last told of it. */
export type Seen = {
  readonly key: Key
  readonly operation: Operation
  /** Its newest stamp in seconds, as the core has it: what becomes `enacted` is the very same number. */
  readonly version: number
  /** Its model and all that this derives from: a link to it may name any of them. */
  readonly classes: readonly string[]
  /** What it links to, by the model that the link names. */
  readonly links: readonly Key[]
  readonly status: StoredStatus
  /** A sync was attempted, so it needs a delete. */
  readonly isMarked: boolean
}

/** A record that is to be synced or deleted, and what is remembered of it here. */
export type Entry = {
  seen: Seen
  /** Who works on it now. */
  owner: string | undefined
  /** In which round of looking this version of it was first seen. */
  seenIn: number
  /** When it may be taken; infinite when only a change brings it back. */
  dueMs: number
  /** In a row, for this version. */
  failures: number
  attempts: number
}

const numberIn = (fields: Fields, name: string): number => {
  const value = fields[name]
  return typeof value === 'number' ? value : 0
}

const textIn = (fields: Fields, name: string): string => {
  const value = fields[name]
  return typeof value === 'string' ? value : ''
}

const versionOf = (fields: Fields): number =>
  Math.max(numberIn(fields, 'updated'), numberIn(fields, 'changed_by_policy'))

/** What XOS calls dirty; or deleted, and a function has seen it. */
const isPending = (fields: Fields): boolean =>
  fields['deleted'] === true
    ? fields['backend_need_delete'] === true && fields['backend_need_reap'] !== true
    : numberIn(fields, 'enacted') < versionOf(fields) &&
      fields['lazy_blocked'] !== true &&
      fields['no_sync'] !== true

const linkedKeys = ({ links }: XosModel, fields: Fields): readonly Key[] =>
  links.flatMap(({ wireName, target: model }) => {
    const value = fields[wireName]
    const ids: readonly unknown[] = Array.isArray(value) ? value : [value]
    return ids.flatMap((id) => (typeof id === 'number' && id > 0 ? [{ model, id }] : []))
  })

/** Undefined when nothing is to be done with the record, or it is one of a model that derives from this one. */
export const seenOf = (model: XosModel, fields: Fields): Seen | undefined => {
  const leaf = textIn(fields, 'leaf_model_name') || model.name
  if (leaf !== model.name || !isPending(fields)) return undefined
  return {
    key: { model: model.name, id: numberIn(fields, 'id') },
    operation: fields['deleted'] === true ? 'delete' : 'sync',
    version: versionOf(fields),
    classes: [...new Set([model.name, ...textIn(fields, 'class_names').split(',')])],
    links: linkedKeys(model, fields),
    status: {
      code: numberIn(fields, 'backend_code'),
      text: textIn(fields, 'backend_status'),
    },
    isMarked: fields['backend_need_delete'] === true,
  }
}

/** When a record is seen: in milliseconds since 1970, and in which round of looking. */
export type Sighting = { readonly now: number; readonly round: number }

/** All records that are to be synced or deleted, and which of them waits for which. */
export type Pending = {
  readonly size: number
  get(key: Key): Entry | undefined
  /** In the order they came in. */
  of(model: string): IterableIterator<Entry>
  all(): IterableIterator<Entry>
  /** Takes note of a record. What is remembered of it counts no more when it is another version, or its delete. */
  put(seen: Seen, at: Sighting): Entry
  drop(key: Key): void
  /**
   * What has to be done before the record: to sync it, what it links to has to be synced; to delete it, what links to
   * it has to be deleted.
   */
  blockers(entry: Entry): readonly Entry[]
}

const namesOf = ({ classes, key }: Seen): readonly string[] =>
  classes.map((model) => keyText({ model, id: key.id }))

export const createPending = (): Pending => {
  const models = new Map<string, Map<number, Entry>>()
  const named = new Map<string, Entry>()
  const linking = new Map<string, Set<Entry>>()
  let size = 0

  const entriesOf = (model: string): Map<number, Entry> => {
    const entries = models.get(model) ?? new Map<number, Entry>()
    models.set(model, entries)
    return entries
  }

  const index = (entry: Entry): void => {
    for (const name of namesOf(entry.seen)) named.set(name, entry)
    for (const link of entry.seen.links) {
      const name = keyText(link)
      const sources = linking.get(name) ?? new Set()
      linking.set(name, sources.add(entry))
    }
  }

  const forget = (entry: Entry): void => {
    for (const name of namesOf(entry.seen)) named.delete(name)
    for (const link of entry.seen.links) {
      const sources = linking.get(keyText(link))
      sources?.delete(entry)
      if (sources?.size === 0) linking.delete(keyText(link))
    }
  }

  const add = (seen: Seen, { now, round }: Sighting): Entry => {
    const run = { dueMs: now, seenIn: round, failures: 0, attempts: 0 }
    const entry = { seen, owner: undefined, ...run }
    entriesOf(seen.key.model).set(seen.key.id, entry)
    size += 1
    index(entry)
    return entry
  }

  return {
    get size() {
      return size
    },

    get: ({ model, id }) => models.get(model)?.get(id),

    of: (model) => entriesOf(model).values(),

    *all() {
      for (const entries of models.values()) yield* entries.values()
    },

    put(seen, at) {
      const entry = models.get(seen.key.model)?.get(seen.key.id)
      if (entry === undefined) return add(seen, at)
      const { version, operation } = entry.seen
      forget(entry)
      entry.seen = seen
      index(entry)
      if (version === seen.version && operation === seen.operation) return entry
      const fresh = { dueMs: at.now, seenIn: at.round, failures: 0, attempts: 0 }
      return Object.assign(entry, fresh)
    },

    drop({ model, id }) {
      const entry = models.get(model)?.get(id)
      if (entry === undefined) return
      models.get(model)?.delete(id)
      size -= 1
      forget(entry)
    },

    blockers(entry) {
      const { operation, links } = entry.seen
      const others =
        operation === 'sync'
          ? links.flatMap((link) => named.get(keyText(link)) ?? [])
          : namesOf(entry.seen).flatMap((name) => [...(linking.get(name) ?? [])])
      return others.filter((other) => other !== entry && other.seen.operation === operation)
    },
  }
}
